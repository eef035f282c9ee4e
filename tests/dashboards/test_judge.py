"""Dashboards in every shape: which panels are listed, in which order, and what they show."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.clients.promtool import Validity
from portal.dashboards import (
    CheckContext,
    DashboardFinding,
    DashboardVerdict,
    UnreadableDashboardError,
    load,
)
from portal.promql import Context, RecordingRule
from portal.promql.findings import Code, Sli
from tests.dashboards.build import (
    AVAILABILITY,
    BAD,
    EXPRESSION,
    P95,
    PROMETHEUS,
    TOTAL,
    Json,
    calculate,
    classic,
    grid,
    math,
    panel,
    row,
    target,
    v2,
    v2_panel,
    v2_query,
)
from tests.patient import TRIALS, judge
from tests.promtool import validate

TWO = (panel("Availability", AVAILABILITY), panel("p95", P95))
BOTH = [("Availability", "availability"), ("p95", "latency")]


def listed(finding: DashboardFinding) -> list[tuple[str, str | None]]:
    """The panels with the SLI they show."""
    return [(found.title, found.sli) for found in finding.panels]


def codes(document: Json, context: CheckContext | None = None) -> list[str]:
    """The codes of a dashboard's panels."""
    return [found.code for found in judge(document, context).panels]


WRAPPED = {
    "bare": classic(*TWO),
    "api answer": {"meta": {"slug": "mine"}, "dashboard": classic(*TWO)},
    "api payload": {"dashboard": classic(*TWO), "folderUid": "x", "overwrite": True},
    "export": classic(
        *TWO,
        __inputs=[{"name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus"}],
        __requires=[],
    ),
    "kubernetes, classic": {
        "apiVersion": "dashboard.grafana.app/v1beta1",
        "kind": "Dashboard",
        "metadata": {"name": "mine"},
        "spec": classic(*TWO),
    },
    "rows": {"title": "Old", "rows": [{"title": "r", "panels": [TWO[0]]}, {"panels": [TWO[1]]}]},
    "collapsed row": classic(row(*TWO)),
    "open row": classic(row(collapsed=False), *TWO),
    "row in a row": classic(row(row(TWO[0]), TWO[1])),
    "no schema version": {"panels": list(TWO)},
    "v2": v2(
        {"a": v2_panel("Availability", v2_query(AVAILABILITY)), "b": v2_panel("p95", v2_query(P95))}
    ),
    "v2alpha1": v2(
        {
            "a": v2_panel("Availability", v2_query(AVAILABILITY, version="v2alpha1")),
            "b": v2_panel("p95", v2_query(P95, version="v2alpha1")),
        }
    ),
    "v2 wrapped": {
        "apiVersion": "dashboard.grafana.app/v2",
        "kind": "Dashboard",
        "metadata": {"name": "two"},
        "spec": v2(
            {
                "a": v2_panel("Availability", v2_query(AVAILABILITY)),
                "b": v2_panel("p95", v2_query(P95)),
            }
        ),
    },
    "no refId and no datasource": {
        "panels": [
            {"title": "Availability", "targets": [{"expr": AVAILABILITY}]},
            {"title": "p95", "targets": [{"expr": P95}]},
        ]
    },
}


@pytest.mark.parametrize("shape", WRAPPED)
def test_every_shape_is_read(shape: str) -> None:
    finding = judge(WRAPPED[shape])
    assert listed(finding) == BOTH
    assert finding.verdict is DashboardVerdict.MET


def test_every_panel_that_is_no_row_is_listed_in_order() -> None:
    loki = {"type": "loki", "uid": "logs"}
    finding = judge(
        classic(
            {"type": "text", "title": "Read me"},
            row(panel("Inside", AVAILABILITY)),
            panel("Hidden", target(AVAILABILITY, hide=True)),
            panel("Logs", target('rate({app="x"}[5m])', datasource=loki), datasource=loki),
            panel("p95", P95),
        )
    )
    assert [(found.title, found.sli, found.code) for found in finding.panels] == [
        ("Read me", None, "no_query"),
        ("Inside", "availability", "good_ratio"),
        ("Hidden", None, "hidden"),
        ("Logs", None, "other_datasource"),
        ("p95", "latency", "quantile"),
    ]


