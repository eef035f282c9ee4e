"""What stands on every page beside its own part: the steps done, and how often begun anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal.criteria.checker import current_checker
from portal.learners import current_learner
from portal.learners.beginnings import beginnings
from portal.services import current_services
from portal.steps.progress import LabProgress, progress

RECHECK_AFTER = timedelta(seconds=15)


@dataclass(frozen=True)
class PageFrame:
    """The rail of steps; ``begun``: by step, or the lab as a whole, how often it was begun anew."""

    progress: LabProgress
    begun: dict[str, int]


def page_frame() -> PageFrame:
    """The frame of one page."""
    return PageFrame(checked_progress(), beginnings(current_learner().id))


def checked_progress() -> LabProgress:
    """The progress as stored; what was not checked for a while is checked meanwhile."""
    learner_id, now = current_learner().id, current_services().clock()
    checker = current_checker()
    checker.refresh(learner_id, checker.criteria, now, RECHECK_AFTER)
    return progress(learner_id)
