"""Line charts as SVG, drawn on the server: geometry here, strokes in ``_chart.html``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.moments import clock_mark, day_mark
from portal.numbers import exact_percent, number

Points = Sequence[tuple[float, float | None]]
Span = tuple[float, float]
"""From x to x, in the picture's units."""

CHART_SPAN = timedelta(minutes=15)
"""How much of the past a live chart shows, unless it is asked for another stretch."""
CHART_STEP_SECONDS = 5
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 44, 10, 12, 22
RATIO_FLOORS = (0.999, 0.99, 0.95, 0.9, 0.75, 0.5, 0.0)
LABEL_WIDTH_PER_CHARACTER = 6.2
GAP_BETWEEN_TEXTS = 4.0
HEIGHT_PER_MARK = 30
KINDS = ("first", "second", "third", "fourth", "fifth", "sixth")
"""The looks of lines in one chart: a colour and a dash each, in the stylesheet."""
ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0)
LARGEST, SMALLEST = 1e300, 1e-300
LARGE_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Band:
    """A stretch of time with a name and a number (a burst); unix seconds."""

    start: float
    end: float
    label: str
    number: int


@dataclass(frozen=True)
class ChartLine:
    """One series: its name, its points (unix seconds, value or None for a gap), its look."""

    label: str
    points: Points
    kind: str = "first"


@dataclass(frozen=True)
class BandText:
    """What stands over a band, anchored at ``x``: its name, or a number."""

    text: str
    x: float
    anchor: str

    @property
    def span(self) -> Span:
        """From where to where it reaches."""
        width = len(self.text) * LABEL_WIDTH_PER_CHARACTER
        left = self.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return left, left + width


@dataclass(frozen=True)
class DrawnBand:
    """A band in the picture's units; ``text``: None where there is no room for one."""

    x: float
    width: float
    label: str
    number: int
    text: BandText | None = None

    @property
    def span(self) -> Span:
        """From where to where it reaches."""
        return self.x, self.x + self.width


@dataclass(frozen=True)
class DrawnLine:
    """A series as polylines (one for each stretch without a gap) and lone points."""

    label: str
    kind: str
    polylines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Mark:
    """A position on an axis, with its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """Everything ``_chart.html`` draws, in the picture's units."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    lines: tuple[DrawnLine, ...]
    bands: tuple[DrawnBand, ...]
    y_marks: tuple[Mark, ...]
    x_marks: tuple[Mark, ...]
    objective: Mark | None
    objective_label_y: float
    title: str

    @property
    def numbered(self) -> dict[str, str]:
        """Where the bands have numbers: the numbers of each name, ``1, 3``."""
        names: dict[str, str] = {}
        for band in self.bands:
            if band.text and band.text.text != band.label:
                known = names.get(band.label)
                names[band.label] = f"{known}, {band.text.text}" if known else band.text.text
        return names


@dataclass(frozen=True)
class _Frame:
    width: int
    height: int
    start: float
    end: float
    low: float
    high: float

    def x(self, at: float) -> float:
        inner = self.width - MARGIN_LEFT - MARGIN_RIGHT
        share = (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)
        return round(MARGIN_LEFT + share * inner, 1)

    def y(self, value: float) -> float:
        inner = self.height - MARGIN_TOP - MARGIN_BOTTOM
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.height - MARGIN_BOTTOM - share * inner, 1)


def ratio_chart(
    title: str,
    lines: Sequence[ChartLine],
    start: datetime,
    end: datetime,
    *,
    bands: Iterable[Band] = (),
    objective: float | None = None,
    width: int = 280,
    height: int = 130,
) -> Chart:
    """A chart of ratios (0..1): 100 % on top, the floor as high as the data allow."""
    known = [v for line in lines for _, v in line.points if v is not None]
    below = 1.0 if objective is None else objective
    lowest = min([*known, RATIO_FLOORS[0]])
    low = next((floor for floor in RATIO_FLOORS if floor <= lowest and floor < below), 0.0)
    frame = _Frame(width, height, start.timestamp(), end.timestamp(), low, 1.0)
    marks = (Mark(frame.y(1.0), "100"), Mark(frame.y(low), number(low * 100)))
    return _draw(title, frame, lines, bands, marks, objective, _percent_label(objective))