def test_v2_lists_elements_in_their_order_whatever_the_layout() -> None:
    spec = {"variables": [], "layout": grid("lib", "hidden", "a", "text", "z")}
    layout = {
        "kind": "TabsLayout",
        "spec": {"tabs": [{"kind": "TabsLayoutTab", "spec": spec}]},
    }
    elements = {
        "z": v2_panel("Last name first", v2_query(TOTAL)),
        "a": v2_panel("Availability", v2_query(AVAILABILITY)),
        "text": {"kind": "Panel", "spec": {"title": "Text"}},
        "lib": {"kind": "LibraryPanel", "spec": {"title": "Lib", "libraryPanel": {"uid": "u"}}},
        "hidden": v2_panel("Hidden", v2_query(P95, hidden=True)),
    }
    assert [(found.title, found.code) for found in judge(v2(elements, layout=layout)).panels] == [
        ("Last name first", "request_rate"),
        ("Availability", "good_ratio"),
        ("Text", "no_query"),
        ("Lib", "library_panel"),
        ("Hidden", "hidden"),
    ]


def test_a_panel_shows_its_first_visible_sli_and_counts_once() -> None:
    mixed = panel("Mixed", TOTAL, target(P95, "B"), target(AVAILABILITY, "C"))
    finding = judge(classic(mixed))
    assert listed(finding) == [("Mixed", "latency")]
    assert (finding.sli_panels, finding.verdict) == (1, DashboardVerdict.NOT_MET)


def test_a_hidden_query_does_not_count() -> None:
    assert codes(classic(panel("x", target(AVAILABILITY, hide=True), target(TOTAL, "B")))) == [
        "request_rate"
    ]


def test_two_panels_of_one_sli_are_enough_but_not_the_best() -> None:
    finding = judge(classic(TWO[0], TWO[0]))
    assert finding.verdict is DashboardVerdict.MET
    assert "add latency" in finding.reason


# Expression targets


def halves(*more: Json) -> Json:
    """A panel with hidden halves of a ratio and what is made of them."""
    return panel("x", target(BAD, "A", hide=True), target(TOTAL, "B", hide=True), *more)


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ([math("$A / $B")], "bad_ratio"),
        ([math("1 - $A / $B")], "good_ratio"),
        ([math("(1 - ${A} / ${B}) * 100")], "good_ratio"),
        ([math("$B / $A")], "inverted_ratio"),
        ([math("$A")], "error_rate_without_total"),
        ([math("$A / $B > 0.01")], "condition"),
        ([math("$A / $Z")], "unparsed"),
        ([math("$C + 1")], "unparsed"),
        ([math("$A / $B", hide=True)], "hidden"),
        ([math("$A / $B", "C", hide=True), math("C", "D", "resample")], "bad_ratio"),
        ([math("$A / $B", "C", hide=True), math("C", "D", "reduce", reducer="mean")], "bad_ratio"),
        ([math("$A / $B", "C", hide=True), math("C", "D", "reduce", reducer="last")], "bad_ratio"),
        (
            [math("$A / $B", "C", hide=True), math("C", "D", "reduce", reducer="count")],
            "distorted",
        ),
        ([math("$A / $B", "C", hide=True), math("C", "D", "threshold")], "condition"),
        (
            [
                math("A", "C", "reduce", reducer="sum", hide=True),
                math("B", "D", "reduce", reducer="sum", hide=True),
                math("$C / $D", "E"),
            ],
            "bad_ratio",
        ),
        ([math("$D", "C", hide=True), math("$C", "D")], "unparsed"),
    ],
)
def test_expression_targets_are_followed(targets: list[Json], code: str) -> None:
    assert codes(classic(halves(*targets))) == [code]


def test_expression_targets_are_followed_in_v2() -> None:
    def expression(text: str) -> Json:
        query = {"kind": "DataQuery", "group": "__expr__"}
        query["spec"] = {"type": "math", "expression": text}  # type: ignore[assignment]
        return {"kind": "PanelQuery", "spec": {"refId": "C", "hidden": False, "query": query}}

    element = v2_panel(
        "x", v2_query(BAD, "A", True), v2_query(TOTAL, "B", True), expression("$A / $B")
    )
    assert codes(v2({"x": element})) == ["bad_ratio"]


