"""Prometheus' HTTP API, from 2.38 on: queries, validation, targets, rules, its own state."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from portal.background import Pool
from portal.clients.calls import announce
from portal.clients.errors import ClientError, ErrorKind, plain
from portal.clients.http import Answer, Http
from portal.clients.shape import (
    decode_json,
    labels,
    member,
    moment,
    number,
    numeral,
    record,
    records,
    text,
    texts,
)
from portal.durations import prometheus_seconds
from portal.limits import ClientLimits
from portal.numbers import exact

SYSTEM = "Prometheus"
_ERRORS = (400, 422, 500, 503)
_QUERY = 'invalid parameter "query"'
_UNREADABLE = (_QUERY, "parse error", "invalid expression type")
_POSITION = re.compile(
    r"(?:.*?: )?(?P<line>\d{1,9}):(?P<column>\d{1,9}): (?:parse error: )?(?P<rest>.*)", re.S
)

LATEST = 250_000_000_000
"""Unix seconds of a time that a calendar still knows: the year 9892."""

T = TypeVar("T")
U = TypeVar("U")


class InvalidQuery(ClientError):  # noqa: N818 (it is the query that is invalid)
    """Prometheus can't read an expression.

    ``line`` and ``column`` count from 1, in characters (None where Prometheus tells no
    position); ``message`` is Prometheus' own sentence about it.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        where = "" if line is None else f" at line {line}, column {column}"
        sentence = f"Prometheus can't read this expression{where}: {message}"
        super().__init__(
            sentence, system=SYSTEM, kind=ErrorKind.REFUSED, status=400, detail=message
        )
        self.line = line
        self.column = column
        self.message = message


class UnaskedQueryError(ClientError):
    """An expression that Prometheus was not asked about: it would take long to read it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, system=SYSTEM, kind=ErrorKind.REFUSED, detail=reason)


@dataclass(frozen=True)
class Sample:
    """One value of an instant query; ``at`` is Unix time in seconds, ``value`` may be NaN."""

    labels: dict[str, str]
    value: float
    at: float


@dataclass(frozen=True)
class Series:
    """One series of a range query: points of (Unix time in seconds, value)."""

    labels: dict[str, str]
    points: list[tuple[float, float]]


class Rows(list[T]):
    """A query's rows, and what Prometheus remarked on the query.

    ``warnings`` and ``infos`` (3.x) are hints for whoever wrote the query: "metric might not
    be a counter".
    """

    def __init__(
        self, rows: list[T], warnings: tuple[str, ...] = (), infos: tuple[str, ...] = ()
    ) -> None:
        super().__init__(rows)
        self.warnings = warnings
        self.infos = infos


class TargetHealth(StrEnum):
    """How the last scrape went; unknown before the first."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class ScrapeTarget:
    """Something that Prometheus scrapes; ``last_scrape`` is None before the first scrape."""

    job: str
    instance: str
    health: TargetHealth
    last_error: str
    last_scrape: datetime | None
    scrape_interval_s: float | None