def value_chart(
    title: str,
    lines: Sequence[ChartLine],
    start: datetime,
    end: datetime,
    *,
    bands: Iterable[Band] = (),
    limit: float | None = None,
    whole: float | None = None,
    width: int = 280,
    height: int = 130,
) -> Chart:
    """A chart of any values, on an axis from zero in round steps.

    ``whole``: where all the values are shares, what stands for all of it (1 or 100); high shares
    are drawn larger, below the whole.
    """
    known = [v for line in lines for _, v in line.points if v is not None and math.isfinite(v)]
    if limit is not None:
        known.append(limit)
    ticks = _ticks(*_value_range(known, whole), height - MARGIN_TOP - MARGIN_BOTTOM)
    frame = _Frame(width, height, start.timestamp(), end.timestamp(), ticks[0], ticks[-1])
    names = _numbers(ticks)
    marks = tuple(Mark(frame.y(at), name) for at, name in zip(ticks, names, strict=True))
    label = "" if limit is None or limit in ticks else _numbers([limit])[0]
    return _draw(title, frame, lines, bands, marks, limit, label)


def _value_range(known: Sequence[float], whole: float | None) -> tuple[float, float]:
    """What the axis has to hold: zero and the values, or high shares and the whole."""
    if not known:
        return 0.0, whole or 1.0
    low, high = min(known), max(known)
    if whole and whole / 2 <= low < whole and high <= whole:
        return min(low, whole * RATIO_FLOORS[0]), whole
    low, high = max(min(low, 0.0), -LARGEST), min(max(high, 0.0), LARGEST)
    return (low, high) if high - low > SMALLEST else (0.0, whole or 1.0)


def _ticks(low: float, high: float, length: float) -> list[float]:
    """Round numbers that hold ``low`` and ``high``, with room for a label at each.

    ``length``: of the axis, in the picture's units.
    """
    steps = max(int(length / HEIGHT_PER_MARK), 3)
    power = 10.0 ** math.floor(math.log10((high - low) / steps))
    for step in (power * one for one in ROUND_STEPS):
        first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
        if last - first <= steps:
            break
    return [number * step for number in range(first, last + 1)]


def _numbers(ticks: Sequence[float]) -> list[str]:
    """The numbers of one axis: 0.25, −500, 200k; there is no room for commas."""
    size = max(abs(tick) for tick in ticks)
    large = LARGE_UNITS if 1e5 <= size < 1e15 else ()
    unit, letter = next((one for one in large if one[0] <= size), (1.0, ""))
    shown = (f"{number(tick / unit, 6)}{letter if tick else ''}" for tick in ticks)
    return [text.replace(",", "") for text in shown]


def _percent_label(objective: float | None) -> str:
    return "" if objective is None else f"objective {exact_percent(objective)}"


def _draw(
    title: str,
    frame: _Frame,
    lines: Sequence[ChartLine],
    bands: Iterable[Band],
    y_marks: tuple[Mark, ...],
    level: float | None,
    level_label: str,
) -> Chart:
    return Chart(
        width=frame.width,
        height=frame.height,
        left=MARGIN_LEFT,
        right=frame.width - MARGIN_RIGHT,
        top=MARGIN_TOP,
        bottom=frame.height - MARGIN_BOTTOM,
        lines=tuple(_line(frame, line) for line in lines),
        bands=_named(
            frame,
            (_band(frame, b) for b in bands if b.end > frame.start and b.start < frame.end),
        ),
        y_marks=y_marks,
        x_marks=_x_marks(frame),
        objective=None if level is None else Mark(frame.y(level), level_label),
        objective_label_y=0.0 if level is None else _label_y(frame, frame.y(level)),
        title=title,
    )


