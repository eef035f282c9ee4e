"""What a lane's picture is made of: strokes and words, in the picture's units; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """A path: its look (a class of the stylesheet) and its ``d``."""

    look: str
    d: str


@dataclass(frozen=True)
class Word:
    """A text in the picture, anchored at ``x``, on the line ``y``."""

    look: str
    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class LaneDrawing:
    """One lane's picture for one width."""

    height: int
    strokes: tuple[Stroke, ...]
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Lane:
    """A lane: what it is called, what it tells, what that is of, and its two pictures.

    ``alarm``: what it tells is wrong.
    """

    name: str
    note: str
    about: tuple[str, ...]
    wide: LaneDrawing
    narrow: LaneDrawing
    alarm: bool = False


def coordinate(value: float) -> str:
    """A coordinate, to a tenth, as short as it can be written."""
    return str(round(value, 1)).removesuffix(".0")


def line_through(points: Iterable[Point]) -> str:
    """The path through the points; "" for none."""
    joined = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return f"M{joined}" if joined else ""


def area(points: Sequence[Point], base: float) -> str:
    """The path around what lies between the points and a level."""
    if not points:
        return ""
    first, last = points[0][0], points[-1][0]
    return f"{line_through([(first, base), *points, (last, base)])}Z"


def box(x: float, y: float, width: float, height: float) -> str:
    """The path around a rectangle."""
    across, down = coordinate(width), coordinate(height)
    return f"M{coordinate(x)} {coordinate(y)}h{across}v{down}h{coordinate(-width)}Z"
