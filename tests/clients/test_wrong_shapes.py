"""Answers of the wrong shape are garbage at the client's edge, and nothing else.

A valid answer is changed at a place or two, by a seeded hand. Whatever comes of it: the client
raises ClientError, or gives values of the types that it promises, finite where it says so.
"""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.alerts.transitions import collect
from portal.bursts.server_view import counters_before
from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Credentials, GrafanaClient
from portal.clients.mockapp import MockappClient
from portal.clients.prometheus import PrometheusClient
from portal.live.reading import read, read_history
from portal.objectives.reading import bucket_bounds
from portal.rulefile.states import read_states
from portal.services import Services
from portal.shop.queries import SLIQueries
from portal.tie.grafana import read_ruler
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.server import LocalServer, Reply, Request

ROUNDS = 60
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e300, 10**39, 1.5, "", "x", "NaN", "+Inf", "-Inf", "1e999"),
    *([], {}, [[]], [{}], {"a": []}, ["x"], [None], [1, "NaN"], ["NaN", 1], [1e15, "1"]),
    *("9" * 400, "9" * 400 + "s", "9999-12-31T23:59:59-14:00", "\0\ud800", "٣"),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a JSON value, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else inner:
        yield from places(item, (*path, key))


def changed(value: Any, hand: random.Random) -> Any:
    """The value with something odd at a place or two, or without it."""
    made = copy.deepcopy(value)
    for _ in range(hand.choice((1, 1, 2))):
        path = hand.choice(list(places(made)))
        if not path:
            return hand.choice(ODD)
        holder = made
        for key in path[:-1]:
            holder = holder[key]
        if hand.random() < 0.2:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(hand.choice(ODD))
    return made


class Odd(LocalServer):
    """Answers with whatever ``content`` is, as JSON or as it stands."""

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.content: Any = None

    def _serve(self, request: Request) -> Reply:
        if isinstance(self.content, bytes):
            return Reply(200, self.content, "text/plain")
        return Reply(200, json.dumps(self.content).encode())


@pytest.fixture(scope="module")
def odd() -> Iterator[Odd]:
    with Odd() as server:
        yield server


def well_formed(value: object) -> None:
    """Every field is of its declared type, as far as a number or a time goes."""
    if isinstance(value, list | tuple):
        for item in value:
            well_formed(item)
    elif isinstance(value, datetime):
        assert value.astimezone(UTC)
    elif is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            if str(field.type).startswith(("float", "int")) and field.name != "value":
                assert inner is None or math.isfinite(inner), (field.name, inner)
            well_formed(inner)


def survives(ask: Callable[[], object]) -> None:
    try:
        well_formed(ask())
    except ClientError:
        return


def success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def vector(*values: str, **labels: str) -> dict[str, Any]:
    rows: list[Any] = [
        {"metric": {"job": "shop", **labels}, "value": [1.7e9, value]} for value in values
    ]
    return success({"resultType": "vector", "result": rows})


MATRIX = success(
    {
        "resultType": "matrix",
        "result": [
            {
                "metric": {"alertname": "A", "alertstate": "firing", "job": "shop"},
                "values": [[1.7e9 + at, str(1.7e9 + at)] for at in range(3)],
            }
        ],
    }
)
TARGETS = success(
    {
        "activeTargets": [
            {
                "labels": {"job": "shop", "instance": "localhost:8000"},
                "scrapeUrl": "http://localhost:8000/metrics",
                "lastError": "",
                "lastScrape": "2026-11-30T12:00:00.5Z",
                "health": "up",
                "scrapeInterval": "5s",
            }
        ]
    }
)
RULES = success(
    {
        "groups": [
            {
                "name": "lab",
                "file": "/etc/rules.yml",
                "interval": 5,
                "rules": [
                    {
                        "type": "alerting",
                        "name": "A",
                        "query": "up == 0",
                        "state": "firing",
                        "health": "ok",
                        "lastEvaluation": "2026-11-30T12:00:00Z",
                        "duration": 60,
                        "labels": {"severity": "page"},
                        "annotations": {},
                        "alerts": [
                            {
                                "labels": {"alertname": "A"},
                                "annotations": {},
                                "state": "firing",
                                "activeAt": "2026-11-30T12:00:00Z",
                                "value": "1e+00",
                            }
                        ],
                    }
                ],
            }
        ]
    }
)
PROMETHEUS: dict[str, tuple[Any, Callable[[PrometheusClient], object]]] = {
    "query": (vector("1", le="0.3"), lambda client: client.query("up")),
    "numbers": (
        vector("1", "NaN", "+Inf"),
        lambda client: [math.isfinite(s.value) or 1 / 0 for s in client.numbers("up")],
    ),
    "scalar": (
        success({"resultType": "scalar", "result": [1.7e9, "1"]}),
        lambda client: client.query("1"),
    ),
    "range": (MATRIX, lambda client: client.query_range("up", 0, 10, 5)),
    "alerts": (MATRIX, lambda client: collect(client, 1.7e9, 1.7e9 + 3)),
    "format": (success("up"), lambda client: client.format_query("up")),
    "targets": (TARGETS, lambda client: client.targets()),
    "rules": (RULES, lambda client: client.rules()),
    "state": (success({"lastConfigTime": "x"}), lambda client: client.runtimeinfo()),
    "reading": (
        vector("1", le="0.3", status="500"),
        lambda client: read(client, SLIQueries("shop"), datetime.now(UTC), 5).failed_words,
    ),
    "history": (MATRIX, lambda client: read_history(client, SLIQueries("shop"), datetime.now(UTC))),
}


