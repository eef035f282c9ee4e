"""What a panel asks is resolved as Grafana does, and said where that is not the lab's Prometheus.

The order of things is that of Grafana 9.4 (``datasource_srv.ts``, ``PanelQueryRunner.ts``).
"""

from __future__ import annotations

from typing import Any

import pytest

from portal.clients.grafana import DataSource, DataSources, SourceAnswer, SourceBook
from portal.dashboards import CheckContext, PanelFinding
from portal.promql.context import Context
from tests.dashboards.build import AVAILABILITY, Json, classic, math, panel, target, v2, v2_query
from tests.dashboards.build import v2_panel as element
from tests.patient import TRIALS, judge

LAB = DataSource(uid="lab", name="Prometheus", type="prometheus", is_default=True)
DEAD = DataSource(uid="dead", name="Second", type="prometheus")
OTHER = DataSource(uid="other", name="Theirs", type="prometheus")
LOGS = DataSource(uid="logs", name="Logs", type="loki")
ANSWERS = {"lab": SourceAnswer.THE_LAB, "dead": SourceAnswer.SILENT, "other": SourceAnswer.ANOTHER}
EXPR = AVAILABILITY.replace("$__rate_interval", "5m")


def context(*sources: DataSource, **more: Any) -> CheckContext:
    book = SourceBook(DataSources(sources), lambda one: ANSWERS.get(one.uid, SourceAnswer.UNKNOWN))
    return CheckContext(TRIALS, sources=book, **more)


IN_GRAFANA = context(LAB, DEAD, OTHER, LOGS)


def found(board: Json, there: CheckContext = IN_GRAFANA) -> list[PanelFinding]:
    return list(judge(board, there).panels)


def one(source: Any, *targets: Json, there: CheckContext = IN_GRAFANA, **more: Any) -> PanelFinding:
    """The finding of a panel with this data source; its query has none of its own."""
    listed = list(targets) or [{"refId": "A", "expr": EXPR}]
    board = classic({"title": "x", "datasource": source, "targets": listed}, **more)
    return found(board, there)[0]


def choice(name: str, *values: str, kind: str = "datasource", query: str = "prometheus") -> Json:
    """A variable with these values chosen, among the dashboard's."""
    current = {"current": {"value": list(values) if len(values) != 1 else values[0]}}
    return {"templating": {"list": [{"type": kind, "name": name, "query": query, **current}]}}


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ({"type": "prometheus", "uid": "lab"}, "good_ratio", ""),
        ("Prometheus", "good_ratio", ""),
        ("lab", "good_ratio", ""),
        ("default", "good_ratio", ""),
        (None, "good_ratio", ""),
        ({"type": "prometheus"}, "good_ratio", ""),
        ({"uid": "lab"}, "good_ratio", ""),
        ({"type": "loki", "uid": "lab"}, "good_ratio", ""),
        ({"type": "prometheus", "uid": "gone123"}, "no_such_datasource", "“gone123”. Pick “Prom"),
        ("Prom", "no_such_datasource", "Grafana has no data source “Prom”"),
        ({"type": "prometheus", "uid": "${DS_PROMETHEUS}"}, "datasource_placeholder", "“${DS_P"),
        ("${DS_PROMETHEUS}", "datasource_placeholder", "nobody filled in. Pick “Prometheus”"),
        ("[[source]]", "datasource_placeholder", "“[[source]]”"),
        ({"type": "prometheus", "uid": "dead"}, "silent_datasource", "no answer from “Second”"),
        ("Second", "silent_datasource", "Pick “Prometheus” instead"),
        ("Theirs", "other_prometheus", "“Theirs” does not have what the lab’s Prometheus scraped"),
        ({"type": "prometheus", "uid": "logs"}, "other_datasource", "“Logs” is of the type loki"),
        ("-- Grafana --", "other_datasource", ""),
        ({"type": "datasource", "uid": "grafana"}, "other_datasource", ""),
    ],
)
def test_a_panel_asks_what_grafana_finds_by_its_uid_or_name(
    source: Any, code: str, words: str
) -> None:
    finding = one(source)
    assert finding.code == code
    assert words in finding.reason


