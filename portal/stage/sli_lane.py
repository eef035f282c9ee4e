"""The SLI's lane: the line as Prometheus has it, and how far it is below the objective; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from portal.kit.charts import Points
from portal.numbers import number
from portal.stage.axis import Axis
from portal.stage.drawing import LaneDrawing, Point, Stroke, Word, area, line_through

HEIGHT = 104
TOP, BOTTOM = 12.0, 84.0
SCRAPES = 94.0
FLOORS = (0.999, 0.99, 0.95, 0.9, 0.8, 0.5, 0.0)


def sli_drawing(
    axis: Axis, points: Points, scrapes: Sequence[float], objective: float | None
) -> LaneDrawing:
    """``points``: Unix seconds and share 0..1, or None for a gap; ``scrapes``: Unix seconds."""
    low = _floor(points, objective)
    stretches = [
        [(axis.x(at), _y(value, low)) for at, value in stretch] for stretch in stretches_of(points)
    ]
    strokes = [
        *_shortfall(stretches, _y(objective, low) if objective is not None else None),
        *_level(axis, low, objective),
        Stroke("sli", "".join(line_through(stretch) for stretch in stretches)),
        Stroke("scrape", "".join(f"M{axis.x(at)} {SCRAPES}v5" for at in scrapes)),
    ]
    middle = (1 + low) / 2
    words = tuple(
        Word("scale", axis.left - 6, _y(value, low) + 4, f"{number(value * 100)} %", "end")
        for value in (1.0, middle, low)
    )
    return LaneDrawing(HEIGHT, tuple(stroke for stroke in strokes if stroke.d), words)


def stretches_of(points: Points) -> list[list[tuple[float, float]]]:
    """The points between the gaps."""
    found: list[list[tuple[float, float]]] = [[]]
    for at, value in points:
        if value is None:
            found.append([])
        else:
            found[-1].append((at, value))
    return [stretch for stretch in found if stretch]


def below_since(points: Points, objective: float, start: float) -> float | None:
    """When (Unix seconds) the line first fell below the objective at or after ``start``."""
    known = [(at, value) for at, value in points if value is not None and at >= start]
    return next((at for at, value in known if value < objective), None)


def _floor(points: Points, objective: float | None) -> float:
    known = [value for _, value in points if value is not None]
    lowest = min([*known, *([objective] if objective is not None else []), FLOORS[0]])
    under = objective if objective is not None else 1.0
    return next((floor for floor in FLOORS if floor <= lowest and floor < under), 0.0)


def _y(value: float, low: float) -> float:
    return round(TOP + (1 - (max(value, low) - low) / (1 - low)) * (BOTTOM - TOP), 1)


def _level(axis: Axis, low: float, objective: float | None) -> Iterator[Stroke]:
    if objective is not None:
        y = _y(objective, low)
        yield Stroke("objective", line_through([(axis.left, y), (axis.width - axis.right, y)]))


def _shortfall(stretches: Sequence[Sequence[Point]], level: float | None) -> Iterator[Stroke]:
    """What lies between the objective and the line below it."""
    if level is not None:
        for stretch in stretches:
            for part in _parts_below(stretch, level):
                yield Stroke("short", area(part, level))


def _parts_below(points: Sequence[Point], level: float) -> list[list[Point]]:
    """The stretches of a line that lie below a level (their y above it), cut where they cross."""
    parts: list[list[Point]] = [[]]
    for one, other in pairwise(points):
        if one[1] > level:
            parts[-1].append(one)
        if (one[1] > level) != (other[1] > level):
            parts[-1].append(_crossing(one, other, level))
            if one[1] > level:
                parts.append([])
    if points and points[-1][1] > level:
        parts[-1].append(points[-1])
    return [part for part in parts if len(part) > 1]


def _crossing(one: Point, other: Point, level: float) -> Point:
    share = (level - one[1]) / (other[1] - one[1])
    return one[0] + share * (other[0] - one[0]), level