@pytest.mark.parametrize("name", PROMETHEUS)
def test_prometheus(odd: Odd, name: str) -> None:
    right, ask = PROMETHEUS[name]
    hand, client = random.Random(name), PrometheusClient(odd.url)
    odd.content = right
    well_formed(ask(client))
    for _ in range(ROUNDS):
        odd.content = changed(right, hand)
        survives(lambda: ask(client))


@pytest.mark.parametrize("kind", [["vector"], {}, None, 7, "matrix", "sorrow"])
def test_a_result_type_that_is_none_is_garbage(odd: Odd, kind: object) -> None:
    odd.content = success({"resultType": kind, "result": []})
    with pytest.raises(ClientError):
        PrometheusClient(odd.url).query("up")


@pytest.mark.parametrize("groups", [{}, None, 7, "many"])
def test_rules_and_targets_that_are_no_lists_are_garbage(odd: Odd, groups: object) -> None:
    odd.content = success({"groups": groups, "activeTargets": groups})
    for ask in (PrometheusClient(odd.url).rules, PrometheusClient(odd.url).targets):
        with pytest.raises(ClientError, match=r"an answer without its (groups|activeTargets)"):
            ask()


@pytest.mark.parametrize(
    ("content", "ask"),
    [
        ({"0": 1}, GrafanaClient.datasources),
        ({"database": 7}, GrafanaClient.check),
        ({"status": "success", "data": {"result": {}}}, GrafanaClient.data_source_answers),
    ],
)
def test_an_answer_that_is_not_grafanas_is_garbage(
    odd: Odd, content: object, ask: Callable[[GrafanaClient], object]
) -> None:
    odd.content = content
    with pytest.raises(ClientError) as caught:
        ask(GrafanaClient(odd.url))
    assert caught.value.kind is ErrorKind.GARBAGE


@pytest.mark.parametrize("pair", [["1", "1"], [1, 1], [True, "1"], [1e15, "1"], [-1, "1"], [1]])
def test_a_value_is_a_time_with_a_numeral(odd: Odd, pair: object) -> None:
    odd.content = success({"resultType": "vector", "result": [{"metric": {}, "value": pair}]})
    with pytest.raises(ClientError):
        PrometheusClient(odd.url).query("up")


def test_bounds_that_are_no_numbers_are_left_out(odd: Odd, services: Services) -> None:
    asking = replace(services, prometheus=PrometheusClient(odd.url))
    rows = [{"metric": {"le": le}, "value": [0, "1"]} for le in ("soon", "NaN", "0.3", "+Inf")]
    odd.content = success({"resultType": "vector", "result": [*rows, rows[0] | {"metric": {}}]})
    assert bucket_bounds(asking, "shop") == (0.3,)


FAULT = {
    "error_ratio": 0.2,
    "latency_seconds": 0.1,
    "hang": False,
    "lifetime_seconds": 3.0,
    "hung_requests": 4,
    "newest_fence": 5,
}
METRICS = """\
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="GET",path="/",status="200"} 140.0
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.3",method="GET",path="/"} 100.0
http_request_duration_seconds_bucket{le="+Inf",method="GET",path="/"} 140.0
"""


def test_mockapp(odd: Odd) -> None:
    hand, client = random.Random(1), MockappClient(odd.url)
    for _ in range(2 * ROUNDS):
        odd.content = changed(FAULT, hand)
        survives(client.fault)


def test_the_metrics_of_a_service(odd: Odd, services: Services) -> None:
    """A burst begins whatever stands there: with finite counters, or with none."""
    hand = random.Random(2)
    asking = replace(services, mockapp=MockappClient(odd.url))
    for _ in range(2 * ROUNDS):
        told = list(METRICS)
        for _ in range(hand.choice((1, 2, 5))):
            told[hand.randrange(len(told))] = hand.choice('"{}\\,= \n#xN\0')
        odd.content = "".join(told).replace("140.0", hand.choice(("140.0", "NaN", "+Inf"))).encode()
        found = counters_before(asking, "shop")
        counted = (*found.by_status.values(), *found.within.values()) if found else ()
        assert all(math.isfinite(number) for number in counted), odd.content


class OddGrafana(FakeGrafana):
    """Changes every answer that is JSON."""

    hand: random.Random | None = None

    def _dispatch(self, request: Request) -> Reply:
        reply = super()._dispatch(request)
        if self.hand is None or reply.status != 200:
            return reply
        return Reply.of(changed(json.loads(reply.body), self.hand))


GRAFANA: dict[str, Callable[[GrafanaClient], object]] = {
    "check": lambda client: client.check(),
    "data sources": lambda client: client.datasources(),
    "data source": lambda client: client.data_source_answers(),
    "search": lambda client: client.search(),
    "dashboard": lambda client: client.dashboard("board"),
    "library panel": lambda client: client.library_panel("lib"),
    "folders": lambda client: client.folders(),
    "save": lambda client: client.save_dashboard(classic_board("Mine")),
    "annotate": lambda client: client.annotate("board", start=1, end=2, text="t", tags=("burst",)),
    "annotations": lambda client: client.annotations("board", start=0.0, end=9.0),
    "rules": lambda client: read_ruler(client.alert_definitions()),
    "states": lambda client: read_states(client.alert_states()),
}


@pytest.mark.parametrize("name", GRAFANA)
def test_grafana(name: str) -> None:
    grafana = OddGrafana()
    with grafana:
        grafana.add_folder()
        grafana.add_dashboard(classic_board(), "board")
        grafana.add_library_panel("lib", "Panel", {"type": "stat"})
        client = GrafanaClient(grafana.url, Credentials(user="admin", password="admin"))
        grafana.hand = random.Random(name)
        for _ in range(ROUNDS):
            survives(lambda: GRAFANA[name](client))
