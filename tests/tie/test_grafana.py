"""Grafana-managed rules, followed from the condition back to the queries.

``recorded/grafana-9.4.json`` holds what a Grafana 9.4 answered.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients.grafana import (
    UNLISTED,
    DataSource,
    DataSources,
    SourceAnswer,
    SourceBook,
)
from portal.promql.context import RecordingRule
from portal.tie import AlertFinding, TieCode
from portal.tie.grafana import NO_LIMIT, GrafanaRule, read_ruler
from tests.fakes.recorded import ANSWERS
from tests.patient import analyse_grafana
from tests.tie.cases import SLOS, expanded
from tests.tie.disagreements import GRAFANA


def prometheus(ref: str, written: str, **model: Any) -> dict[str, Any]:
    return {
        "refId": ref,
        "datasourceUid": "prometheus",
        "model": {"expr": expanded(written), "refId": ref, **model},
    }


def node(ref: str, kind: str, **model: Any) -> dict[str, Any]:
    return {"refId": ref, "datasourceUid": "__expr__", "model": {"type": kind, **model}}


def reduced(ref: str, of: str, reducer: str = "last", **settings: Any) -> dict[str, Any]:
    return node(ref, "reduce", expression=of, reducer=reducer, settings=settings)


def threshold(ref: str, of: str, kind: str, *params: float) -> dict[str, Any]:
    evaluator = {"type": kind, "params": list(params)}
    return node(ref, "threshold", expression=of, conditions=[{"evaluator": evaluator}])


def classic(ref: str, *arms: tuple[str, str, float, str]) -> dict[str, Any]:
    conditions = [
        {
            "query": {"params": [of]},
            "reducer": {"type": "last"},
            "evaluator": {"type": kind, "params": [limit]},
            "operator": {"type": joint},
        }
        for of, kind, limit, joint in arms
    ]
    return node(ref, "classic_conditions", conditions=conditions)


def rule(condition: str, *data: dict[str, Any], **alert: Any) -> GrafanaRule:
    entry = {"grafana_alert": {"title": "t", "uid": "u", "condition": condition, "data": data}}
    entry["grafana_alert"] |= {"data": list(data), **alert}
    [found] = read_ruler({"folder": [{"name": "g", "rules": [{"for": "30s", **entry}]}]})
    return found


def finding(condition: str, *data: dict[str, Any], **alert: Any) -> AlertFinding:
    [found] = analyse_grafana([rule(condition, *data, **alert)], SLOS)
    return found


# fmt: off
FOLLOWED: list[tuple[str, list[dict[str, Any]], TieCode]] = [
    ("C", [prometheus("A", "RATIO"), reduced("B", "A"), threshold("C", "B", "gt", 0.144)],
     TieCode.TIED),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "gt", 0.144)], TieCode.TIED),
    ("C", [prometheus("A", "GOOD / ALL"), reduced("B", "A"), threshold("C", "B", "lt", 0.99)],
     TieCode.TIED),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "gt", 1.44)], TieCode.NEVER_FIRES),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "gt", -1)], TieCode.ALWAYS_FIRES),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "lt", 0.01)], TieCode.INVERTED),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "gt", 0.5)], TieCode.TOO_LAX),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "gt", 0.001)], TieCode.STRICTER),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "within_range", 0.1, 1)],
     GRAFANA["RATIO is within range 0.1 to 1"][0]),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "within_range", 0.1, 1.1)],
     TieCode.TIED),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "within_range", 0.01, 0.02)],
     TieCode.NOT_AN_SLI),
    ("C", [prometheus("A", "GOOD / ALL"), threshold("C", "A", "outside_range", 0.9, 1.1)],
     TieCode.TIED),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "within_range_included", 0, 1)],
     TieCode.ALWAYS_FIRES),
    ("C", [prometheus("A", "GOOD / ALL"),
     threshold("C", "A", "outside_range_included", 0.9, 1)], TieCode.ALWAYS_FIRES),
    ("C", [prometheus("A", "RATIO > 0.144"), reduced("B", "A"), threshold("C", "B", "gt", 0)],
     TieCode.TIED),
    ("C", [prometheus("A", "RATIO > 1.44"), reduced("B", "A"), threshold("C", "B", "gt", 0)],
     TieCode.NEVER_FIRES),
    ("C", [prometheus("A", "BAD"), prometheus("B", "ALL"), node("C", "math",
     expression="$A / $B > 0.144")], TieCode.TIED),
    ("C", [prometheus("A", "BAD"), prometheus("B", "ALL"), node("C", "math",
     expression="${A} / ${B} * 100 > 14.4")], TieCode.TIED),
    ("C", [prometheus("A", "GOOD"), prometheus("B", "ALL"), node("C", "math",
     expression="(1 - $A / $B) / 0.01 > 14.4 && $B > 0")], TieCode.TIED),
    ("C", [prometheus("A", "BAD"), prometheus("B", "ALL"), node("C", "math",
     expression="$A > 0.144 * $B")], TieCode.TIED),
    ("C", [prometheus("A", "RATIO"), prometheus("B", "up"), node("C", "math",
     expression="$A > 0.144 || $A >= 0")], TieCode.ALWAYS_FIRES),
    ("D", [prometheus("A", "BAD"), prometheus("B", "ALL"), node("C", "math",
     expression="$A / $B"), threshold("D", "C", "gt", 0.06)], TieCode.TIED),
    ("D", [prometheus("A", "RATIO"), threshold("B", "A", "gt", 0.144),
     threshold("C", "A", "gt", 0.06), node("D", "math", expression="$B && $C")],
     TieCode.TIED),
    ("B", [prometheus("A", "RATIO"), classic("B", ("A", "gt", 0.144, "and"))], TieCode.TIED),
    ("B", [prometheus("A", "RATIO"), prometheus("X", "ALL"),
     classic("B", ("A", "gt", 0.144, "and"), ("X", "gt", 0, "and"))], TieCode.TIED),
    ("B", [prometheus("A", "RATIO"), classic("B", ("A", "gt", 1.44, "and"),
     ("A", "gt", 0.144, "and"))], TieCode.NEVER_FIRES),
    ("B", [prometheus("A", "RATIO"), classic("B", ("A", "gt", 0.144, "and"),
     ("A", "gt", -1, "or"))], TieCode.ALWAYS_FIRES),
    ("C", [prometheus("A", "histogram_quantile(0.95, BUCKETS)"), reduced("B", "A"),
     threshold("C", "B", "gt", 0.3)], TieCode.TIED),
    ("C", [prometheus("A", "RATIO"), reduced("B", "A", "count"),
     threshold("C", "B", "gt", 0.144)], TieCode.NOT_AN_SLI),
    ("C", [prometheus("A", "up"), threshold("C", "A", "lt", 1)], TieCode.NOT_AN_SLI),
    ("A", [prometheus("A", "RATIO")], TieCode.STRICTER),
    ("A", [prometheus("A", "sum(rate(")], TieCode.UNPARSED),
    ("Z", [prometheus("A", "RATIO")], TieCode.UNPARSED),
    ("C", [reduced("B", "C"), threshold("C", "B", "gt", 1)], TieCode.UNPARSED),
    ("C", [node("C", "sql", expression="select 1")], TieCode.UNPARSED),
    ("C", [prometheus("A", "RATIO"), node("C", "math", expression="$A >")], TieCode.UNPARSED),
    ("C", [prometheus("A", "RATIO"), threshold("C", "A", "no_value")], TieCode.UNPARSED),
    ("C", [{"refId": "A", "datasourceUid": "loki", "model": {"expr": "RATIO",
     "datasource": {"type": "loki"}}}, threshold("C", "A", "gt", 0.1)], TieCode.NOT_AN_SLI),
]
# fmt: on


@pytest.fixture(scope="module")
def followed() -> list[AlertFinding]:
    """The findings of all rules above, tried out together."""
    return analyse_grafana([rule(condition, *data) for condition, data, _ in FOLLOWED], SLOS)


@pytest.mark.parametrize("number", range(len(FOLLOWED)))
def test_a_rule_is_followed_to_its_queries(number: int, followed: list[AlertFinding]) -> None:
    assert followed[number].code == FOLLOWED[number][2], followed[number].reason


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("GOOD / ALL", TieCode.INVERTED),
        ("ALL", TieCode.ALWAYS_FIRES),
        ("RATIO", TieCode.STRICTER),
    ],
)
def test_a_rule_without_a_threshold_is_told_that_it_compares_nothing(
    query: str, code: TieCode
) -> None:
    found = finding("B", prometheus("A", query), reduced("B", "A"))
    assert found.code is code
    assert found.reason.startswith(NO_LIMIT)
    assert "wrong way round" not in found.reason
    compared = finding("C", prometheus("A", query), reduced("B", "A"), threshold("C", "B", "gt", 0))
    assert NO_LIMIT not in compared.reason


def test_recording_rules_and_variables_in_a_query_are_followed() -> None:
    recorded = RecordingRule("job:errors", expanded("RATIO"))
    one = rule("C", prometheus("A", "job:errors"), threshold("C", "A", "gt", 0.144))
    [found] = analyse_grafana([one], SLOS, [recorded])
    assert found.code is TieCode.TIED
    two = finding(
        "C",
        prometheus(
            "A",
            "sum(rate(http_requests_total{status=~'5..'}[$__rate_interval]))"
            " / sum(rate(http_requests_total[$__rate_interval]))",
        ),
        threshold("C", "A", "gt", 0.144),
    )
    assert two.code is TieCode.TIED


BY_MACRO = "sum(rate(http_requests_total{status=~'5..'}[%s])) / sum(rate(http_requests_total[%s]))"


@pytest.mark.parametrize(
    ("macro", "model", "code"),
    [
        ("$__interval", {}, TieCode.NOT_AN_SLI),
        ("$__interval", {"intervalMs": 1000}, TieCode.NOT_AN_SLI),
        ("$__interval", {"intervalMs": "x", "interval": 15}, TieCode.NOT_AN_SLI),
        ("$__interval", {"intervalMs": 60_000}, TieCode.TIED),
        ("$__interval", {"intervalMs": 1000, "interval": "1m"}, TieCode.TIED),
        ("$__rate_interval", {}, TieCode.TIED),
        ("$__range", {}, TieCode.TIED),
    ],
)
def test_the_macros_of_a_query_are_those_of_a_rule(
    macro: str, model: dict[str, Any], code: TieCode
) -> None:
    query = prometheus("A", BY_MACRO % (macro, macro), **model)
    found = finding("B", query, threshold("B", "A", "gt", 0.144))
    assert found.code is code
    assert ("It is 1 s long" in found.reason) is (code is TieCode.NOT_AN_SLI)


@pytest.mark.parametrize(
    ("span", "seconds"),
    [({"from": 300, "to": 0}, 300), ({"from": 900, "to": 300}, 600), (None, 600), ({}, 600)],
)
def test_a_query_asks_for_its_own_time(span: Any, seconds: float) -> None:
    query = {**prometheus("A", "RATIO"), "relativeTimeRange": span}
    assert rule("A", query).queries[0].range_s == seconds


def test_an_alert_rule_knows_no_variables_of_a_dashboard() -> None:
    query = "sum(rate(http_requests_total{job='$job'}[$window])) / ALL"
    found = finding("B", prometheus("A", query), threshold("B", "A", "gt", 0.144))
    assert found.code is TieCode.NOT_AN_SLI
    assert "$job, $window" in found.reason
    renamed = "label_replace(RATIO, 'a', '$1', 'job', '(.*)')"
    assert finding("B", prometheus("A", renamed), threshold("B", "A", "gt", 0.144)).tied


def test_what_promql_cannot_say_is_read_and_says_so() -> None:
    data = [prometheus("A", "RATIO"), reduced("B", "A", "count"), threshold("C", "B", "gt", 0.144)]
    assert "It was read and not tried out" in finding("C", *data).reason


def test_a_grafana_rule_is_tried_as_the_promql_it_amounts_to() -> None:
    data = [
        prometheus("A", "RATIO"),
        prometheus("B", "up{job='flask-app'}"),
        node("C", "math", expression="$A > 0.144 && $B == 0"),
    ]
    found = finding("C", *data)
    assert not found.tied
    assert "stays silent on the day on which every request failed" in found.reason


def test_a_model_may_be_json_text() -> None:
    query = prometheus("A", "RATIO")
    query["model"] = json.dumps(query["model"])
    assert finding("C", query, threshold("C", "A", "gt", 0.144)).code is TieCode.TIED


@pytest.mark.parametrize(
    ("data", "fires"),
    [
        ([prometheus("A", "RATIO"), reduced("B", "A"), threshold("C", "B", "gt", 0.144)], True),
        ([prometheus("A", "RATIO"), reduced("B", "A", mode="dropNN"),
          threshold("C", "B", "gt", 0.144)], True),
        ([prometheus("A", "RATIO"), reduced("B", "A", mode="replaceNN", replaceWithValue=0),
          threshold("C", "B", "gt", 0.144)], False),
        ([prometheus("A", "GOOD / ALL"), threshold("C", "A", "lt", 0.99)], True),
        ([prometheus("A", "BAD"), prometheus("B", "ALL"),
          node("C", "math", expression="$A / $B > 0.144")], True),
        ([prometheus("A", "RATIO > 0.144"), threshold("C", "A", "gt", 0)], False),
        ([prometheus("A", "RATIO and ALL > 0"), threshold("C", "A", "gt", 0.144)], False),
        ([prometheus("A", "BAD / (ALL > 0)"), threshold("C", "A", "gt", 0.144)], False),
        ([prometheus("A", "RATIO > bool 0.144"), threshold("C", "A", "gt", 0)], False),
        ([prometheus("A", "RATIO"), classic("C", ("A", "gt", 0.144, "and"))], False),
        ([prometheus("A", "RATIO"), reduced("B", "A", mode="replaceNN", replaceWithValue=1),
          threshold("C", "B", "gt", 0.144)], True),
        ([prometheus("A", "GOOD / ALL"), reduced("B", "A", mode="replaceNN", replaceWithValue=0),
          threshold("C", "B", "lt", 0.99)], True),
        ([prometheus("A", "1 - GOOD / (ALL + 0.000001)"), threshold("C", "A", "gt", 0.144)], True),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_ratio_without_a_guard_fires_on_nothing(data: list[dict[str, Any]], fires: bool) -> None:
    found = finding("C", *data)
    assert found.code is TieCode.TIED
    assert bool(found.fires_on_nothing) is fires


def test_the_advice_against_firing_on_nothing_says_what_to_do() -> None:
    found = finding("C", prometheus("A", "RATIO"), threshold("C", "A", "gt", 0.144))
    assert "proves nothing" in found.fires_on_nothing
    assert "> 0" in found.fires_on_nothing


def test_alerting_on_no_data_turns_a_filter_into_an_alarm_while_all_is_well() -> None:
    data = [prometheus("A", "RATIO > 0.144"), threshold("C", "A", "gt", 0)]
    assert finding("C", *data, no_data_state="Alerting").code is TieCode.ALWAYS_FIRES
    guarded = [prometheus("A", "BAD / (ALL > 0)"), threshold("C", "A", "gt", 0.144)]
    found = finding("C", *guarded, no_data_state="Alerting")
    assert found.code is TieCode.TIED
    assert "no data" in found.fires_on_nothing


@pytest.mark.parametrize("answer", ["ruler_get_admin", "ruler_get_viewer", "ruler_get_anonymous"])
def test_the_recorded_rules_get_their_findings(answer: str) -> None:
    rules = read_ruler(ANSWERS[answer])
    found = {one.title: analyse_grafana([one], SLOS)[0] for one in rules}
    assert {title: one.code for title, one in found.items()} == {
        "Error budget burn (threshold node)": TieCode.TIED,
        "Error budget burn (math node)": TieCode.TIED,
        "Error budget burn (classic condition)": TieCode.TIED,
        "In PromQL": TieCode.TIED,
        "No such metric": TieCode.NOT_AN_SLI,
        "Broken query": TieCode.UNPARSED,
    }
    assert {title for title, one in found.items() if one.fires_on_nothing} == {
        "Error budget burn (threshold node)",
        "Error budget burn (math node)",
    }


def test_the_recorded_definition_is_read_in_full() -> None:
    first = read_ruler(ANSWERS["ruler_get_admin"])[1]
    assert (first.title, first.folder, first.group, first.for_s, first.no_data_state) == (
        "Error budget burn (threshold node)", "SLO lab", "slo", 20.0, "NoData",
    )  # fmt: skip
    assert read_ruler(ANSWERS["ruler_get_empty"]) == []


def test_a_recording_rule_of_grafana_is_no_alert() -> None:
    entry = {"grafana_alert": {"title": "r", "record": {"metric": "m", "from": "A"}}}
    assert read_ruler({"f": [{"name": "g", "rules": [entry]}]}) == []


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(anything, st.sampled_from(["expression", "conditions", "reducer", "settings", "type"]))
def test_any_json_is_read_without_an_exception(value: Any, key: str) -> None:
    assert isinstance(read_ruler(value), list)
    for base in (threshold("C", "A", "gt", 1), classic("C", ("A", "gt", 1, "and"))):
        base["model"] = {**base["model"], key: value}
        assert finding("C", prometheus("A", "RATIO"), base).reason


# Whom it asks, and for which time


def tied(query: dict[str, Any], book: SourceBook = UNLISTED) -> AlertFinding:
    """The finding for a rule that is tied where its query asks the lab's Prometheus."""
    data = (query, reduced("B", "A"), threshold("C", "B", "gt", 0.144))
    return analyse_grafana([rule("C", *data)], SLOS, book=book)[0]


