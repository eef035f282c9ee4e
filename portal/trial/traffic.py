"""Invented traffic: who asks for what how often, what comes back, how long it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, isinf

OK = 200


@dataclass(frozen=True)
class Pace:
    """How long requests take: a mixture, each part ``(share, seconds)``; the shares add up to 1.

    ``spread`` parts are exponential with that mean, so that every bucket gets some; ``exact``
    parts take just so long.
    """

    spread: tuple[tuple[float, float], ...] = ()
    exact: tuple[tuple[float, float], ...] = ()

    def under(self, bound_s: float) -> float:
        """The share of requests that take no longer than the bound."""
        if isinf(bound_s):
            return 1.0
        smooth = sum(share * (1 - exp(-bound_s / mean)) for share, mean in self.spread)
        return smooth + sum(share for share, seconds in self.exact if seconds <= bound_s)

    @property
    def mean_s(self) -> float:
        """The average duration in seconds."""
        return sum(share * seconds for share, seconds in (*self.spread, *self.exact))


FAST = Pace(spread=((1.0, 0.06),))


@dataclass(frozen=True)
class Flow:
    """Requests to one page by one method.

    ``page`` counts the service's pages from 0, ``method`` its methods; -1 is the path of requests
    that lead to no page. ``rate``: requests per second. ``statuses``: the share of each status
    but 200, which gets the rest.
    """

    page: int
    rate: float
    statuses: tuple[tuple[int, float], ...] = ()
    pace: Pace = FAST
    method: int = 0

    def by_status(self) -> dict[int, float]:
        """Requests per second by status."""
        found = {status: self.rate * share for status, share in self.statuses}
        return {OK: max(0.0, self.rate - sum(found.values())), **found}


@dataclass(frozen=True)
class Traffic:
    """All that is asked of the service at one time."""

    flows: tuple[Flow, ...] = ()

    @property
    def rate(self) -> float:
        """Requests per second."""
        return sum(flow.rate for flow in self.flows)


NOBODY = Traffic()


def shared(
    rate: float,
    bad: float | Iterable[float] = 0.0,
    pace: Pace | Iterable[Pace] = FAST,
    *,
    weights: tuple[float, ...] = (0.5, 0.3, 0.2),
    others: tuple[tuple[int, float], ...] = (),
    unavailable: float = 0.0,
) -> Traffic:
    """``rate`` requests per second over the pages by their weights.

    ``bad``: the share of failures, of all or of each page; ``unavailable`` of them are a 503, the
    rest a 500. ``others``: further statuses with their shares. ``pace``: of all or of each page.
    """
    count = len(weights)
    shares = [bad] * count if isinstance(bad, int | float) else list(bad)
    paces = [pace] * count if isinstance(pace, Pace) else list(pace)
    return Traffic(
        tuple(
            Flow(page, rate * weight, (*others, *_failures(share, unavailable)), its_pace)
            for page, (weight, share, its_pace) in enumerate(
                zip(weights, shares, paces, strict=True)
            )
        )
    )


def _failures(share: float, unavailable: float) -> tuple[tuple[int, float], ...]:
    return ((500, share * (1 - unavailable)), (503, share * unavailable))