class RuleKind(StrEnum):
    """What a rule makes: alerts, or a recorded series."""

    ALERTING = "alerting"
    RECORDING = "recording"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A pending or firing alert; ``value`` is the expression's value when last evaluated."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    active_at: datetime | None
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A loaded rule. ``last_evaluation`` is None before the first; ``duration_s`` is its "for"."""

    kind: RuleKind
    name: str
    query: str
    state: str
    health: str
    last_error: str
    last_evaluation: datetime | None
    duration_s: float
    labels: dict[str, str]
    annotations: dict[str, str]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, kw_only=True)
class LoadedGroup:
    """A group of rules that are evaluated one after the other each ``interval_s`` seconds."""

    name: str
    file: str
    interval_s: float
    rules: tuple[Rule, ...]


class PrometheusClient:
    """Asks one Prometheus. Every method may raise ClientError; safe to share between threads.

    ``timeout`` is seconds for a whole call; Prometheus is told to give up a query by then too.
    Without a ``pool`` several queries are asked one after the other.
    ``refuse``: why an expression is not to be asked about, in a sentence; "" where it may.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float | None = None,
        limits: ClientLimits = ClientLimits(),
        pool: Pool | None = None,
        refuse: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._refuse = refuse
        self._http = Http(SYSTEM, base_url, timeout=timeout, limits=limits)
        self._pool = pool
        self.base_url = self._http.base_url

    def apart(self, *, max_bytes: int, refuse: Callable[[str], str]) -> PrometheusClient:
        """Another client for the same Prometheus, which may find it slow on its own account.

        A client gives less time to a system that was silent just now, so a query that may be
        heavy must not be asked through the one that everything else waits for.
        """
        limits = replace(self._http.limits, answer_bytes=max_bytes)
        return PrometheusClient(self.base_url, limits=limits, pool=self._pool, refuse=refuse)

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        """The samples of an instant query now, or at a Unix time; a scalar has no labels."""
        content = self._ask("query", promql, {} if at is None else {"time": repr(at)})
        data = record(content.get("data"))
        if data.get("resultType") == "scalar":
            return _rows(content, [self._sample({"value": data.get("result")})])
        self._expect(data, "vector")
        return _rows(content, [self._sample(row) for row in records(data.get("result"))])

    def numbers(self, promql: str, at: float | None = None) -> Rows[Sample]:
        """The samples of an instant query whose value is a finite number; the others left out."""
        found = self.query(promql, at)
        return Rows([s for s in found if math.isfinite(s.value)], found.warnings, found.infos)

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        """The series of a range query; start and end are Unix times, step is seconds."""
        times = {"start": repr(start), "end": repr(end), "step": repr(step)}
        content = self._ask("query_range", promql, times)
        data = record(content.get("data"))
        self._expect(data, "matrix")
        return _rows(content, [self._series(row) for row in records(data.get("result"))])

    def all_numbers(self, queries: Sequence[str], at: float | None = None) -> list[Rows[Sample]]:
        """``numbers`` of each query, asked side by side."""
        return self.side_by_side([partial(self.numbers, promql, at) for promql in queries])

    def side_by_side(self, questions: Sequence[Callable[[], T]]) -> list[T]:
        """The answers to several questions to this client."""
        announce(SYSTEM)
        if self._pool is None:
            return [ask() for ask in questions]
        return self._pool.side_by_side("asks Prometheus", questions)

    def both(self, first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
        """The answers to two questions of different kinds to this client."""
        asked: tuple[Callable[[], Any], ...] = (first, second)
        one, other = self.side_by_side(asked)
        return one, other

    def format_query(self, promql: str) -> str:
        """The expression as Prometheus would write it; InvalidQuery when it can't read it."""
        content = self._ask("format_query", promql, {})
        if not isinstance(content.get("data"), str):
            raise self._http.garbage("the formatted expression")
        return text(content["data"])

    def targets(self) -> list[ScrapeTarget]:
        """The targets that are scraped now."""
        data = self._data("targets", {"state": "active"})
        return [_target(item) for item in self._list(data, "activeTargets")]

    def rules(self) -> list[LoadedGroup]:
        """The rule groups that are loaded, with their rules and alerts."""
        return [_group(item) for item in self._list(self._data("rules"), "groups")]

    def runtimeinfo(self) -> dict[str, Any]:
        """Its own state; ``reloadConfigSuccess`` and ``lastConfigTime`` tell about a reload."""
        return self._data("status/runtimeinfo")

    def page(self, name: str) -> str:
        """The path of its own page for people: "/targets", in Debian's build "/classic/targets"."""
        try:
            self._http.get(f"/{name}")
        except ClientError as error:
            return f"/classic/{name}" if error.kind is ErrorKind.NOT_FOUND else f"/{name}"
        return f"/{name}"

    def ready(self) -> bool:
        """Whether it is there and ready to answer queries."""
        try:
            self._http.get("/-/ready")
        except ClientError:
            return False
        return True

    def _ask(self, endpoint: str, promql: str, more: Mapping[str, str]) -> dict[str, Any]:
        if reason := self._refuse(promql):
            raise UnaskedQueryError(reason)
        form = {"query": promql, "timeout": f"{self._http.limits.call_s * 1000:.0f}ms", **more}
        answer = self._http.send(
            "POST", f"/api/v1/{endpoint}", form=form, accept=_ERRORS, safe=True
        )
        if answer.status != 200:
            raise self._refusal(answer, promql)
        return self._success(answer)

    def _data(self, endpoint: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = self._http.get(f"/api/v1/{endpoint}", params)
        return record(self._success(answer).get("data"))

    def _list(self, data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        found = data.get(name)
        if not isinstance(found, list):
            raise self._http.garbage(f"its {name}")
        return records(found)

    def _success(self, answer: Answer) -> dict[str, Any]:
        content = record(self._http.json(answer))
        if content.get("status") != "success" or "data" not in content:
            raise self._http.garbage("data")
        return content

    def _expect(self, data: Mapping[str, Any], kind: str) -> None:
        found = text(data.get("resultType"))
        if found in {"matrix", "string"} and found != kind:
            thing = "a range of values for each series" if found == "matrix" else "a text"
            message = f"The expression gives {thing}, not one value per series."
            raise self._http.error(message, ErrorKind.REFUSED)
        if found != kind or not isinstance(data.get("result"), list):
            raise self._http.garbage(f"a {kind}")

    def _refusal(self, answer: Answer, promql: str) -> ClientError:
        try:
            content = record(decode_json(answer.body))
        except ValueError:
            content = {}
        kind, message = text(content.get("errorType")), text(content.get("error"))
        if kind == "bad_data" and any(words in message for words in _UNREADABLE):
            return _invalid(message, promql)
        if kind in {"timeout", "canceled"}:
            seconds = exact(self._http.limits.call_s)
            sentence = f"Prometheus gave up on the query after {seconds} s."
            return self._http.error(sentence, ErrorKind.TIMEOUT, answer.status, plain(message))
        return self._http.refusal(answer, "/api/v1/query")

    def _sample(self, row: Mapping[str, Any]) -> Sample:
        at, value = self._point(row.get("value"))
        return Sample(labels(row.get("metric")), value, at)

    def _series(self, row: Mapping[str, Any]) -> Series:
        values = row.get("values")
        points = [self._point(pair) for pair in values] if isinstance(values, list) else []
        return Series(labels(row.get("metric")), points)

    def _point(self, pair: object) -> tuple[float, float]:
        told = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
        at, value = number(told[0]), numeral(told[1])
        if at is None or value is None or not 0 <= at < LATEST:
            raise self._http.garbage("a readable value")
        return at, value


def _rows(content: Mapping[str, Any], rows: list[T]) -> Rows[T]:
    return Rows(rows, _remarks(content, "warnings"), _remarks(content, "infos"))


def _remarks(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(plain(remark) for remark in texts(content.get(name)))


def _invalid(message: str, promql: str) -> InvalidQuery:
    """The error behind ``invalid parameter "query": 1:30: parse error: …``."""
    found = _POSITION.match(message)
    if found is None:
        return InvalidQuery(plain(re.split(f"parse error: |{_QUERY}: ", message)[-1]))
    line, column = int(found["line"]), int(found["column"])
    return InvalidQuery(plain(found["rest"]), line, _characters(promql, line, column))


def _characters(promql: str, line: int, column: int) -> int:
    """The column in characters: Prometheus counts bytes of UTF-8."""
    lines = promql.split("\n")
    if not 1 <= line <= len(lines):
        return column
    return len(lines[line - 1].encode()[: column - 1].decode("utf-8", "ignore")) + 1


def _target(item: Mapping[str, Any]) -> ScrapeTarget:
    own = labels(item.get("labels"))
    return ScrapeTarget(
        job=own.get("job", ""),
        instance=own.get("instance", ""),
        health=member(TargetHealth, item.get("health"), TargetHealth.UNKNOWN),
        last_error=plain(text(item.get("lastError"))),
        last_scrape=moment(item.get("lastScrape")),
        scrape_interval_s=prometheus_seconds(text(item.get("scrapeInterval"))),
    )


def _group(item: Mapping[str, Any]) -> LoadedGroup:
    return LoadedGroup(
        name=text(item.get("name")),
        file=text(item.get("file")),
        interval_s=number(item.get("interval")) or 0.0,
        rules=tuple(_rule(rule) for rule in records(item.get("rules"))),
    )


def _rule(item: Mapping[str, Any]) -> Rule:
    return Rule(
        kind=member(RuleKind, item.get("type"), RuleKind.RECORDING),
        name=text(item.get("name")),
        query=text(item.get("query")),
        state=text(item.get("state")),
        health=text(item.get("health")),
        last_error=plain(text(item.get("lastError"))),
        last_evaluation=moment(item.get("lastEvaluation")),
        duration_s=number(item.get("duration")) or 0.0,
        labels=labels(item.get("labels")),
        annotations=labels(item.get("annotations")),
        alerts=tuple(_alert(alert) for alert in records(item.get("alerts"))),
    )


def _alert(item: Mapping[str, Any]) -> Alert:
    return Alert(
        labels=labels(item.get("labels")),
        annotations=labels(item.get("annotations")),
        state=text(item.get("state")),
        active_at=moment(item.get("activeAt")),
        value=numeral(item.get("value")),
    )