def test_expressions_that_double_without_end_are_given_up() -> None:
    chain = [target(AVAILABILITY, "Q0")]
    chain += [math(f"$Q{n} + $Q{n}", f"Q{n + 1}") for n in range(40)]
    started = time.thread_time()
    assert codes(classic(panel("x", *chain[::-1]))) == ["good_ratio"]
    assert time.thread_time() - started < 5


# Transformations


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([calculate("A", "/", "B")], "bad_ratio"),
        ([calculate("errors", "/", "all")], "bad_ratio"),
        ([calculate("Value #A", "/", "Value #B", replaceFields=True)], "bad_ratio"),
        ([calculate("B", "/", "A")], "inverted_ratio"),
        ([calculate("A", "/", "B", alias="r"), calculate("r", "*", "100")], "bad_ratio"),
        ([calculate("A", "/", "B", alias="r"), calculate("1", "-", "r")], "bad_ratio"),
        (
            [
                calculate(
                    {"matcher": {"id": "byName", "options": "A"}},
                    "/",
                    {"matcher": {"id": "byName", "options": "B"}},
                )
            ],
            "bad_ratio",
        ),
        ([calculate("unknown", "/", "names")], "bad_ratio"),
        ([{**calculate("A", "/", "B"), "disabled": True}], "error_rate_without_total"),
        (
            [
                {"id": "organize", "options": {"renameByName": {"A": "bad", "B": "sum"}}},
                calculate("bad", "/", "sum"),
            ],
            "bad_ratio",
        ),
        ([calculate("A", "+", "B")], "error_rate_without_total"),
        ([{"id": "calculateField", "options": {"mode": "reduceRow"}}], "error_rate_without_total"),
        (
            [
                {
                    "id": "calculateField",
                    "options": {"mode": "reduceRow", "alias": "sum", "reduce": {"reducer": "sum"}},
                },
                calculate("A", "/", "sum"),
            ],
            "unrelated",
        ),
        ([{"id": "seriesToColumns", "options": {}}], "error_rate_without_total"),
        (
            [
                {
                    "id": "calculateField",
                    "options": {"mode": "reduceRow", "alias": "m", "reduce": {"reducer": "mean"}},
                },
                calculate("A", "/", "m"),
            ],
            "error_rate_without_total",
        ),
    ],
)
def test_transformations_that_divide_are_seen(steps: list[Json], code: str) -> None:
    targets = (target(BAD, "A", legendFormat="errors"), target(TOTAL, "B", legendFormat="all"))
    found = judge(classic(panel("x", *targets, transformations=steps))).panels[0]
    shown = {query.finding.code for query in found.queries}
    assert code in shown
    assert (found.sli is not None) == (code == "bad_ratio")


def test_calculations_that_double_without_end_are_given_up() -> None:
    doubled = [calculate("A", "+", "A", alias="A")] * 50
    started = time.thread_time()
    assert codes(classic(panel("x", TOTAL, transformations=doubled))) == ["request_rate"]
    assert time.thread_time() - started < 5


def test_good_over_good_and_bad_summed_in_a_row() -> None:
    good = 'sum(rate(http_requests_total{status!~"5.."}[1m]))'
    bad = 'sum(rate(http_requests_total{status=~"5.."}[1m]))'
    steps = [
        {"id": "calculateField", "options": {"mode": "reduceRow", "alias": "all"}},
        calculate("A", "/", "all"),
    ]
    assert codes(classic(panel("x", good, target(bad, "B"), transformations=steps))) == [
        "good_ratio"
    ]


@pytest.mark.parametrize("include", ["B", "/^(?:B)$/", {"id": "byRefId", "options": "B"}])
def test_a_query_that_a_filter_leaves_out_is_not_shown(include: Any) -> None:
    steps = [{"id": "filterByRefId", "options": {"include": include}}]
    found = panel("x", target(AVAILABILITY), target(TOTAL, "B"), transformations=steps)
    assert codes(classic(found)) == ["request_rate"]
    kept = panel("x", target(TOTAL), target(AVAILABILITY, "B"), transformations=steps)
    assert codes(classic(kept)) == ["good_ratio"]


