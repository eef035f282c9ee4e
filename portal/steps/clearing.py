"""The ticks, when the learner starts over."""

from __future__ import annotations

from portal.criteria import store as verdicts
from portal.criteria.models import StoredVerdict
from portal.kit.clearing import Clearing
from portal.services import Services
from portal.steps import store as marks
from portal.steps.catalog import load
from portal.steps.models import StepProgress


class TickClearing(Clearing):
    """A step whose work is still there is ticked again by its next check."""

    def __init__(self) -> None:
        super().__init__(StoredVerdict, StepProgress)

    def clear(self, services: Services, learner_id: int, step: str | None) -> None:
        """Forget the verdicts of the step's criteria, and that it was read."""
        if step is None:
            verdicts.forget(learner_id)
            marks.forget(learner_id)
            return
        found = next(one for one in load() if one.id == step)
        verdicts.forget(learner_id, list(found.criteria))
        marks.forget(learner_id, [found.id])
