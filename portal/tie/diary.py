"""What an alert did on each rung and on each day beside the ladder, to be drawn and told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.numbers import exact, limit_percent, number
from portal.slo.objective import SLO
from portal.tie.decision import PAGES, allowance_of
from portal.tie.judgement import GREATEST_FACTOR, LEAST_FACTOR
from portal.trial.climb import AlertTrial, Climb
from portal.trial.diary import Diary, Point, Span, TriedDay
from portal.trial.distraction import HOUR_S, Distraction
from portal.trial.ladder import Allowance, Rung, Way
from portal.trial.timeline import Stage

BAD_FROM = 500
"""The first status of a request that failed."""
PENDING = 0.4
"""Of a picture, what an alert is pending for: how long that is, its rule says."""
LEAST_WIDTH, GREATEST_WIDTH = 0.3, 0.6
"""Of a picture, what the first of two stages takes."""


@dataclass(frozen=True)
class AlertTried:
    """A trial as one SLO sees it; ``waits``: the alert's rule has a ``for``."""

    trial: AlertTrial
    slo: SLO
    waits: bool = False

    @property
    def allowance(self) -> Allowance:
        """What the SLO allows."""
        return allowance_of(self.slo)

    @property
    def diary(self) -> Diary:
        """The rungs, then the days; empty where nothing was tried."""
        about = "requests that failed"
        if self.slo.threshold_s is not None:
            about = f"requests slower than {exact(self.slo.threshold_s)} s"
        return Diary((*self._rungs(), *self._days()), about)

    def _rungs(self) -> Iterator[TriedDay]:
        climb = self.trial.climbs.get(self.allowance)
        if climb is None:
            return
        for place, rung in enumerate(self.allowance.rungs):
            fires = climb.fired[Way.PLAIN][place]
            surprised, told = _said_of_rung(rung, fires, self.allowance)
            if not fires and any(climb.fired[Way.PLAIN][:place]):
                surprised, told = True, "falls silent, though it is worse than when it fired"
            if fires and self._is_stuck:
                surprised, told = True, "stays pending: its label changes with the value"
            yield self._day(self._named(rung), self._share(rung), fires, told, surprised)
        for way in climb.fired:
            yield from self._astray(climb, way)

    def _astray(self, climb: Climb, way: Way) -> Iterator[TriedDay]:
        """The lowest rung on which another ladder goes another way than the plain one."""
        pairs = zip(climb.fired[way], climb.fired[Way.PLAIN], self.allowance.rungs, strict=True)
        for fires, plain, rung in pairs:
            if fires is not plain:
                name = f"{self._named(rung)} and {way}"
                early = way in PAGES and fires
                why = "as it looks at each by itself" if early else "not as on an ordinary day"
                told = f"{_does(fires)}, {why}"
                yield self._day(name, self._share(rung), fires, told, surprised=not early)
                return

    def _days(self) -> Iterator[TriedDay]:
        for event, fires in self.trial.lived:
            surprised = fires and (event.name in self.trial.woke or not event.counts)
            if not fires:
                why = "as it should"
            elif not event.counts:
                why = "which proves nothing"
            else:
                why = "though that is none of its SLO’s business" if surprised else "as it may"
            yield self._lived(event, fires, f"{_does(fires)}, {why}", surprised)

    def _lived(self, event: Distraction, fires: bool, told: str, surprised: bool) -> TriedDay:
        cuts = _cuts(event)
        truth = []
        for (stage, _), start, end in zip(event.parts, cuts[:-1], cuts[1:], strict=True):
            share = _bad_share(stage, self.allowance)
            truth += [Point(start, share), Point(end, share)]
        spans = self._spans(cuts[-2], fires)
        return TriedDay(event.name, tuple(truth), f"it {told}", surprised, spans=spans)

    def _day(self, name: str, share: float, fires: bool, told: str, surprised: bool) -> TriedDay:
        truth = Point(0.0, share), Point(1.0, share)
        spans = self._spans(0.0, fires)
        return TriedDay(name, truth, f"it {told}", surprised, spans=spans)

    def _spans(self, start: float, fires: bool) -> tuple[Span, ...]:
        """Its states from when what it is asked about began."""
        if not fires or self._is_stuck:
            return (Span("pending" if fires else "inactive", start, 1.0),)
        fired = start + PENDING * (1 - start) if self.waits else start
        pending = (Span("pending", start, fired),) if self.waits else ()
        return (*pending, Span("firing", fired, 1.0))

    @property
    def _is_stuck(self) -> bool:
        """Whether each evaluation is a new alert, so that its ``for`` never ends."""
        return self.waits and self.trial.never_settles

    def _share(self, rung: Rung) -> float:
        """The share of bad requests on a rung, without what it stands above its factor."""
        return rung.factor * self.allowance.share

    def _named(self, rung: Rung) -> str:
        bad = "failed" if self.slo.threshold_s is None else "were slow"
        if rung.share == 0:
            return f"no requests {bad}"
        if rung.share == 1:
            return f"all requests {bad}"
        times = "just" if rung.factor == 1 else f"{number(rung.factor)} times"
        share = f"{limit_percent(self._share(rung))} of the requests"
        return f"{share} {bad}, {times} what the objective allows"


def _does(fires: bool) -> str:
    return "fires" if fires else "stays silent"


def _said_of_rung(rung: Rung, fires: bool, allowance: Allowance) -> tuple[bool, str]:
    """Whether it surprises what an alert does on a rung, and that in words."""
    if rung.factor < LEAST_FACTOR:
        well = "though all is well" if not rung.factor else "before the objective is in danger"
        return fires, f"fires, {well}" if fires else "stays silent, as it should"
    if fires:
        return False, "fires, as it should"
    if rung.factor >= min(GREATEST_FACTOR, 1 / allowance.share):
        return True, "stays silent, though the budget is nearly gone"
    return False, "stays silent, as it may"


def _cuts(event: Distraction) -> list[float]:
    """Where its stages begin and end, 0 to 1 over what is drawn."""
    seconds = [length or HOUR_S for _, length in event.parts]
    if len(seconds) == 1:
        return [0.0, 1.0]
    first = seconds[0] / sum(seconds)
    return [0.0, min(max(first, LEAST_WIDTH), GREATEST_WIDTH), 1.0]


def _bad_share(stage: Stage, allowance: Allowance) -> float | None:
    """The share of bad requests; None where there are none, or nobody can see them."""
    flows = stage.traffic.flows
    total = sum(flow.rate for flow in flows)
    if not stage.up or not total:
        return None
    if allowance.threshold_s is None:
        rates = (flow.by_status().items() for flow in flows)
        bad = sum(rate for one in rates for status, rate in one if status >= BAD_FROM)
    else:
        bad = sum(flow.rate * (1 - flow.pace.under(allowance.threshold_s)) for flow in flows)
    return bad / total
