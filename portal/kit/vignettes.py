"""A small picture of each day that an expression was tried on; strokes in ``_days.html``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portal.durations import milliseconds
from portal.kit.charts import Mark
from portal.numbers import percent
from portal.trial.diary import Diary, Point, TriedDay

WIDTH, HEIGHT = 160, 66
LEFT, RIGHT, TOP, BOTTOM = 43, 154, 6, 60
LANE_TOP, LANE_HEIGHT = 46, 14
"""Where what an alert did stands, below the day."""
TALLEST_WITH_LANE = 42
SHARES = (0.02, 0.2, 1.0)
"""Of the full scale, what a picture shows: as little as holds it all."""
ROUND_TIMES = (1.0, 2.0, 5.0, 10.0)
LETTER = 5.4
"""How wide a letter is at most."""


@dataclass(frozen=True)
class Box:
    """A stretch of the picture, with a word where there is room for one."""

    x: int
    width: int
    word: str = ""
    kind: str = ""

    @property
    def middle(self) -> int:
        """Where its word is centred."""
        return self.x + self.width // 2


@dataclass(frozen=True)
class Vignette:
    """One day drawn, in the picture's units.

    ``area``: what happened; ``blanks``: where there was nothing to know; ``lines``: what a query
    showed, ``dots`` its ends; ``missing``: it showed nothing in the end. ``beyond``: an arrow
    where the value lies outside of the picture. ``lanes``: what an alert did.
    """

    day: TriedDay
    heading: str
    title: str
    marks: tuple[Mark, Mark]
    bottom: int
    area: str
    blanks: tuple[Box, ...]
    lines: tuple[str, ...]
    dots: tuple[tuple[int, float], ...]
    missing: bool
    beyond: str
    lanes: tuple[Box, ...]


def vignettes(diary: Diary) -> list[Vignette]:
    """The days of a diary, those that surprise first."""
    return [_Pencil(diary, day).picture() for day in diary.in_order]


@dataclass(frozen=True)
class _Pencil:
    diary: Diary
    day: TriedDay

    def picture(self) -> Vignette:
        """The day drawn."""
        line = self._whole_line()
        missing = bool(self.day.line) and self.day.line[-1].value is None
        return Vignette(
            self.day,
            self.day.name[:1].upper() + self.day.name[1:],
            self._title(),
            (Mark(TOP, self._written(self._high)), Mark(self._bottom, self._written(self._low))),
            self._bottom,
            "".join(self._area()),
            tuple(self._blanks()),
            tuple(self._polyline(run) for run in _runs(line) if len(run) > 1),
            tuple((self._x(run[-1][0]), self._y(run[-1][1])) for run in _runs(line)),
            missing,
            "" if missing else self._beyond(),
            tuple(self._lanes()),
        )

    # Its scale

    @property
    def _bottom(self) -> int:
        return TALLEST_WITH_LANE if self.day.spans else BOTTOM

    @property
    def _values(self) -> list[float]:
        return [p.value for p in (*self.day.truth, *self.day.line) if p.value is not None]

    @property
    def _span(self) -> float:
        """How much of the scale is shown."""
        if self.diary.seconds:
            return _round_time(max(self._values, default=0.0))
        away = [1 - value if self.diary.good else value for value in self._values] or [0.0]
        return next((one for one in SHARES if min(away) >= -1e-9 and max(away) <= one), 1.0)

    @property
    def _low(self) -> float:
        return 1 - self._span if self.diary.good else 0.0

    @property
    def _high(self) -> float:
        return 1.0 if self.diary.good else self._span

    def _x(self, at: float) -> int:
        return round(LEFT + at * (RIGHT - LEFT))

    def _y(self, value: float) -> float:
        share = (min(max(value, self._low), self._high) - self._low) / self._span
        return round(self._bottom - share * (self._bottom - TOP), 1)

    def _written(self, value: float) -> str:
        if not self.diary.seconds:
            return percent(value)
        return milliseconds(value) if value else "0 s"

    # What happened

    def _stages(self) -> Iterator[tuple[Point, Point]]:
        """The stretches in which one thing happened."""
        yield from zip(self.day.truth[::2], self.day.truth[1::2], strict=True)

    def _area(self) -> Iterator[str]:
        base = self._y(1.0 if self.diary.good else 0.0)
        for start, end in self._stages():
            if start.value is not None:
                left, right, edge = self._x(start.at), self._x(end.at), self._y(start.value)
                yield f"M{left} {base}V{edge}H{right}V{base}Z"

    def _blanks(self) -> Iterator[Box]:
        for start, end in self._stages():
            if start.value is None:
                x, width = self._x(start.at), self._x(end.at) - self._x(start.at)
                yield Box(x, width, _fitting("no data", width))

    # What was made of it

    def _whole_line(self) -> Sequence[Point]:
        """The line; on a day on which nothing changes, what was looked at once was always so."""
        line, truth = self.day.line, {value for _, value in self.day.truth}
        return (Point(0.0, line[0].value), *line) if len(line) == 1 == len(truth) else line

    def _beyond(self) -> str:
        """An arrow where the last value lies outside."""
        if not self.day.line or (value := self.day.line[-1].value) is None:
            return ""
        if value < self._low - 1e-9:
            return f"M{RIGHT - 12} {self._bottom - 8}h8l-4 6Z"
        return f"M{RIGHT - 12} {TOP + 8}h8l-4 -6Z" if value > self._high + 1e-9 else ""

    def _lanes(self) -> Iterator[Box]:
        for state, start, end in self.day.spans:
            x, width = self._x(start), self._x(end) - self._x(start)
            yield Box(x, width, _fitting(state, width), state)

    def _polyline(self, run: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self._x(at)},{self._y(value)}" for at, value in run)

    # In words

    def _title(self) -> str:
        filled = _then([self._known(self._bad(start.value)) for start, _ in self._stages()])
        if self.day.spans:
            return f"Filled: {filled}. Below: {_then([state for state, *_ in self.day.spans])}."
        return f"Filled: {filled}. Line: {_then([self._known(v) for _, v in self.day.line])}."

    def _bad(self, truth: float | None) -> float | None:
        return 1 - truth if self.diary.good and truth is not None else truth

    def _known(self, value: float | None) -> str:
        return "nothing" if value is None else self._written(value)


def _fitting(word: str, width: int) -> str:
    """The word, where there is room for it."""
    return word if width >= LETTER * len(word) else ""


def _then(words: Sequence[str]) -> str:
    """``0.3 %, then 60 %``; what stays the same is said once."""
    changed = [words[0], *(after for before, after in pairwise(words) if after != before)]
    first, last = changed[0], changed[-1]
    return first if len(changed) == 1 else f"{first}, then {last}"


def _runs(line: Sequence[Point]) -> list[list[tuple[float, float]]]:
    """The stretches of a line without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in line:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _round_time(longest: float) -> float:
    """The least round number of seconds above."""
    if longest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(longest))
    return next(power * one for one in ROUND_TIMES if longest <= power * one * (1 + 1e-9))