def test_a_filter_of_queries_leaves_what_was_calculated() -> None:
    steps = [
        calculate("B", "/", "A", alias="r"),
        {"id": "filterByRefId", "options": {"include": "A"}},
    ]
    found = panel("x", target(TOTAL), target(BAD, "B"), transformations=steps)
    assert codes(classic(found)) == ["bad_ratio"]


def test_two_queries_of_one_name_are_both_read() -> None:
    found = judge(classic(panel("x", target(TOTAL), target(AVAILABILITY)))).panels[0]
    assert [query.written for query in found.queries] == [TOTAL, AVAILABILITY]
    assert found.sli is Sli.AVAILABILITY


def test_hidden_queries_reach_no_transformation() -> None:
    steps = [calculate("A", "/", "B")]
    hidden = (target(BAD, "A", hide=True), target(TOTAL, "B"))
    assert codes(classic(panel("x", *hidden, transformations=steps))) == ["request_rate"]


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "calculateField", "spec": {"id": "calculateField"}},
        {"kind": "Transformation", "group": "calculateField", "spec": {}},
    ],
)
def test_transformations_are_seen_in_v2(step: Json) -> None:
    step = {**step, "spec": {**step["spec"], "options": calculate("A", "/", "B")["options"]}}
    element = v2_panel("x", v2_query(BAD), v2_query(TOTAL, "B"), transformations=(step,))
    assert codes(v2({"x": element})) == ["bad_ratio"]


# Other panels' queries, library panels, data sources, copies


def borrowed(panel_id: Any) -> Json:
    """A target that shows what another panel shows."""
    return {
        "refId": "A",
        "datasource": {"type": "datasource", "uid": "-- Dashboard --"},
        "panelId": panel_id,
    }


def test_a_panel_that_shows_another_panels_queries() -> None:
    document = classic(panel("x", AVAILABILITY, id=1), panel("y", borrowed(1), id=2))
    assert codes(document) == ["good_ratio", "good_ratio"]


def test_old_dashboard_targets_without_an_object() -> None:
    reuse = {"title": "y", "datasource": "-- Dashboard --", "targets": [{"panelId": 1}]}
    assert codes(classic(panel("x", P95, id=1), reuse)) == ["quantile", "quantile"]


def test_hidden_queries_are_not_borrowed() -> None:
    document = classic(
        panel("x", target(AVAILABILITY, hide=True), target(TOTAL, "B"), id=1),
        panel("y", borrowed(1), id=2),
    )
    assert codes(document) == ["request_rate", "request_rate"]


@pytest.mark.parametrize(("after", "code"), [(True, "bad_ratio"), (False, "request_rate")])
def test_transformations_are_borrowed_only_where_it_says_so(after: bool, code: str) -> None:
    steps = [calculate("B", "/", "A", replaceFields=True)]
    lender = panel("x", target(TOTAL), target(BAD, "B"), id=1, transformations=steps)
    document = classic(lender, panel("y", {**borrowed(1), "withTransforms": after}, id=2))
    assert codes(document) == ["bad_ratio", code]


def test_what_a_transformation_took_away_is_borrowed_without_it() -> None:
    steps = [{"id": "filterByRefId", "options": {"include": "B"}}]
    lender = panel("x", AVAILABILITY, target(TOTAL, "B"), id=1, transformations=steps)
    assert codes(classic(lender, panel("y", borrowed(1), id=2))) == ["request_rate", "good_ratio"]


def test_panels_that_borrow_in_a_circle_end() -> None:
    document = classic(panel("x", borrowed(2), id=1), panel("y", borrowed(1), id=2))
    assert codes(document) == ["no_query", "no_query"]


def test_panels_that_all_borrow_from_each_other_end_soon() -> None:
    ring = [
        {"id": n, "datasource": "-- Dashboard --", "targets": [{"panelId": m} for m in range(30)]}
        for n in range(30)
    ]
    started = time.thread_time()
    assert set(codes(classic(*ring))) == {"no_query"}
    assert time.thread_time() - started < 5


def test_a_long_chain_of_borrowing_panels_is_followed() -> None:
    chain = [panel(str(n), borrowed(n + 1), id=n) for n in range(20)]
    assert set(codes(classic(*chain, panel("last", AVAILABILITY, id=20)))) == {"good_ratio"}
    endless = [panel(str(n), borrowed(n + 1), id=n) for n in range(1000)]
    assert set(codes(classic(*endless))) == {"no_query"}


