"""What a learner has to show at the end: what they sent, promised and broke."""

from __future__ import annotations

from dataclasses import dataclass

from portal.bursts.models import Burst
from portal.bursts.store import recent
from portal.impact.store import incidents
from portal.objectives.store import list_slos, summary

MOST_BURSTS = 1000


@dataclass(frozen=True)
class Reached:
    """Bursts with their requests, the SLOs in a line each, and the worst incident."""

    bursts: int
    requests: int
    promises: tuple[str, ...]
    worst: Burst | None


def reached(learner_id: int) -> Reached:
    """The learner's work in numbers."""
    bursts = recent(learner_id, MOST_BURSTS)
    return Reached(
        bursts=len(bursts),
        requests=sum(burst.sent for burst in bursts),
        promises=tuple(map(summary, list_slos(learner_id))),
        worst=max(incidents(learner_id), key=lambda one: one.failed + one.slow, default=None),
    )