def test_inputs_of_an_export_fill_in_nothing_once_it_lies_in_grafana() -> None:
    asked = {"name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus"}
    board = classic(
        {"title": "x", "datasource": "${DS_PROMETHEUS}", "targets": [{"expr": EXPR}]},
        __inputs=[asked],
    )
    assert [one.code for one in found(board)] == ["datasource_placeholder"]
    assert [one.code for one in judge(board).panels] == ["good_ratio"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        (choice("ds", "Prometheus"), "good_ratio"),
        (choice("ds", "lab"), "good_ratio"),
        (choice("ds", "default"), "good_ratio"),
        (choice("ds", "Second"), "silent_datasource"),
        (choice("ds", "Second", "Prometheus"), "silent_datasource"),
        (choice("ds", "gone"), "good_ratio"),
        (choice("ds"), "good_ratio"),
        (choice("ds", "gone", query="loki"), "other_datasource"),
        (choice("ds", "gone", query="mysql"), "no_such_datasource"),
        (choice("ds", "Theirs", kind="custom"), "other_prometheus"),
        (choice("ds", "gone", kind="custom"), "no_such_datasource"),
        (choice("others", "Prometheus"), "datasource_placeholder"),
    ],
)
@pytest.mark.parametrize("source", ["$ds", {"type": "prometheus", "uid": "${ds}"}, "[[ds]]"])
def test_a_variable_stands_for_what_is_chosen_else_for_the_first_of_its_type(
    source: Any, variables: Json, code: str
) -> None:
    assert one(source, **variables).code == code


def test_the_panels_own_source_wins_over_a_targets_unless_it_is_mixed() -> None:
    gone = target(EXPR, datasource={"type": "prometheus", "uid": "gone"})
    good = target(EXPR, datasource={"type": "prometheus", "uid": "lab"})
    assert one("Prometheus", gone).code == "good_ratio"
    assert one("gone", good).code == "no_such_datasource"
    assert one("-- Mixed --", gone).code == "no_such_datasource"
    assert one({"uid": "-- Mixed --"}, good).code == "good_ratio"
    assert one(None, gone).code == "no_such_datasource"


def test_an_expression_on_a_query_that_gets_nothing_gets_nothing() -> None:
    half = target("sum(rate(http_requests_total[5m]))", hide=True)
    assert one("gone", half, math("$A / $A", "B")).code == "no_such_datasource"


@pytest.mark.parametrize(
    ("default", "code"),
    [
        ("Second", "silent_datasource"),
        ("Theirs", "other_prometheus"),
        ("Logs", "other_datasource"),
        ("", "no_such_datasource"),
    ],
)
def test_without_a_name_the_default_is_asked_whatever_it_is(default: str, code: str) -> None:
    listed = [
        DataSource(uid=one.uid, name=one.name, type=one.type, is_default=one.name == default)
        for one in (LAB, DEAD, OTHER, LOGS)
    ]
    there = context(*listed)
    assert one(None, there=there).code == code
    assert one({"type": "prometheus"}, there=there).code == code
    if not default:
        assert "Grafana has no default data source" in one(None, there=there).reason


def test_advice_names_no_source_that_is_not_the_labs() -> None:
    assert "Pick the lab’s Prometheus instead." in one("gone", there=context(DEAD, OTHER)).reason


def test_in_schema_v2_each_query_stands_for_itself_and_may_name_a_type_alone() -> None:
    def board(source: Json | None) -> Json:
        query = v2_query(EXPR)
        query["spec"]["query"]["datasource"] = source
        return v2({"a": element("x", query)})

    assert found(board({"name": "lab"}))[0].code == "good_ratio"
    assert found(board({"name": "gone"}))[0].code == "no_such_datasource"
    assert found(board(None), context(DEAD, LAB))[0].code == "silent_datasource"
    assert found(board(None), context(LOGS, LAB))[0].code == "good_ratio"


@pytest.mark.parametrize(
    ("interval_s", "range_", "written", "code"),
    [
        (5.0, "now-1h", "$__rate_interval", "good_ratio"),
        (1.0, "now-1h", "$__rate_interval", "range_too_short"),
        (15.0, "now-1h", "$__rate_interval", "good_ratio"),
        (5.0, "now-1h", "$__interval", "range_too_short"),
        (15.0, "now-1h", "$__interval", "good_ratio"),
        (5.0, "now-2d", "$__interval", "good_ratio"),
    ],
)
def test_the_macros_follow_what_the_data_source_says_of_its_scrapes(
    interval_s: float, range_: str, written: str, code: str
) -> None:
    """With ``timeInterval: 1s`` and scrapes of 5 s Grafana asked for 4 s, and found nothing."""
    source = DataSource(uid="lab", name="P", type="prometheus", scrape_interval_s=interval_s)
    there = context(source, promql=Context(scrape_interval_s=5))
    expr = AVAILABILITY.replace("$__rate_interval", written)
    board = classic(
        panel("x", target(expr, datasource="lab"), datasource="lab"),
        time={"from": range_, "to": "now"},
    )
    assert found(board, there)[0].code == code


def test_what_nobody_could_list_is_told_by_its_text_alone() -> None:
    nobody = CheckContext(TRIALS, sources=SourceBook())
    assert one({"type": "prometheus", "uid": "gone"}, there=nobody).code == "good_ratio"
    assert one({"type": "loki", "uid": "lab"}, there=nobody).code == "other_datasource"