def at_source(uid: str) -> dict[str, Any]:
    return {**prometheus("A", "RATIO"), "datasourceUid": uid}


SOURCES = [
    DataSource(uid="prometheus", name="Lab", type="prometheus", scrape_interval_s=5),
    DataSource(uid="fast", name="Fast", type="prometheus", scrape_interval_s=1),
    DataSource(uid="second", name="Second", type="prometheus"),
    DataSource(uid="dead", name="Dead", type="prometheus"),
    DataSource(uid="logs", name="Logs", type="loki"),
]
ANSWERED = {"second": SourceAnswer.ANOTHER, "dead": SourceAnswer.SILENT}
BOOK = SourceBook(
    DataSources(tuple(SOURCES)), lambda one: ANSWERED.get(one.uid, SourceAnswer.THE_LAB)
)


@pytest.mark.parametrize(
    ("uid", "code", "words"),
    [
        ("prometheus", TieCode.TIED, ""),
        ("gone", TieCode.NO_SUCH_SOURCE, "Grafana has no data source “gone”. Pick “Lab” instead."),
        ("${DS_PROMETHEUS}", TieCode.NO_SUCH_SOURCE, "is a placeholder that nobody filled in"),
        ("second", TieCode.OTHER_SOURCE, "“Second” does not have what the lab’s Prometheus"),
        ("logs", TieCode.OTHER_SOURCE, "“Logs” is of the type loki."),
        ("dead", TieCode.TIED, ""),
    ],
)
def test_only_a_rule_that_asks_the_labs_prometheus_is_tied(
    uid: str, code: TieCode, words: str
) -> None:
    """That a source is dead Grafana tells itself: the rule is in error."""
    found = tied(at_source(uid), BOOK)
    assert (found.code, words in found.reason) == (code, True), found.reason
    assert tied(at_source(uid)).code is TieCode.TIED