def _label_y(frame: _Frame, line_y: float) -> float:
    """Below the line; above it where it runs near the floor."""
    near_floor = line_y + 14 > frame.height - MARGIN_BOTTOM
    return line_y - 4 if near_floor else line_y + 12


def _line(frame: _Frame, line: ChartLine) -> DrawnLine:
    polylines: list[str] = []
    dots: list[tuple[float, float]] = []
    for run in _runs(line.points):
        drawn = [(frame.x(at), frame.y(value)) for at, value in run]
        if len(drawn) == 1:
            dots.append(drawn[0])
        else:
            polylines.append(" ".join(f"{x},{y}" for x, y in drawn))
    return DrawnLine(line.label, line.kind, tuple(polylines), tuple(dots))


def _runs(points: Points) -> list[list[tuple[float, float]]]:
    """The stretches of points without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _band(frame: _Frame, band: Band) -> DrawnBand:
    x, end = frame.x(band.start), frame.x(band.end)
    return DrawnBand(x, round(max(end - x, 1.5), 1), band.label, band.number)


def _named(frame: _Frame, bands: Iterable[DrawnBand]) -> tuple[DrawnBand, ...]:
    """The bands in order, with what can be read over them: all their names, or else numbers."""
    ordered = sorted(bands, key=lambda one: one.x)
    named = _with_texts(frame, [(band, _names(band, ordered)) for band in ordered])
    if all(band.text for band in named):
        return named
    return _with_texts(frame, [(band, _numbers_of(frame, band, ordered)) for band in ordered])


def _with_texts(
    frame: _Frame, choices: Sequence[tuple[DrawnBand, Sequence[BandText]]]
) -> tuple[DrawnBand, ...]:
    """Each band with the first of its texts that covers no other; the newest choose first."""
    taken: list[Span] = [(-math.inf, MARGIN_LEFT), (frame.width - MARGIN_RIGHT, math.inf)]
    done: list[DrawnBand] = []
    for band, texts in reversed(choices):
        text = next((one for one in texts if _is_free(one.span, taken)), None)
        taken.extend([_with_gap(text.span)] if text else [])
        done.append(replace(band, text=text))
    return tuple(reversed(done))


def _with_gap(span: Span) -> Span:
    return span[0] - GAP_BETWEEN_TEXTS, span[1] + GAP_BETWEEN_TEXTS


def _names(band: DrawnBand, bands: Sequence[DrawnBand]) -> list[BandText]:
    """Its name from its start to the right, or from its end to the left, over no other band."""
    right = BandText(band.label, round(band.x + 3, 1), "start")
    left = BandText(band.label, round(band.x + max(band.width - 3, 0), 1), "end")
    others = [one.span for one in bands if one is not band]
    return [one for one in (right, left) if _is_free(one.span, others)]


def _numbers_of(frame: _Frame, band: DrawnBand, bands: Sequence[DrawnBand]) -> list[BandText]:
    """Its number in its middle, but inside the frame; or before it, over no other band."""
    text = str(band.number)
    room = len(text) * LABEL_WIDTH_PER_CHARACTER / 2 + 0.1
    middle = max(band.x + band.width / 2, MARGIN_LEFT + room)
    last = frame.width - MARGIN_RIGHT - room
    inside = BandText(text, round(min(middle, last), 1), "middle")
    before = BandText(text, round(band.x - 1, 1), "end")
    others = [one.span for one in bands if one is not band]
    return [inside, before] if _is_free(before.span, others) else [inside]


def _is_free(span: Span, taken: Iterable[Span]) -> bool:
    return all(span[1] <= left or span[0] >= right for left, right in taken)


def _x_marks(frame: _Frame) -> tuple[Mark, ...]:
    mark = clock_mark if frame.end - frame.start < 86400 else day_mark
    return tuple(Mark(frame.x(at), mark(at)) for at in (frame.start, frame.end))