LIBRARY = {"title": "Lib", "libraryPanel": {"uid": "lib", "name": "Availability lib"}}


def test_a_library_panel_is_fetched() -> None:
    models: Mapping[str, Json] = {"lib": panel("In the library", AVAILABILITY)}
    context = CheckContext(TRIALS, library_panel=models.get)
    assert codes(classic(LIBRARY), context) == ["good_ratio"]
    assert codes(classic({**LIBRARY, "libraryPanel": {"uid": "other"}}), context) == [
        "library_panel"
    ]


def test_a_library_panel_travels_in_an_export() -> None:
    element = {"uid": "lib", "name": "Lib", "kind": 1, "model": panel("x", AVAILABILITY)}
    assert codes(classic(LIBRARY, __elements={"lib": element})) == ["good_ratio"]
    assert codes(classic(LIBRARY, __elements=[element])) == ["good_ratio"]
    assert codes(classic(LIBRARY, __elements=5)) == ["library_panel"]


def test_a_library_panel_that_came_with_its_queries_is_read() -> None:
    assert codes(classic({**panel("x", AVAILABILITY), **LIBRARY})) == ["good_ratio"]


def test_a_library_panel_of_v2_is_fetched() -> None:
    element = {"kind": "LibraryPanel", "spec": {"title": "x", "libraryPanel": {"uid": "lib"}}}
    context = CheckContext(TRIALS, library_panel=lambda _uid: panel("x", P95))
    assert codes(v2({"x": element}), context) == ["quantile"]


@pytest.mark.parametrize(
    ("source", "more", "counts"),
    [
        (None, {}, True),
        ("", {}, True),
        ("Prometheus", {}, True),
        ("My source", {}, True),
        ("${DS_PROMETHEUS}", {}, True),
        ("-- Mixed --", {}, True),
        ({"uid": "${datasource}"}, {}, True),
        ({"type": "prometheus"}, {}, True),
        ({"type": "grafana-amazonprometheus-datasource", "uid": "x"}, {}, True),
        ({"uid": "whatever"}, {}, True),
        ("Loki", {}, False),
        ({"type": "loki", "uid": "x"}, {}, False),
        ({"type": "influxdb", "uid": "x"}, {}, False),
        ({"type": "datasource", "uid": "grafana"}, {}, False),
        ("-- Grafana --", {}, False),
        (
            "${DS_LOGS}",
            {"__inputs": [{"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"}]},
            False,
        ),
        (
            {"uid": "$source"},
            {"templating": {"list": [{"type": "datasource", "name": "source", "query": "loki"}]}},
            False,
        ),
        (
            "$source",
            {
                "templating": {
                    "list": [{"type": "datasource", "name": "source", "query": "prometheus"}]
                }
            },
            True,
        ),
    ],
)
def test_only_prometheus_queries_count(source: Any, more: Json, counts: bool) -> None:
    found = {"title": "x", "datasource": source, "targets": [{"expr": AVAILABILITY}]}
    assert (codes(classic(found, **more)) == ["good_ratio"]) is counts


def test_a_targets_own_data_source_wins() -> None:
    loki = {"type": "loki", "uid": "x"}
    mixed = panel("x", target(AVAILABILITY, datasource=loki), target(P95, "B"))
    assert codes(classic({**mixed, "datasource": {"uid": "-- Mixed --"}})) == ["quantile"]
    assert codes(classic({**panel("x", AVAILABILITY), "datasource": loki})) == ["good_ratio"]


def test_saved_copies_of_a_repeated_panel_do_not_count() -> None:
    original = panel("x", AVAILABILITY, id=1, repeat="path")
    copy = panel("x", AVAILABILITY, id=2, repeatPanelId=1)
    finding = judge(classic(original, copy))
    assert (finding.sli_panels, len(finding.panels)) == (1, 2)


# Variables


def templating(*variables: Json) -> Json:
    """The templating part of a dashboard."""
    return {"templating": {"list": list(variables)}}


RATIO = (
    'sum(rate(http_requests_total{path=~"$path",status=~"$bad"}[$window]))'
    ' / sum(rate(http_requests_total{path=~"$path"}[$window]))'
)


