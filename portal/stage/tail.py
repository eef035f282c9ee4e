"""How long the requests of a burst took, drawn on a log axis: the average hides the tail; pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.bursts.latencies import Latencies, slot_of, upper_end
from portal.durations import milliseconds
from portal.numbers import exact, percent
from portal.stage.drawing import LaneDrawing, Stroke, Word, box

BARS_A_DECADE = 6
TOP, BOTTOM, HEIGHT = 78.0, 190.0, 214
LEFT, RIGHT = 8.0, 8.0
LINE = 15.0
A_LETTER = 6.8
FEWEST = 20
"""Of fewer requests no picture is drawn: each would be a bar of its own."""

DECADES = (0.001, 0.01, 0.1, 1.0, 10.0)
SHORTEST, LONGEST = 0.001, 10.0
"""What a threshold may be, s."""


@dataclass(frozen=True)
class ThresholdShare:
    """The SLI "answered within ``threshold_s``" of the burst's requests, and who could say so.

    ``share``: 0..1, as users saw it. ``is_bucket``: the service counts just that; else
    ``estimated`` is what Prometheus would make of its buckets, by a straight line between the two
    beside it (None beyond the last one).
    """

    threshold_s: float
    share: float
    is_bucket: bool
    estimated: float | None

    @property
    def words(self) -> str:
        """What Prometheus could say of this threshold."""
        limit = f"{exact(self.threshold_s)} s"
        if self.is_bucket:
            return f"{limit} is a bucket of the service, so Prometheus can count it."
        if self.estimated is None:
            return (
                f"{limit} is beyond the service’s last bucket, so Prometheus knows nothing there."
            )
        return (
            f"{limit} is no bucket of the service. From the buckets beside it Prometheus would "
            f"estimate {percent(self.estimated)}."
        )


@dataclass(frozen=True)
class LatencyTail:
    """The histogram for two widths, the figures marked in it, and the threshold."""

    wide: LaneDrawing
    narrow: LaneDrawing
    widths: tuple[int, int]
    figures: tuple[tuple[str, float], ...]
    count: int
    threshold: ThresholdShare

    @property
    def summary(self) -> str:
        """The figures in a sentence."""
        return ", ".join(f"{name} {milliseconds(seconds)}" for name, seconds in self.figures)

    @property
    def lesson(self) -> str:
        """What the average says beside what people had."""
        named = dict(self.figures)
        mean, median, slowest = named["mean"], named["p50"], named["p99"]
        if mean > 2 * median:
            return (
                f"The mean of {milliseconds(mean)} is nobody’s wait: half of the requests took "
                f"{milliseconds(median)} or less, one in a hundred {milliseconds(slowest)} or more."
            )
        return (
            f"Mean and median lie close together here ({milliseconds(mean)} and "
            f"{milliseconds(median)}): these requests have no long tail."
        )


def tail_of(
    latencies: Latencies, bounds: Sequence[float], threshold_s: float, widths: tuple[int, int]
) -> LatencyTail | None:
    """``bounds``: the service's buckets, s; None of too few requests."""
    if latencies.count < FEWEST or latencies.mean is None:
        return None
    quantiles = zip(("p50", "p95", "p99"), latencies.quantiles(0.5, 0.95, 0.99), strict=True)
    known = [(name, seconds) for name, seconds in quantiles if seconds is not None]
    figures = (("mean", latencies.mean), *known)
    threshold = _share(latencies, bounds, threshold_s)
    wide, narrow = (_drawn(latencies, figures, threshold, width) for width in widths)
    return LatencyTail(wide, narrow, widths, figures, latencies.count, threshold)


def _share(latencies: Latencies, bounds: Sequence[float], threshold_s: float) -> ThresholdShare:
    within = latencies.within(threshold_s) / latencies.count
    above = bisect_left(bounds, threshold_s - 1e-9)
    if above < len(bounds) and math.isclose(bounds[above], threshold_s, rel_tol=1e-6):
        return ThresholdShare(threshold_s, within, True, within)
    if above == len(bounds):
        return ThresholdShare(threshold_s, within, False, None)
    low, high = (bounds[above - 1] if above else 0.0), bounds[above]
    at_low, at_high = (latencies.within(end) / latencies.count for end in (low, high))
    share = at_low + (at_high - at_low) * (threshold_s - low) / (high - low)
    return ThresholdShare(threshold_s, within, False, share)


