"""Days that are none of an SLO's business: an alert on its SLI sleeps through them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from portal.trial.ladder import QUICKEST_S, RATE, RUSH, SLOWEST_S, mixed
from portal.trial.timeline import Stage
from portal.trial.traffic import NOBODY, Flow, Traffic, shared

HOUR_S = 3600.0
A_MINUTE_S = 60.0
FIVE_MINUTES_S = 300.0
TEN_MINUTES_S = 600.0
CALM = 0.05
"""What a share of the processor's time a healthy service uses."""
HOT = 0.98


def _well(times: float = 1.0) -> Traffic:
    return shared(RATE * times, 0.0, mixed(0.0, QUICKEST_S, SLOWEST_S))


WELL = _well()
ALL_BAD = shared(RATE, 1.0, mixed(1.0, QUICKEST_S, SLOWEST_S))
TROUBLED = Traffic((Flow(0, RATE, ((500, 1.0),)),))
FAILURES = frozenset({500, 503})


@dataclass(frozen=True)
class Distraction:
    """One such day, in words that follow "on the day on which".

    ``parts``: what happens, each with its seconds (0: as long as a rung is held). ``processor``:
    the share of its time that is used. ``seen_s``: a window as long as that rightly sees it.
    ``gone``: whether a target that is down is no longer there at all.
    ``counts``: whether a firing speaks against the alert.
    """

    name: str
    parts: tuple[tuple[Stage, float], ...]
    processor: float = CALM
    seen_s: float = float("inf")
    gone: bool = False
    counts: bool = True

    def stages(self, steps: int, step_s: float) -> tuple[Stage, ...]:
        """What happens, where a rung is held for so many scrapes."""
        return tuple(
            Stage(
                part.traffic,
                ceil(seconds / step_s) if seconds else steps,
                part.up,
                part.restarted,
                part.unborn,
                part.elsewhere,
            )
            for part, seconds in self.parts
        )


def _steady(name: str, traffic: Traffic, processor: float = CALM) -> Distraction:
    return Distraction(name, ((Stage(traffic, 0), 0.0),), processor)


def _all(status: int) -> Traffic:
    return shared(RATE, 0.0, mixed(0.0, QUICKEST_S, SLOWEST_S), others=((status, 1.0),))


_LOST = (
    (Stage(WELL, 0), HOUR_S + FIVE_MINUTES_S),
    (Stage(NOBODY, 0, up=False), TEN_MINUTES_S),
)
OTHER_JOB = Distraction(
    "all requests of another job failed", ((Stage(WELL, 0, elsewhere=TROUBLED), 0.0),)
)
IDLE = Distraction("nobody sent a request", ((Stage(NOBODY, 0), 0.0),), counts=False)
DISTRACTIONS = (
    _steady("five thousand requests a second came in and all went well", _well(RUSH)),
    _steady("a fifth as many requests came in and all went well", _well(0.2)),
    _steady("all requests were answered with 404", _all(404)),
    _steady("all requests were redirected", _all(302)),
    OTHER_JOB,
    Distraction(
        "requests had failed and been slow an hour ago and all went well since",
        ((Stage(ALL_BAD, 0), FIVE_MINUTES_S), (Stage(WELL, 0), HOUR_S)),
        seen_s=HOUR_S - TEN_MINUTES_S,
    ),
    _steady("the processor ran hot and all requests went well", WELL, HOT),
    Distraction("the service could not be scraped", _LOST),
    Distraction("the service was taken away", _LOST, gone=True),
    Distraction(
        "no request had failed since the service started", ((Stage(WELL, 0, unborn=FAILURES), 0.0),)
    ),
    Distraction(
        "the service was restarted and all went well",
        ((Stage(WELL, 0), 0.0), (Stage(WELL, 0, restarted=True), A_MINUTE_S)),
    ),
    IDLE,
)
