"""What is drawn of an invented day: its parts in sight, and when it is looked at besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.trial.days import LATE, Day, DayPart, Length, Pacing
from portal.trial.world import World

LEAD = 3
"""Scrapes that are drawn of a part that was just so on until something changed."""
LOOKS = 4
"""Times that an expression is looked at while a change comes into sight."""


@dataclass(frozen=True)
class SeenPart:
    """A part of a day from second to second of the scene."""

    part: DayPart
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Sight:
    """The parts of a day that are drawn, and the seconds at which an expression is looked at.

    The moments at which it is asked for the verdict come on top.
    """

    day: Day
    parts: tuple[SeenPart, ...]
    looks_s: tuple[float, ...]

    @property
    def start_s(self) -> float:
        """Where the picture begins."""
        return self.parts[0].start_s

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.parts[-1].end_s


def sights(days: Iterable[Day], world: World, pacing: Pacing) -> tuple[Sight, ...]:
    """For each day of a timeline what is drawn of it; laid out as ``days.laid_out`` does."""
    found: list[Sight] = []
    steps = 0
    for day in days:
        counts = [pacing.steps(part.length) for part in day.parts]
        found.append(_sight(day, counts, steps, pacing.step_s, LATE * world.scrape_interval_s))
        steps += sum(counts)
    return tuple(found)


def _sight(day: Day, counts: list[int], first: int, step_s: float, late_s: float) -> Sight:
    ends = [first + sum(counts[: number + 1]) - 1 for number in range(len(counts))]
    starts = [end - count + 1 for end, count in zip(ends, counts, strict=True)]
    if day.parts[0].length is Length.WHOLE:
        starts[0] = ends[0] - LEAD + 1
    parts = tuple(
        SeenPart(part, (start - 1) * step_s + late_s, end * step_s + late_s)
        for part, start, end in zip(day.parts, starts, ends, strict=True)
    )
    looks = _steps(day, starts, ends)
    return Sight(day, parts, tuple(step * step_s + late_s for step in dict.fromkeys(looks)))


def _steps(day: Day, starts: list[int], ends: list[int]) -> Iterator[int]:
    """Scrapes after which it is looked at: as something changes, and just before.

    While nothing does, one value stands for all; and no window may still see the day before.
    """
    for number, part in enumerate(day.parts):
        last = ends[number]
        if part.length is Length.HALF:
            count = last - starts[number]
            yield from (starts[number] + count * n // LOOKS for n in range(LOOKS))
        elif part.length is Length.WHOLE and not part.asked:
            yield last
