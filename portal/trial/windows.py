"""Is a value the share of windows in which a limit was kept, of all pages or averaged over them?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

EXACT = 1e-7
"""Of the full scale: what sums in another order make of a share."""
WORST = 0.9
"""The share of bad requests above which no window is a good one, whatever its limit says."""
FULL = (1.0, 100.0)
Span = tuple[float, float]


@dataclass(frozen=True)
class TruthsByPage:
    """What the measure was for each page that was asked for; ``silent``: how many were not."""

    truths: tuple[float, ...]
    silent: int = 0

    def within(self, span: Span, diluted: bool) -> float:
        """The share of pages within the limits; ``diluted``: of the silent ones as well."""
        count = len(self.truths) + (self.silent if diluted else 0)
        return sum(span[0] <= truth <= span[1] for truth in self.truths) / count if count else 0.0


@dataclass(frozen=True)
class SteadyWindows:
    """What was shown while nothing changed, and what the measure was.

    ``groups``: what it was for each page, once for each way to tell pages apart.
    """

    value: float
    truth: float
    groups: tuple[TruthsByPage, ...] = ()


@dataclass(frozen=True)
class LimitedWindows:
    """What was shown on all days.

    ``changing``: the values while a change was in sight. ``good``: more of the measure is better;
    ``is_share``: it is a share. ``averaged``: it may be an average over pages.
    """

    steady: Sequence[SteadyWindows]
    changing: Sequence[float]
    good: bool
    is_share: bool
    averaged: bool = False

    @property
    def full(self) -> float | None:
        """What stands for all windows, 1 or 100; None: it isn't their share."""
        told = (full for full in FULL if self._moves(full))
        return next((f for f in told if self._tells_all(f) or self._averages(f, False)), None)

    @property
    def is_diluted(self) -> bool:
        """Whether it is an average in which pages count that nobody asks for."""
        return any(self._moves(full) and self._averages(full, True) for full in FULL)

    def _moves(self, full: float) -> bool:
        """Whether some windows are good and some are not while things change."""
        inside = all(-EXACT * full <= value <= full * (1 + EXACT) for value in self.changing)
        return inside and any(0 < value < full for value in self.changing)

    def _tells_all(self, full: float) -> bool:
        """Whether each moment is all good or all bad, and a limit lies between the two.

        It may be one of all requests, of the worst page, or of an average over pages.
        """
        high = [one for one in self.steady if abs(one.value - full) <= EXACT * full]
        low = [one for one in self.steady if abs(one.value) <= EXACT * full]
        if len(high) + len(low) < len(self.steady):
            return False
        return self._are_apart([one.truth for one in high], [one.truth for one in low]) or any(
            self._are_apart(_by_page(high, way, told), _by_page(low, way, told))
            for way in range(self._ways)
            for told in self._tellings
        )

    @property
    def _tellings(self) -> Iterator[Callable[[Sequence[float]], float]]:
        """What may be told of pages that differ: the worst, and an average where there is one."""
        yield min if self.good else max
        if self.averaged:
            yield fmean

    @property
    def _ways(self) -> int:
        """In how many ways pages are told apart."""
        return max((len(one.groups) for one in self.steady), default=0)

    def _averages(self, full: float, diluted: bool) -> bool:
        """Whether a limit explains each value as the share of pages that keep it."""
        if not self.averaged:
            return False
        return any(self._explained(full, diluted, way) for way in range(self._ways))

    def _explained(self, full: float, diluted: bool, way: int) -> bool:
        told = [(one.value / full, one.groups[way]) for one in self.steady if one.groups]
        truths = sorted({truth for _, pages in told for truth in pages.truths})
        return any(
            self._are_apart(*_split(truths, span))
            and all(abs(value - pages.within(span, diluted)) <= EXACT for value, pages in told)
            for span in _spans(truths)
        )

    def _are_apart(self, one: Sequence[float], other: Sequence[float]) -> bool:
        """Whether a limit lies between the truths of good and bad windows, and not too far up.

        What calls a window good in which nearly all requests are bad hides an outage.
        """
        if not one or not other or not (max(one) < min(other) or max(other) < min(one)):
            return False
        return not self.is_share or min(self._worst(one), self._worst(other)) <= WORST

    def _worst(self, truths: Sequence[float]) -> float:
        return max(1 - truth if self.good else truth for truth in truths)


def _by_page(
    moments: Sequence[SteadyWindows], way: int, told: Callable[[Sequence[float]], float]
) -> list[float]:
    """What is told of the truths of the pages at each moment."""
    pages = [one.groups[way].truths for one in moments if one.groups]
    return [told(truths) for truths in pages if truths]


def _spans(truths: Sequence[float]) -> Iterator[Span]:
    """Every limit between two truths, as what is below it and as what is above."""
    for below, above in pairwise(truths):
        yield truths[0], below
        yield above, truths[-1]


def _split(truths: Sequence[float], span: Span) -> tuple[list[float], list[float]]:
    within = [truth for truth in truths if span[0] <= truth <= span[1]]
    return within, [truth for truth in truths if not span[0] <= truth <= span[1]]
