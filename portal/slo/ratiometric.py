"""An OpenSLO ratio metric, read as one of the lab's two indicators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from portal.errors import SLOLabError
from portal.promql.context import Context
from portal.promql.events import CountedEvents, EventKind, Reader
from portal.promql.nodes import Aggregation, Call, Expr, Matcher, MatchOp, Selector
from portal.promql.parser import ParseError, parse
from portal.promql.statuses import ALL, SERVER_ERRORS, spoken
from portal.shop import DURATIONS, REQUESTS

_COUNTING = {"rate", "increase", "irate"}
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_WINDOW = re.compile(r"\{\{\s*\.window\s*\}\}")


class RatioError(SLOLabError):
    """The ratio metric is not one of the lab's indicators."""


@dataclass(frozen=True)
class RatioIndicator:
    """Availability, or latency with a ``threshold_s`` (s); ``job`` None: the queries name none."""

    job: str | None
    threshold_s: float | None


def read_ratio(metric: Mapping[str, Any]) -> RatioIndicator:
    """The indicator that a ``ratioMetric`` defines; raises ``RatioError``."""
    for key in metric:
        if key not in {"counter", "good", "bad", "total"}:
            raise RatioError(f"ratioMetric.{key} is not supported: good and total are needed.")
    if metric.get("counter") is not True:
        raise RatioError("ratioMetric.counter must be true: Prometheus counts requests so.")
    if "total" not in metric or ("good" in metric) == ("bad" in metric):
        raise RatioError("ratioMetric needs total and exactly one of good and bad.")
    side = "good" if "good" in metric else "bad"
    part = _events(metric[side], side)
    total = _events(metric["total"], "total")
    if part.scope != total.scope:
        raise RatioError(f"ratioMetric: {side} and total don't select the same requests.")
    if not _counts_all(total):
        raise RatioError("ratioMetric.total must count all requests of the service.")
    return RatioIndicator(_job(total), _threshold(part, side))


def _events(source: Any, side: str) -> CountedEvents:
    selector = _selector(_query(source, side), side)
    events = Reader(Context()).read(_respelled(selector))
    if events.kind not in {EventKind.REQUESTS, EventKind.COUNT, EventKind.BUCKET}:
        raise RatioError(
            f"ratioMetric.{side}: {events.metric or 'this'} is not one of the lab's metrics "
            f"({REQUESTS}, {DURATIONS})."
        )
    if events.flaw is not None:
        raise RatioError(f"ratioMetric.{side}: {events.flaw.detail or events.flaw.code}")
    return events


def _query(source: Any, side: str) -> str:
    found = source.get("metricSource") if isinstance(source, Mapping) else None
    if not isinstance(found, Mapping):
        raise RatioError(f"ratioMetric.{side}.metricSource is missing.")
    for key in found:
        if key not in {"type", "spec"}:
            raise RatioError(f"ratioMetric.{side}.metricSource.{key} is not supported.")
    kind = found.get("type", "Prometheus")
    if not isinstance(kind, str) or kind.lower() != "prometheus":
        raise RatioError(f"ratioMetric.{side}.metricSource.type must be Prometheus.")
    spec = found.get("spec")
    query = spec.get("query") if isinstance(spec, Mapping) else None
    if not isinstance(query, str):
        raise RatioError(f"ratioMetric.{side}.metricSource.spec.query is missing.")
    return _WINDOW.sub("5m", query)


def _selector(query: str, side: str) -> Selector:
    try:
        expr = parse(query)
    except ParseError as error:
        raise RatioError(f"ratioMetric.{side}: {error}") from None
    while not isinstance(expr, Selector):
        expr = _inside(expr, side)
    if expr.offset_s or expr.at:
        raise RatioError(f"ratioMetric.{side}: offset and @ are not supported.")
    return expr


def _respelled(selector: Selector) -> Selector:
    """The selector with its bucket as the Python client spells it: ``le="1"`` is ``le="1.0"``."""
    return replace(selector, matchers=tuple(_spelled(matcher) for matcher in selector.matchers))


def _spelled(matcher: Matcher) -> Matcher:
    if matcher.label != "le" or not _NUMBER.fullmatch(matcher.value):
        return matcher
    return replace(matcher, value=repr(float(matcher.value)))


def _inside(expr: Expr, side: str) -> Expr:
    """What a ``sum`` or a ``rate`` counts; it changes nothing about which events are meant."""
    if isinstance(expr, Aggregation) and expr.op == "sum" and not (expr.by or expr.without):
        return expr.expr
    if isinstance(expr, Call) and expr.function in _COUNTING:
        return expr.args[0]
    raise RatioError(f"ratioMetric.{side}: the query must be a selector of the counted events.")


def _counts_all(events: CountedEvents) -> bool:
    return events.statuses == ALL and events.le in {(), ("+Inf",)}


def _job(events: CountedEvents) -> str | None:
    """The one job that is selected; any other condition would leave a part of it out."""
    jobs = [matcher for matcher in events.scope if matcher.label == "job"]
    for matcher in sorted(events.scope - set(jobs)):
        raise RatioError(
            f"ratioMetric: {matcher} selects a part of the service's requests; "
            "SLO Lab's SLOs cover them all."
        )
    if not jobs:
        return None
    if len(jobs) > 1 or jobs[0].op is not MatchOp.EQUAL:
        raise RatioError("ratioMetric: the queries must select exactly one job.")
    return jobs[0].value


def _threshold(part: CountedEvents, side: str) -> float | None:
    """The latency threshold in seconds, None for availability."""
    if part.kind is EventKind.BUCKET and part.statuses == ALL and part.le != ("+Inf",):
        if len(part.le) != 1:
            raise RatioError(f"ratioMetric.{side}: exactly one bucket (le) is needed.")
        if side == "bad":
            raise RatioError("ratioMetric.bad: a bucket counts the fast requests, so it is good.")
        return float(part.le[0])
    bad = part.statuses if side == "bad" else ALL - part.statuses
    if part.kind is not EventKind.REQUESTS or bad & set(range(200, 600)) != SERVER_ERRORS:
        raise RatioError(
            f"ratioMetric.{side}: bad would be {spoken(bad)}; SLO Lab's availability counts 5xx "
            "as bad and everything else as good."
        )
    return None
