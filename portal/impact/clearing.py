"""Bursts, and what was stated of them, when the learner starts over."""

from __future__ import annotations

from collections.abc import Iterator

from portal.bursts.models import Burst
from portal.bursts.store import active_burst
from portal.impact.models import ImpactStatement
from portal.impact.store import incidents
from portal.kit.clearing import Clearing, Doomed
from portal.kit.db import Loss

BURSTS = Burst.__table__
RUNNING = "A burst is running. Wait until it ends or stop it, then reset."


class BurstClearing(Clearing):
    """Of the bursts, the step that breaks the service takes those alone that hurt somebody."""

    def __init__(self) -> None:
        super().__init__(ImpactStatement, Burst)

    def refusal(self, learner_id: int, step: str | None) -> str:
        """Not while one is running."""
        touched = step in {None, Loss.of(BURSTS).step}
        return RUNNING if touched and active_burst(learner_id) else ""

    def rows(self, learner_id: int, step: str | None) -> Iterator[Doomed]:
        """All of them, or the incidents."""
        for table, rows in super().rows(learner_id, step):
            if table is BURSTS and step is not None:
                yield table, rows & table.c.id.in_([burst.id for burst in incidents(learner_id)])
            else:
                yield table, rows
