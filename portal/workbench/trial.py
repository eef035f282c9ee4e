"""A query tried: is it valid, what does it give, what does the check think of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from portal.charts import Chart, Line, value_chart
from portal.clients.errors import ClientError
from portal.clients.prometheus import InvalidQuery, Series
from portal.promql.classify import classify
from portal.promql.context import Context
from portal.promql.findings import Finding
from portal.services import Services
from portal.slis.reading import CHART_SPAN, CHART_STEP_SECONDS

MAX_LENGTH = 4000
MAX_SERIES_DRAWN = 8
MAX_VALUES_SHOWN = 5


@dataclass(frozen=True)
class Trial:
    """What came of a query; ``error`` (with line and column) when Prometheus can't read it."""

    expr: str
    error: str = ""
    line: int | None = None
    column: int | None = None
    unreachable: str = ""
    values: tuple[str, ...] = ()
    series: int = 0
    note: str = ""
    hints: tuple[str, ...] = ()
    chart: Chart | None = None
    finding: Finding | None = None


def try_query(services: Services, context: Context, expr: str) -> Trial:
    """Ask Prometheus and the check; never raises."""
    if len(expr) > MAX_LENGTH:
        return Trial(expr, error=f"Keep it under {MAX_LENGTH} characters; it has {len(expr)}.")
    finding = classify(expr, context)
    try:
        services.prometheus.format_query(expr)
        return _run(services, expr, finding)
    except InvalidQuery as invalid:
        return Trial(expr, error=invalid.message, line=invalid.line, column=invalid.column)
    except ClientError as error:
        return Trial(expr, unreachable=str(error), finding=finding)


def _run(services: Services, expr: str, finding: Finding) -> Trial:
    now = services.clock()
    samples = services.prometheus.query(expr)
    series = services.prometheus.query_range(
        expr, (now - CHART_SPAN).timestamp(), now.timestamp(), CHART_STEP_SECONDS
    )
    numbers = [s for s in samples if math.isfinite(s.value)]
    return Trial(
        expr,
        values=tuple(f"{s.value:.6g}{_label(s.labels)}" for s in numbers[:MAX_VALUES_SHOWN]),
        series=len(samples),
        note=_note(len(samples), len(numbers)),
        hints=(*samples.warnings, *samples.infos) if hasattr(samples, "warnings") else (),
        chart=_chart(series, now) if series else None,
        finding=finding,
    )


def _note(found: int, numbers: int) -> str:
    if not found:
        return "Valid, but it finds no data now."
    if not numbers:
        return "Valid, but the value is not a number now (0/0: no traffic in the range?)."
    if found > MAX_VALUES_SHOWN:
        return f"{found} series; the first {MAX_VALUES_SHOWN} are shown."
    return ""


def _label(labels: dict[str, str]) -> str:
    shown = ", ".join(f"{k}={v}" for k, v in sorted(labels.items()) if k != "__name__")
    return f" ({shown})" if shown else ""


def _chart(series: list[Series], now: datetime) -> Chart:
    lines = [
        Line(_label(one.labels).strip(" ()") or "value", _with_gaps(one), "first")
        for one in series[:MAX_SERIES_DRAWN]
    ]
    title = f"The query over the last 15 minutes: {len(series)} series"
    return value_chart(title, lines, now - CHART_SPAN, now, width=600, height=180)


def _with_gaps(series: Series) -> list[tuple[float, float | None]]:
    """The points, with None where steps are missing or the value is no number."""
    points: list[tuple[float, float | None]] = []
    for at, value in series.points:
        if points and at - points[-1][0] > CHART_STEP_SECONDS * 1.5:
            points.append((at - CHART_STEP_SECONDS, None))
        points.append((at, value if math.isfinite(value) else None))
    return points
