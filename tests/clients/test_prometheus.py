"""The client against a real Prometheus, and against answers that only others give."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.prometheus import (
    InvalidQuery,
    PrometheusClient,
    RuleKind,
    TargetHealth,
)
from portal.durations import prometheus_seconds
from tests.clients.test_http import EXPECTED, SLOW
from tests.fakes.hostile import HostileServer, Misbehaviour
from tests.fakes.server import LocalServer, Reply
from tests.patience import SECONDS

pytestmark = pytest.mark.stack


def test_an_instant_query_has_labels_value_and_time(prometheus: PrometheusClient) -> None:
    (sample,) = prometheus.query('up{job="itself"}')
    assert sample.labels["job"] == "itself"
    assert sample.value == 1.0
    assert sample.at == pytest.approx(time.time(), abs=60)


def test_an_instant_query_can_be_about_another_time(prometheus: PrometheusClient) -> None:
    (sample,) = prometheus.query("time()", at=1_700_000_000.25)
    assert (sample.labels, sample.value, sample.at) == ({}, 1_700_000_000.25, 1_700_000_000.25)
    assert prometheus.query("up", at=1_700_000_000) == []


def test_idle_traffic_is_nan_and_no_error(prometheus: PrometheusClient) -> None:
    assert math.isnan(prometheus.query("vector(0) / 0")[0].value)
    assert prometheus.query("1 / 0")[0].value == math.inf
    assert prometheus.query("-1 / 0")[0].value == -math.inf


def test_a_range_query_has_points(prometheus: PrometheusClient) -> None:
    now = float(int(time.time()))
    (series,) = prometheus.query_range("vector(1) < 2", now - 60, now, 15)
    assert series.points == [(now - 60 + 15 * step, 1.0) for step in range(5)]


def test_too_many_points_are_refused_with_prometheus_words(prometheus: PrometheusClient) -> None:
    with pytest.raises(ClientError, match="11,000 points") as caught:
        prometheus.query_range("up", 0, time.time(), 1)
    assert caught.value.kind is ErrorKind.REFUSED
    assert not isinstance(caught.value, InvalidQuery)


@pytest.mark.parametrize(
    ("promql", "line", "column", "words"),
    [
        ("sum(", 1, 5, "unclosed left parenthesis"),
        ("sum(\n  rate(up[1m])\n) by (", 3, 7, "unclosed left parenthesis"),
        ("up + 'é' + sum(x", 1, 17, "unclosed left parenthesis"),
        ("rate(up)", 1, 6, "expected type range vector"),
        ("", 1, 1, "no expression found"),
        ("up{a=~'('}", 1, 4, "missing closing"),
    ],
)
def test_an_unreadable_expression_says_where(
    prometheus: PrometheusClient, promql: str, line: int, column: int, words: str
) -> None:
    for call in (prometheus.query, prometheus.format_query):
        with pytest.raises(InvalidQuery) as caught:
            call(promql)
        error = caught.value
        assert (error.line, error.column) == (line, column)
        assert words in error.message
        assert error.message in str(error)
        assert error.kind is ErrorKind.REFUSED


def test_an_expression_of_the_wrong_kind_is_refused(prometheus: PrometheusClient) -> None:
    with pytest.raises(ClientError, match="range of values"):
        prometheus.query("up[10s]")
    with pytest.raises(ClientError, match="a text"):
        prometheus.query("'hello'")
    with pytest.raises(InvalidQuery, match="range vector") as caught:
        prometheus.query_range("up[10s]", 0, 10, 5)
    assert (caught.value.line, caught.value.column) == (None, None)


def test_what_fails_while_it_runs_is_no_invalid_expression(prometheus: PrometheusClient) -> None:
    with pytest.raises(ClientError, match=r"many-to-many|multiple matches") as caught:
        prometheus.query("up + on () group_left () up")
    assert (caught.value.kind, caught.value.status) == (ErrorKind.REFUSED, 422)
    assert not isinstance(caught.value, InvalidQuery)


def test_format_query_writes_as_prometheus_does(prometheus: PrometheusClient) -> None:
    assert prometheus.format_query("sum ( up )by(job)") == "sum by (job) (up)"


def test_targets_say_how_their_last_scrape_went(prometheus: PrometheusClient) -> None:
    gone, itself = sorted(prometheus.targets(), key=lambda target: target.job)
    assert (itself.health, itself.last_error) == (TargetHealth.UP, "")
    assert (gone.health, gone.instance) == (TargetHealth.DOWN, "127.0.0.1:9")
    assert "connection refused" in gone.last_error
    assert itself.scrape_interval_s == 1.0
    assert itself.last_scrape is not None
    assert datetime.now(UTC) - itself.last_scrape < timedelta(seconds=60)


def test_rules_have_their_definition_and_state(prometheus: PrometheusClient) -> None:
    (group,) = prometheus.rules()
    assert (group.name, group.interval_s) == ("lab", 1.0)
    assert group.file.endswith("rules.yml")
    recorded, down, patient, broken = group.rules
    assert (recorded.kind, recorded.name, recorded.query) == (
        RuleKind.RECORDING,
        "lab:up:sum",
        "sum(up)",
    )
    assert recorded.labels == {"team": "a"}
    assert recorded.last_evaluation is not None
    assert (down.kind, down.state, down.health) == (RuleKind.ALERTING, "firing", "ok")
    assert down.annotations == {"summary": "{{ $labels.job }} is down"}
    (alert,) = down.alerts
    assert alert.labels == {
        "alertname": "Down",
        "instance": "127.0.0.1:9",
        "job": "gone",
        "severity": "page",
    }
    assert alert.annotations == {"summary": "gone is down"}
    assert (alert.state, alert.value) == ("firing", 0.0)
    assert alert.active_at is not None
    assert (patient.state, patient.duration_s) == ("pending", 5400.0)
    assert broken.health == "err"
    assert broken.last_error


def test_its_own_state_tells_about_reloads(prometheus: PrometheusClient) -> None:
    state = prometheus.runtimeinfo()
    assert state["reloadConfigSuccess"] is True
    assert "lastConfigTime" in state


def test_a_query_with_signs_of_all_kinds_arrives_whole(prometheus: PrometheusClient) -> None:
    assert prometheus.query('up{job="a+b&c=d%20é\\n#?"}') == []
    assert len(prometheus.query(" or ".join(["vector(1)"] * 2000))) == 1


# What this Prometheus doesn't do, others do.


def answering(content: object, status: int = 200) -> LocalServer:
    return LocalServer(lambda _: Reply.of(content, status))


def test_remarks_are_kept_with_the_rows() -> None:
    content = {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "+Inf"]}]},
        "warnings": ["PromQL warning: a\x1b"],
        "infos": ["PromQL info: metric might not be a counter"],
    }
    with answering(content) as server:
        rows = PrometheusClient(server.url, timeout=SECONDS).query("x")
    assert rows[0].value == math.inf
    assert rows.warnings == ("PromQL warning: a",)
    assert rows.infos == ("PromQL info: metric might not be a counter",)


def test_prometheus_is_told_when_to_give_up() -> None:
    empty = {"status": "success", "data": {"resultType": "vector", "result": []}}
    with answering(empty) as server:
        PrometheusClient(server.url, timeout=1.25).query("up", at=5.5)
        form = server.requests[0].form
    assert form == {"query": "up", "timeout": "1250ms", "time": "5.5"}


@pytest.mark.parametrize("kind", ["timeout", "canceled"])
def test_a_query_that_prometheus_gave_up_is_a_timeout(kind: str) -> None:
    content = {"status": "error", "errorType": kind, "error": "too slow"}
    gave_up = pytest.raises(ClientError, match="gave up on the query")
    with answering(content, 503) as server, gave_up as caught:
        PrometheusClient(server.url, timeout=SECONDS).query("x")
    assert caught.value.kind is ErrorKind.TIMEOUT


def test_a_rule_before_its_first_evaluation_has_no_time() -> None:
    rule = {"type": "alerting", "name": "A", "health": "unknown"}
    rule["lastEvaluation"] = "0001-01-01T00:00:00Z"
    content = {"status": "success", "data": {"groups": [{"name": "g", "rules": [rule]}]}}
    with answering(content) as server:
        (group,) = PrometheusClient(server.url, timeout=SECONDS).rules()
    assert group.rules[0].last_evaluation is None


@pytest.mark.parametrize("value", [[1, "x"], [1], None, "ab", [1, None], [None, "1"], [1, "1", 2]])
def test_a_value_that_is_none_is_garbage(value: object) -> None:
    data = {"resultType": "vector", "result": [{"metric": {}, "value": value}]}
    content = {"status": "success", "data": data}
    with answering(content) as server, pytest.raises(ClientError) as caught:
        PrometheusClient(server.url, timeout=SECONDS).query("x")
    assert caught.value.kind is ErrorKind.GARBAGE


CALLS: dict[str, Callable[[PrometheusClient], object]] = {
    "query": lambda client: client.query("up"),
    "range": lambda client: client.query_range("up", 0, 1, 1),
    "format": lambda client: client.format_query("up"),
    "targets": lambda client: client.targets(),
    "rules": lambda client: client.rules(),
    "runtimeinfo": lambda client: client.runtimeinfo(),
}


@pytest.mark.parametrize("how", sorted(EXPECTED))
def test_each_misbehaviour_is_told_by_its_kind(how: Misbehaviour) -> None:
    for name, call in CALLS.items():
        if how in SLOW and name != "query":
            continue
        with HostileServer(how) as server, pytest.raises(ClientError) as caught:
            call(PrometheusClient(server.url, timeout=0.3 if how in SLOW else 60))
        assert (caught.value.kind, caught.value.system) == (EXPECTED[how], "Prometheus"), name


@pytest.mark.parametrize("how", [Misbehaviour.WRONG_SHAPE, Misbehaviour.LIST_OF_NOTHING])
def test_an_answer_of_another_shape_is_garbage_or_empty(how: Misbehaviour) -> None:
    with HostileServer(how) as server:
        client = PrometheusClient(server.url, timeout=SECONDS)
        for name in ("query", "range", "format"):
            with pytest.raises(ClientError) as caught:
                CALLS[name](client)
            assert caught.value.kind is ErrorKind.GARBAGE


def test_one_that_is_not_there_is_not_ready() -> None:
    with HostileServer(Misbehaviour.DOWN) as server:
        assert not PrometheusClient(server.url, timeout=SECONDS).ready()
    with HostileServer(Misbehaviour.HTML) as server:
        assert not PrometheusClient(server.url, timeout=SECONDS).ready()


DURATIONS = {"5s": 5, "1m30s": 90, "100ms": 0.1, "1h": 3600, "28d": 2419200}
NO_DURATIONS = dict.fromkeys(("", "5", "s", "5s!", "-5s"))


@pytest.mark.parametrize(("written", "seconds"), (DURATIONS | NO_DURATIONS).items())
def test_durations(written: str, seconds: float | None) -> None:
    assert prometheus_seconds(written) == seconds


def test_its_own_pages_are_where_this_build_has_them(prometheus: PrometheusClient) -> None:
    path = prometheus.page("targets")
    with urlopen(f"{prometheus.base_url}{path}", timeout=10) as answer:
        assert answer.status == 200
        assert "html" in answer.headers["Content-Type"]


def test_without_an_answer_the_usual_page_is_named() -> None:
    assert PrometheusClient("http://127.0.0.1:9").page("alerts") == "/alerts"