def _drawn(
    latencies: Latencies,
    figures: Sequence[tuple[str, float]],
    threshold: ThresholdShare,
    width: int,
) -> LaneDrawing:
    scale = _Scale(latencies, figures, threshold.threshold_s, width)
    return LaneDrawing(
        HEIGHT,
        (*_bars(latencies, scale, threshold.threshold_s), *_lines(scale, figures, threshold)),
        (*_names(scale, figures, threshold), *_decades(scale)),
    )


class _Scale:
    """The log axis: whole decades around everything that is drawn."""

    def __init__(
        self,
        latencies: Latencies,
        figures: Sequence[tuple[str, float]],
        threshold_s: float,
        width: int,
    ) -> None:
        filled = latencies.filled()
        shown = [*(seconds for _, seconds in figures), threshold_s, upper_end(filled[-1][0])]
        self.low = math.floor(math.log10(max(min([*shown, upper_end(filled[0][0])]), 1e-5)))
        self.high = max(math.ceil(math.log10(max(shown)) - 1e-9), self.low + 1)
        self.width = width

    def x(self, seconds: float) -> float:
        """Where a duration stands."""
        share = (math.log10(max(seconds, 1e-9)) - self.low) / (self.high - self.low)
        inner = self.width - LEFT - RIGHT
        return round(LEFT + min(max(share, 0.0), 1.0) * inner, 1)

    def bar_of(self, seconds: float) -> int:
        """The number of the bar that counts a duration."""
        bars = (self.high - self.low) * BARS_A_DECADE
        place = math.floor((math.log10(max(seconds, 1e-9)) - self.low) * BARS_A_DECADE)
        return min(max(place, 0), bars - 1)

    def span_of(self, bar: int) -> tuple[float, float]:
        """From which duration to which a bar counts, s."""
        first = 10 ** (self.low + bar / BARS_A_DECADE)
        return first, 10 ** (self.low + (bar + 1) / BARS_A_DECADE)


def _bars(latencies: Latencies, scale: _Scale, threshold_s: float) -> Iterator[Stroke]:
    numbers: dict[int, int] = {}
    for slot, number in latencies.filled():
        bar = scale.bar_of(upper_end(max(slot - 1, 0)) * 1.0025)
        numbers[bar] = numbers.get(bar, 0) + number
    most = max(numbers.values())
    paths: dict[str, list[str]] = {"hist": [], "hist slow": []}
    for bar, number in sorted(numbers.items()):
        first, last = scale.span_of(bar)
        height = max(number / most * (BOTTOM - TOP), 1.5)
        look = "hist slow" if slot_of(first) >= slot_of(threshold_s) else "hist"
        x = scale.x(first) + 0.5
        paths[look].append(box(x, BOTTOM - height, scale.x(last) - x - 0.5, height))
    yield from (Stroke(look, "".join(parts)) for look, parts in paths.items() if parts)


def _lines(
    scale: _Scale, figures: Sequence[tuple[str, float]], threshold: ThresholdShare
) -> Iterator[Stroke]:
    yield Stroke("base", f"M{LEFT} {BOTTOM}H{scale.width - RIGHT}")
    for place, (name, seconds) in enumerate(figures):
        look = "figure mean" if name == "mean" else "figure"
        yield Stroke(look, f"M{scale.x(seconds)} {_line(place) + 3}V{BOTTOM}")
    x = scale.x(threshold.threshold_s)
    yield Stroke("threshold", f"M{x} {_line(len(figures)) + 3}V{BOTTOM + 4}")


def _names(
    scale: _Scale, figures: Sequence[tuple[str, float]], threshold: ThresholdShare
) -> Iterator[Word]:
    """Each on a line of its own, so that none covers another."""
    for place, (name, seconds) in enumerate(figures):
        yield _name(scale, place, seconds, f"{name} {milliseconds(seconds)}", name)
    text = f"under {exact(threshold.threshold_s)} s: {percent(threshold.share)}"
    yield _name(scale, len(figures), threshold.threshold_s, text, "threshold")


def _name(scale: _Scale, place: int, seconds: float, text: str, look: str) -> Word:
    x = scale.x(seconds)
    fits = x + 5 + len(text) * A_LETTER < scale.width
    return Word(
        f"figure {look}", x + (5 if fits else -5), _line(place), text, "start" if fits else "end"
    )


def _line(place: int) -> float:
    return 11.0 + place * LINE


def _decades(scale: _Scale) -> Iterator[Word]:
    for power in range(scale.low, scale.high + 1):
        x = scale.x(10**power)
        anchor = "start" if x < 20 else "end" if x > scale.width - 30 else "middle"
        yield Word("scale", x, BOTTOM + 18, milliseconds(10.0**power), anchor)