def test_variables_are_filled_in() -> None:
    variables = templating(
        {
            "name": "path",
            "type": "query",
            "multi": True,
            "includeAll": True,
            "current": {"text": "All", "value": ["$__all"]},
            "options": [],
        },
        {"name": "bad", "type": "custom", "query": "5..,4..", "current": {"value": "5.."}},
        {"name": "window", "type": "interval", "query": "1m,5m", "current": {"value": "5m"}},
    )
    assert codes(classic(panel("x", RATIO), **variables)) == ["bad_ratio"]


def test_a_variable_that_fills_the_memory_is_given_up() -> None:
    huge = {"name": "v", "type": "custom", "multi": True, "current": {"value": ["x" * 9000] * 100}}
    filled = [panel("x", 'up{a=~"' + "$v" * 1300 + '"}'), panel("y", "$v" * 1300)] * 20
    started = time.thread_time()
    assert set(codes(classic(*filled, **templating(huge)))) == {"unparsed"}
    assert time.thread_time() - started < 10


def test_the_value_of_a_variable_decides() -> None:
    bad = {"name": "bad", "type": "custom", "query": "5..,4..", "current": {"value": "4.."}}
    assert codes(classic(panel("x", RATIO), **templating(bad))) == ["client_errors_only"]


def test_variables_of_v2() -> None:
    variables = [
        {
            "kind": "CustomVariable",
            "spec": {"name": "bad", "query": "5..", "current": {"text": "5..", "value": "5.."}},
        },
    ]
    assert codes(v2({"x": v2_panel("x", v2_query(RATIO))}, variables=variables)) == ["bad_ratio"]


def test_variables_of_a_tab() -> None:
    variable = {"kind": "CustomVariable", "spec": {"name": "bad", "current": {"value": "5.."}}}
    tab = {"kind": "TabsLayoutTab", "spec": {"variables": [variable], "layout": grid("x")}}
    layout = {"kind": "TabsLayout", "spec": {"tabs": [tab]}}
    assert codes(v2({"x": v2_panel("x", v2_query(RATIO))}, layout=layout)) == ["bad_ratio"]


def test_a_metric_that_is_an_unknown_variable_is_named() -> None:
    found = judge(classic(panel("x", "sum(rate($metric[5m]))"))).panels[0]
    assert found.code is Code.UNPARSED
    assert "$metric" in found.reason
    assert found.confirmable


def test_the_panels_interval_is_the_smallest_interval() -> None:
    expr = AVAILABILITY.replace("$__rate_interval", "$__interval")
    assert codes(classic(panel("x", expr))) == ["good_ratio"]
    assert codes(classic(panel("x", expr, interval="5s"))) == ["range_too_short"]


# Rules and validity


def test_recording_rules_are_followed() -> None:
    rule = RecordingRule("sli:availability", AVAILABILITY.replace("$__rate_interval", "5m"))
    context = CheckContext(TRIALS, Context(rules={"sli:availability": (rule,)}))
    assert codes(classic(panel("x", "sli:availability")), context) == ["good_ratio"]
    assert codes(classic(panel("x", "sli:availability"))) == ["unknown_recording_rule"]


def refuse(exprs: Any) -> list[Validity]:
    """A Prometheus that refuses everything."""
    return [Validity(False, "no", 1, 2) for _ in exprs]


def test_what_prometheus_refuses_shows_nothing() -> None:
    finding = judge(classic(*TWO, halves(math("$A / $B"))), CheckContext(TRIALS, validate=refuse))
    assert {found.code for found in finding.panels} == {Code.INVALID}
    assert "line 1, column 2" in finding.panels[0].reason


def test_without_anybody_to_ask_the_reason_says_so() -> None:
    context = CheckContext(
        TRIALS, validate=lambda exprs: [Validity(None, "no promtool")] * len(exprs)
    )
    finding = judge(classic(*TWO), context)
    assert finding.verdict is DashboardVerdict.MET
    assert "not validated" in finding.panels[0].reason


def test_a_query_only_prometheus_can_read_waits_for_the_learner() -> None:
    found = judge(classic(panel("x", "sum(rate(a[5 m]))")), CheckContext(TRIALS, validate=validate))
    assert found.panels[0].code is Code.UNPARSED
    assert found.panels[0].sli is None


