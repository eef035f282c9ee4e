"""The users' lane: each request a mark in the second in which it was due; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from portal.bursts.record import SecondView
from portal.stage.axis import Axis
from portal.stage.drawing import LaneDrawing, Stroke, box, coordinate

HEIGHT = 100
FLOOR, CEILING = 94.0, 6.0
PITCH = 4.4
TIGHTEST = 3.2
MOST_MARKS_A_SECOND = 40
NARROWEST = 3.0
KINDS = ("fast", "slow", "failed", "given-up", "not-sent")
"""What a mark can stand for, from the ground up."""


@dataclass(frozen=True)
class Stack:
    """The requests of a stretch of seconds from ``at`` (Unix seconds) on, by kind of mark."""

    at: float
    seconds: int
    numbers: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.numbers)


def users_drawing(axis: Axis, start: float, views: Sequence[SecondView]) -> LaneDrawing:
    """Dots, rings, crosses and bars where each has room, else columns of their numbers.

    ``start``: the Unix time of the first of the views.
    """
    busiest = max((view.sent + view.not_sent for view in views), default=0)
    across = max(1, int(axis.a_second / PITCH))
    rows = -(-busiest // across)
    crowded = busiest > MOST_MARKS_A_SECOND or rows * TIGHTEST > FLOOR - CEILING
    if crowded or axis.a_second < NARROWEST:
        return LaneDrawing(HEIGHT, tuple(_columns(axis, _stacks(axis, start, views))))
    pitch = min(PITCH, (FLOOR - CEILING) / max(rows, 1))
    return LaneDrawing(HEIGHT, tuple(_marks(axis, start, views, across, pitch)))


def _numbers(view: SecondView) -> tuple[int, ...]:
    """Requests by kind of mark; what is on its way or was cut off is no mark yet."""
    return (view.fast, view.slow, view.failed - view.given_up, view.given_up, view.not_sent)


def _stacks(axis: Axis, start: float, views: Sequence[SecondView]) -> list[Stack]:
    """As many seconds together as a column needs to be seen."""
    together = max(1, round(NARROWEST / axis.a_second + 0.49))
    stacks = []
    for first in range(0, len(views), together):
        part = [_numbers(view) for view in views[first : first + together]]
        sums = tuple(sum(column) for column in zip(*part, strict=True))
        stacks.append(Stack(start + first, together, sums))
    return stacks


def _columns(axis: Axis, stacks: Sequence[Stack]) -> Iterator[Stroke]:
    most = max((stack.total for stack in stacks), default=0) or 1
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for stack in stacks:
        left, width = axis.x(stack.at), axis.a_second * stack.seconds
        level = FLOOR
        for kind, number in zip(KINDS, stack.numbers, strict=True):
            height = number / most * (FLOOR - CEILING)
            level -= height
            if number:
                paths[kind].append(box(left, level, max(width - 0.6, 0.8), height))
    yield from (Stroke(f"column {kind}", "".join(paths[kind])) for kind in KINDS if paths[kind])


def _marks(
    axis: Axis, start: float, views: Sequence[SecondView], across: int, pitch: float
) -> Iterator[Stroke]:
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for view in views:
        left = axis.x(start + view.second)
        room = axis.a_second / across
        for place, kind in enumerate(_spread(_numbers(view), view.second)):
            row, column = divmod(place, across)
            x = left + (column + 0.5) * room
            paths[kind].append(SHAPES[kind](x, FLOOR - (row + 0.5) * pitch))
    yield from (Stroke(f"mark {kind}", "".join(paths[kind])) for kind in KINDS if paths[kind])


def _spread(numbers: Sequence[int], second: int) -> list[str]:
    """The kinds of a second's marks, each kind spread evenly among the others.

    Which of the requests of a second failed is not kept, so no place means anything.
    """
    total = sum(numbers)
    placed = sorted(
        (((place + 0.5) / number + second * 0.382) % 1.0, kind)
        for kind, number in zip(KINDS, numbers, strict=True)
        for place in range(number)
    )
    return [kind for _, kind in placed[:total]]


def _dot(x: float, y: float) -> str:
    return f"M{coordinate(x)} {coordinate(y)}h0"


def _cross(x: float, y: float) -> str:
    return f"M{coordinate(x - 1.6)} {coordinate(y - 1.6)}l3.2 3.2m0-3.2l-3.2 3.2"


def _ring(x: float, y: float) -> str:
    return f"M{coordinate(x - 1.5)} {coordinate(y)}a1.5 1.5 0 1 1 3 0a1.5 1.5 0 1 1-3 0"


def _bar(x: float, y: float) -> str:
    return f"M{coordinate(x - 1.8)} {coordinate(y)}h3.6"


def _tick(x: float, y: float) -> str:
    return f"M{coordinate(x)} {coordinate(y - 1.6)}v3.2"


SHAPES: dict[str, Callable[[float, float], str]] = {
    "fast": _dot,
    "slow": _ring,
    "failed": _cross,
    "given-up": _bar,
    "not-sent": _tick,
}
