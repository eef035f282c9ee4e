"""A query drawn: the value of each series now, and a chart of the last 15 minutes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.clients.errors import plain
from portal.clients.prometheus import PrometheusClient, Sample, Series
from portal.kit.charts import (
    CHART_SPAN,
    CHART_STEP_SECONDS,
    KINDS,
    Band,
    Chart,
    ChartLine,
    value_chart,
)
from portal.numbers import count
from portal.workbench.units import PanelUnit

MAX_SERIES_RUN = 100
MAX_NAME = 120
WIDTH, HEIGHT = 380, 150

Labels = tuple[tuple[str, str], ...]
"""A series' labels, sorted: what tells it from the others."""


@dataclass(frozen=True)
class DrawnSeries:
    """One series: its labels in words, its value now ("" where there is none), its look."""

    name: str
    value: str
    kind: str


@dataclass(frozen=True)
class Drawing:
    """What a query gives; ``more``: how many series are not shown.

    ``note``: why there is less to see than expected; ``hints``: what Prometheus remarks;
    ``axis``: what the chart counts in, "" where it has no unit; ``refused``: by Prometheus.
    """

    series: tuple[DrawnSeries, ...] = ()
    more: int = 0
    note: str = ""
    hints: tuple[str, ...] = ()
    chart: Chart | None = None
    axis: str = ""
    refused: bool = False

    @property
    def value(self) -> str:
        """The value now of the only series; "" where there are several, or none."""
        return self.series[0].value if len(self.series) == 1 else ""


def draw(
    prometheus: PrometheusClient, expr: str, now: datetime, unit: PanelUnit, bands: Sequence[Band]
) -> Drawing:
    """Ask for the query's values, now and over the last 15 minutes; raises ClientError.

    ``bands``: the bursts in that time.
    """
    samples = prometheus.query(expr)
    hints = (*samples.warnings, *samples.infos)
    if len(samples) > MAX_SERIES_RUN:
        return Drawing(note=_note(samples), hints=hints)
    start = (now - CHART_SPAN).timestamp()
    past = prometheus.query_range(expr, start, now.timestamp(), CHART_STEP_SECONDS)
    found = sorted({*map(_labels, samples), *map(_labels, past)})
    values = {_labels(one): one.value for one in samples if math.isfinite(one.value)}
    series = tuple(
        DrawnSeries(name, unit.write(values[labels]) if labels in values else "", kind)
        for name, labels, kind in zip(_names(found), found, KINDS, strict=False)
    )
    points = {_labels(one): _with_gaps(one, unit.factor) for one in past}
    lines = [
        ChartLine(one.name, points.get(labels, []), one.kind)
        for one, labels in zip(series, found, strict=False)
    ]
    return Drawing(
        series=series,
        more=len(found) - len(series),
        note=_note(samples),
        hints=hints,
        chart=_chart(lines, len(found), now, unit, bands) if past else None,
        axis=unit.axis,
    )


def _note(samples: Sequence[Sample]) -> str:
    if not samples:
        return "Valid, but it finds no data now."
    if not any(math.isfinite(sample.value) for sample in samples):
        return "Valid, but the value is not a number now (0/0: no traffic in the range?)."
    if len(samples) > MAX_SERIES_RUN:
        many = f"{count(len(samples))} series: too many to draw."
        return f"{many} Sum them, or pick some by their labels."
    return ""


def _labels(one: Sample | Series) -> Labels:
    return tuple(sorted(one.labels.items()))


def _names(found: Sequence[Labels]) -> list[str]:
    """The labels of each series in words, without those that all of them share."""
    shared = set(found[0]).intersection(*found) if len(found) > 1 else set()
    own = ([pair for pair in labels if pair not in shared] for labels in found)
    return [plain(", ".join(map(_pair, labels)), MAX_NAME) or "value" for labels in own]


def _pair(label: tuple[str, str]) -> str:
    name, value = label
    return value if name == "__name__" else f"{name}={value}"


def _chart(
    lines: Sequence[ChartLine], found: int, now: datetime, unit: PanelUnit, bands: Sequence[Band]
) -> Chart:
    drawn = f", {len(lines)} are drawn" if found > len(lines) else ""
    return value_chart(
        f"The query over the last 15 minutes: {found} series{drawn}",
        lines,
        now - CHART_SPAN,
        now,
        bands=bands,
        whole=unit.whole,
        width=WIDTH,
        height=HEIGHT,
    )


def _with_gaps(series: Series, factor: float) -> list[tuple[float, float | None]]:
    """The points, with None where steps are missing or the value is no number."""
    points: list[tuple[float, float | None]] = []
    for at, value in series.points:
        if points and at - points[-1][0] > CHART_STEP_SECONDS * 1.5:
            points.append((at - CHART_STEP_SECONDS, None))
        points.append((at, value * factor if math.isfinite(value) else None))
    return points
