"""A query tried: is it valid, what does it give, what does the check think of it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from portal.charts import Chart, Line, value_chart
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.prometheus import InvalidQuery, PrometheusClient, Sample, Series
from portal.learners.models import Learner
from portal.promql.findings import Finding
from portal.services import Services
from portal.slis.reading import CHART_SPAN, CHART_STEP_SECONDS
from portal.workbench import store
from portal.workbench.judge import filled, judge_query, lab_context
from portal.workbench.running import learners_prometheus

MAX_LENGTH = 4000
MAX_SERIES_RUN = 100
MAX_SERIES_DRAWN = 8
MAX_VALUES_SHOWN = 5
TURN_SECONDS = 2.0
AT_ONCE = 3
CARET_CONTEXT = 20
BUSY = "The query before this one still runs. Try again in a moment."
ASK_YOURSELF = "Ask: which share of all requests went well, or was fast enough?"


@dataclass(frozen=True)
class Trial:
    """What came of a query.

    ``error`` (with line, column and a ``caret`` under the place) when Prometheus refuses it;
    ``unreachable``: why it can't be tried. ``runs``: the query without Grafana's variables.
    """

    expr: str
    runs: str = ""
    error: str = ""
    line: int | None = None
    column: int | None = None
    caret: str = ""
    unreachable: str = ""
    values: tuple[str, ...] = ()
    series: int = 0
    note: str = ""
    hints: tuple[str, ...] = ()
    chart: Chart | None = None
    finding: Finding | None = None

    @property
    def suggestion(self) -> str:
        """One thing to try next; never the solution."""
        if self.finding is None or self.finding.advice:
            return self.finding.advice if self.finding else ""
        return "" if self.finding.sli else ASK_YOURSELF


def try_query(services: Services, learner: Learner, expr: str) -> Trial:
    """Ask Prometheus and the check; one query of a learner at a time. Never raises."""
    if len(expr) > MAX_LENGTH:
        return Trial(expr, error=f"Keep it under {MAX_LENGTH} characters; it has {len(expr)}.")
    context = lab_context(services, learner.service.job)
    runs = filled(expr, context)
    finding = judge_query(expr, context, store.confirmed(learner.id))
    try:
        services.prometheus.format_query(runs)
        with _turn(services, learner) as mine:
            if not mine:
                return Trial(expr, runs, unreachable=BUSY, finding=finding)
            return _run(services, Trial(expr, runs, finding=finding))
    except InvalidQuery as invalid:
        caret = caret_under(runs, invalid.line, invalid.column)
        return Trial(expr, runs, invalid.message, invalid.line, invalid.column, caret)
    except ClientError as error:
        if error.kind is ErrorKind.REFUSED:
            return Trial(expr, runs, error=error.detail or str(error))
        return Trial(expr, runs, unreachable=_in_words(error), finding=finding)


def caret_under(expr: str, line: int | None, column: int | None) -> str:
    """The line of the query with a caret under the place; "" where the place isn't told."""
    lines = expr.split("\n")
    if line is None or column is None or not 1 <= line <= len(lines):
        return ""
    text = lines[line - 1].replace("\t", " ")
    at = min(max(column - 1, 0), len(text))
    start, end = max(at - CARET_CONTEXT, 0), at + CARET_CONTEXT
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{before}{text[start:end]}{after}\n{' ' * (at - start + len(before))}^"


@contextmanager
def _turn(services: Services, learner: Learner) -> Iterator[bool]:
    """Whether it is this query's turn: one of a learner, a few of all, so that others get one."""
    keep = services.readings.get
    own = keep(("workbench", learner.id), math.inf, lambda: threading.BoundedSemaphore(1))
    all_of_them = keep("workbench", math.inf, lambda: threading.BoundedSemaphore(AT_ONCE))
    if not own.acquire(timeout=TURN_SECONDS):
        yield False
        return
    try:
        mine = all_of_them.acquire(timeout=TURN_SECONDS)
        try:
            yield mine
        finally:
            if mine:
                all_of_them.release()
    finally:
        own.release()


def _run(services: Services, trial: Trial) -> Trial:
    prometheus, now = learners_prometheus(services), services.clock()
    samples = prometheus.query(trial.runs)
    numbers = [s for s in samples if math.isfinite(s.value)]
    chart = None if len(samples) > MAX_SERIES_RUN else _chart(prometheus, trial.runs, now)
    return Trial(
        trial.expr,
        trial.runs,
        values=tuple(_value(sample) for sample in numbers[:MAX_VALUES_SHOWN]),
        series=len(samples),
        note=_note(len(samples), len(numbers)),
        hints=(*samples.warnings, *samples.infos),
        chart=chart,
        finding=trial.finding,
    )


def _note(found: int, numbers: int) -> str:
    if not found:
        return "Valid, but it finds no data now."
    if not numbers:
        return "Valid, but the value is not a number now (0/0: no traffic in the range?)."
    if found > MAX_SERIES_RUN:
        return f"{found} series: too many to draw. Sum them, or pick some by their labels."
    if numbers > MAX_VALUES_SHOWN:
        return f"{found} series; the first {MAX_VALUES_SHOWN} values are shown."
    return ""


def _in_words(error: ClientError) -> str:
    if error.kind is ErrorKind.TOO_LARGE:
        return "The answer is far too large for a panel. Sum it, or pick some series."
    return str(error)


def _value(sample: Sample) -> str:
    return f"{sample.value:.6g}{_label(sample.labels)}"


def _label(labels: dict[str, str]) -> str:
    shown = ", ".join(f"{k}={v}" for k, v in sorted(labels.items()) if k != "__name__")
    return f" ({shown})" if shown else ""


def _chart(prometheus: PrometheusClient, expr: str, now: datetime) -> Chart | None:
    start = (now - CHART_SPAN).timestamp()
    series = prometheus.query_range(expr, start, now.timestamp(), CHART_STEP_SECONDS)
    if not series:
        return None
    kinds = ("first", "second", *["first"] * MAX_SERIES_DRAWN)
    lines = [
        Line(_label(one.labels).strip(" ()") or "value", _with_gaps(one), kind)
        for one, kind in zip(series, kinds[:MAX_SERIES_DRAWN], strict=False)
    ]
    drawn = f", {len(lines)} are drawn" if len(series) > len(lines) else ""
    title = f"The query over the last 15 minutes: {len(series)} series{drawn}"
    return value_chart(title, lines, now - CHART_SPAN, now, width=600, height=180)


def _with_gaps(series: Series) -> list[tuple[float, float | None]]:
    """The points, with None where steps are missing or the value is no number."""
    points: list[tuple[float, float | None]] = []
    for at, value in series.points:
        if points and at - points[-1][0] > CHART_STEP_SECONDS * 1.5:
            points.append((at - CHART_STEP_SECONDS, None))
        points.append((at, value if math.isfinite(value) else None))
    return points
