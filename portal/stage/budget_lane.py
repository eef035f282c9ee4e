"""The budget's lane: what is left of the error budget, and what is overspent; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.kit.charts import Points
from portal.stage.axis import Axis
from portal.stage.drawing import LaneDrawing, Stroke, Word, area, line_through
from portal.stage.sli_lane import stretches_of

HEIGHT = 92
TOP, BOTTOM = 12.0, 82.0
DEEPEST = -3.0
"""What is overspent further than this is drawn at the lower edge."""


def budget_drawing(axis: Axis, points: Points) -> LaneDrawing:
    """``points``: Unix seconds and the share of the budget so far that is left, or None."""
    known = [value for _, value in points if value is not None]
    low = max(min([*known, -0.25]), DEEPEST)
    zero = _y(0.0, low)
    strokes = [
        *_areas(axis, points, low),
        Stroke("base", line_through([(axis.left, zero), (axis.width - axis.right, zero)])),
    ]
    words = (
        Word("scale", axis.left - 6, TOP + 4, "whole", "end"),
        Word("scale", axis.left - 6, zero + 4, "spent", "end"),
    )
    return LaneDrawing(HEIGHT, tuple(strokes), words)


def spent_at(points: Points, start: float) -> float | None:
    """When (Unix seconds) the budget was used up after ``start``; None where it was not then."""
    before = [value for at, value in points if value is not None and at <= start]
    if before and before[-1] <= 0:
        return None
    known = [(at, value) for at, value in points if value is not None and at > start]
    return next((at for at, value in known if value <= 0), None)


def _areas(axis: Axis, points: Points, low: float) -> Iterator[Stroke]:
    zero = _y(0.0, low)
    for stretch in stretches_of(points):
        for look, sign in (("left", 1), ("over", -1)):
            for part in _signed(stretch, sign):
                drawn = [(axis.x(at), _y(value, low)) for at, value in part]
                yield Stroke(look, area(drawn, zero))


def _signed(points: Sequence[tuple[float, float]], sign: int) -> list[list[tuple[float, float]]]:
    """The stretches above zero (``sign`` 1) or below it (-1), each from zero to zero."""
    parts: list[list[tuple[float, float]]] = [[]]
    for place, (at, value) in enumerate(points):
        if place and (points[place - 1][1] > 0) != (value > 0):
            before_at, before = points[place - 1]
            crossing = (before_at + (at - before_at) * before / (before - value), 0.0)
            parts[-1].append(crossing)
            parts.append([crossing])
        parts[-1].append((at, value))
    return [part for part in parts if sum(value for _, value in part) * sign > 0]


def _y(value: float, low: float) -> float:
    share = (min(max(value, low), 1.0) - low) / (1 - low)
    return round(TOP + (1 - share) * (BOTTOM - TOP), 1)