@pytest.mark.parametrize(
    ("window", "uid", "model", "is_tied"),
    [
        ("$__interval", "prometheus", {}, False),
        ("$__interval", "prometheus", {"intervalMs": 1000, "maxDataPoints": 43200}, False),
        ("$__interval", "prometheus", {"intervalMs": 30_000}, True),
        ("$__interval", "prometheus", {"interval": "1m"}, True),
        ("$__rate_interval", "prometheus", {}, True),
        ("$__rate_interval", "fast", {}, False),
        ("$__rate_interval", "second", {}, False),
        ("$__range", "prometheus", {}, True),
    ],
)
def test_the_macros_are_those_of_an_alert_and_of_its_data_source(
    window: str, uid: str, model: dict[str, Any], is_tied: bool
) -> None:
    """``$__interval`` is one second in a rule: it finds no data, and never fires."""
    query = {**prometheus("A", "RATIO", **model), "datasourceUid": uid}
    query["model"]["expr"] = query["model"]["expr"].replace("1m", window)
    found = tied({**query, "relativeTimeRange": {"from": 300, "to": 0}}, BOOK)
    assert found.tied is is_tied, found.reason
    if not is_tied and uid != "second":
        assert "shorter than two scrapes" in found.reason


def test_the_range_of_a_rule_is_that_of_its_query() -> None:
    written = {"refId": "A", "datasourceUid": "p", "model": {}}
    spans = [{"from": 900, "to": 300}, {"from": 0, "to": 0}, {"from": "x"}, None]
    read = [rule("A", {**written, "relativeTimeRange": span}).queries[0].range_s for span in spans]
    assert read == [600.0, 600.0, 600.0, 600.0]
    one_hour = {**written, "relativeTimeRange": {"from": 3600, "to": 0}}
    assert rule("A", one_hour).queries[0].range_s == 3600.0
    assert rule("A", one_hour).queries[0].times(5).range_s == 3600.0
