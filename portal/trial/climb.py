"""What came of trying an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.trial.distraction import Distraction
from portal.trial.ladder import Allowance, Way


@dataclass(frozen=True)
class Climb:
    """At which rungs of an SLO's ladders an alert fired; ``EBB`` where it has two windows."""

    allowance: Allowance
    fired: Mapping[Way, tuple[bool, ...]]

    def first(self, way: Way = Way.PLAIN) -> int | None:
        """The number of the lowest rung at which it fired; None: at none."""
        return next((n for n, fires in enumerate(self.fired[way]) if fires), None)


@dataclass(frozen=True)
class AlertTrial:
    """What an alert did.

    ``woke``: the distracting days on which it should not have fired and did; ``lived``: all that
    it lived through, and whether it fired. ``on_nothing``: it fired while nobody asked.
    ``never_settles``: with the value in a label it never fired, and without it did. ``error``:
    Prometheus can't evaluate it; ``untried``: nobody knows, and why; ``passing``: that may be
    over in a moment. ``by_the_clock``: it did something else at another date.
    """

    climbs: Mapping[Allowance, Climb] = field(default_factory=dict)
    woke: tuple[str, ...] = ()
    lived: tuple[tuple[Distraction, bool], ...] = ()
    on_nothing: bool = False
    never_settles: bool = False
    error: str = ""
    untried: str = ""
    passing: bool = False
    by_the_clock: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether it never fired, whatever happened."""
        climbed = any(any(rungs) for c in self.climbs.values() for rungs in c.fired.values())
        return not (climbed or self.woke or self.on_nothing)


def over_dates(trials: Sequence[AlertTrial]) -> AlertTrial:
    """What an alert did at several dates: the same at all of them, or by the clock."""
    unknown = next((one for one in trials if one.untried or one.error), None)
    if unknown is not None or all(one == trials[0] for one in trials):
        return unknown or trials[0]
    return replace(max(trials, key=lambda one: not one.is_silent), by_the_clock=True)
