"""After a change of rules: what pages were told before it is not told again."""

from __future__ import annotations

from portal.criteria.checker import current_checker
from portal.learners import current_learner
from portal.services import current_services

RULES = "rules"
"""Under this name the list of loaded rules is shared among pages."""


def rules_changed() -> None:
    """Forget the list of rules from before, and judge the learner's alerts anew."""
    current_services().readings.forget(RULES)
    check_alert()


def check_alert() -> None:
    """Judge the learner's alerts now, so that the next look at the verdict is not at an old one."""
    checker, clock = current_checker(), current_services().clock
    checker.check_now(current_learner().id, ["alert"], clock())
