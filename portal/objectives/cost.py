"""What a burst cost of an error budget."""

from __future__ import annotations

from dataclasses import dataclass

from portal.bursts.models import Burst
from portal.bursts.server_view import ServerView
from portal.slo.budget import Events, burst_cost
from portal.slo.objective import SLO


@dataclass(frozen=True)
class BurstCost:
    """A burst's bad and total events, and the ``share`` of the budget so far that they are."""

    burst: Burst
    events: Events
    share: float

    @property
    def is_of_the_burst(self) -> bool:
        """Whether the events are its requests; else more or fewer were answered meanwhile."""
        return self.events.total == self.burst.sent


def read_burst_cost(slo: SLO, burst: Burst, whole: Events) -> BurstCost | None:
    """The cost of a burst that has ended; ``whole`` counts the window so far.

    From the burst's own record: failed requests as its users saw them, slow ones as the service
    counted them. None before that is known, or when it never is.
    """
    events = _events(slo, burst)
    share = burst_cost(slo.objective, events, whole) if events else None
    return BurstCost(burst, events, share) if events and share is not None else None


def _events(slo: SLO, burst: Burst) -> Events | None:
    if burst.started_at is None or burst.ended_at is None:
        return None
    if slo.threshold_s is None:
        return Events(burst.failed, burst.sent)
    view = ServerView.of_record(burst.server_counts)
    answered = view.answered(slo.threshold_s) if view else None
    return Events(round(answered[0]), round(answered[1])) if answered else None