def test_the_query_to_run_has_no_variables() -> None:
    found = judge(classic(panel("x", AVAILABILITY))).panels[0]
    assert "$" not in found.run
    assert found.run.startswith("1 - sum(rate(")
    assert found.queries[0].written == AVAILABILITY


# What is no dashboard, and what is too large


@pytest.mark.parametrize(
    "document", [None, 1, "x", [], [{}], {}, {"message": "Not found"}, {"dashboard": None}]
)
def test_what_is_no_dashboard_gets_a_sentence(document: Any) -> None:
    finding = judge(document)
    assert finding.verdict is DashboardVerdict.ERROR
    assert "no Grafana dashboard" in finding.reason


def test_an_empty_dashboard_is_not_met() -> None:
    assert judge(classic()).verdict is DashboardVerdict.NOT_MET
    assert judge(v2({})).verdict is DashboardVerdict.NOT_MET


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ("[" + "1," * 10_000_000 + "1]", "20.0 MB|19.1 MB"),
        (b"\xff\xfe", "not"),
    ],
)
def test_hostile_files_get_a_clear_sentence(text: str | bytes, sentence: str) -> None:
    started = time.thread_time()
    with pytest.raises(UnreadableDashboardError, match=sentence):
        load(text)
    assert time.thread_time() - started < 5


def test_ten_thousand_panels_get_a_clear_sentence() -> None:
    started = time.thread_time()
    finding = judge(classic(*({"type": "text", "title": str(n)} for n in range(10_000))))
    assert finding.verdict is DashboardVerdict.ERROR
    assert "more than 1000 panels" in finding.reason
    assert time.thread_time() - started < 5


def test_a_million_variables_get_a_clear_sentence() -> None:
    many = [panel(str(n), "sum by (" + "$a," * 1300 + ") (up)") for n in range(600)]
    started = time.thread_time()
    finding = judge(classic(*many))
    assert finding.verdict is DashboardVerdict.ERROR
    assert "more than 100000 variables" in finding.reason
    assert time.thread_time() - started < 5


def test_a_full_dashboard_is_judged_in_time() -> None:
    many = [panel(str(n), AVAILABILITY.replace("5..", f"5.|50{n}")) for n in range(500)]
    started = time.monotonic()
    panels = judge(classic(*many)).panels
    assert len(panels) == 500
    assert Code.UNTRIED not in {panel.code for panel in panels}
    assert time.monotonic() - started < 240


def test_a_very_long_query_is_not_analysed() -> None:
    assert codes(classic(panel("x", "sum(x) + " * 2000 + "1"))) == ["unparsed"]


def test_odd_values_everywhere_do_no_harm() -> None:
    odd: list[Any] = [None, 1, "x", [], {}, True, -1.5, [[]], {"a": {}}]
    for value in odd:
        judge({"panels": value, "rows": value, "templating": value, "time": value})
        judge({"panels": [{"targets": value, "title": value, "datasource": value}, value]})
        judge({"panels": [{"targets": [value, {"expr": value, "refId": value}]}]})
        judge({"panels": [{"transformations": value, "libraryPanel": value, "type": value}]})
        judge({"elements": value, "layout": value, "variables": value})
        judge({"elements": {"a": value, "b": {"kind": "Panel", "spec": value}}})
        judge({"title": "x", "templating": {"list": [value, {"name": "a", "current": value}]}})


WORDS = """
panels rows elements targets expr refId type datasource title spec dashboard templating list name
current value libraryPanel transformations options id hide expression kind data queries
mode binary left right operator alias reduce include time from to settings reducer
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([AVAILABILITY, P95, "$A / $B", "math", "row", "__expr__", "calculateField"]),
    st.just(PROMETHEUS),
    st.just(EXPRESSION),
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=30,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_JSON)
def test_any_json_gets_a_finding(document: Any) -> None:
    assert judge(document).verdict in DashboardVerdict


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ANY_JSON, max_size=4), st.dictionaries(KEYS, ANY_JSON, max_size=3))
def test_a_dashboard_of_anything_gets_a_finding(panels: list[Any], more: Json) -> None:
    finding = judge({**more, "panels": panels})
    json.dumps([found.title for found in finding.panels])
    assert all(found.sli in {None, *Sli} for found in finding.panels)
