"""What trials came to, kept so that the same query and the same alert are tried once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import inf
from typing import TypeVar

from portal.trial.alerts import trials
from portal.trial.attempt import AlertAttempt
from portal.trial.climb import AlertTrial
from portal.trial.engine import TrialEngine
from portal.trial.outcome import TrialOutcome
from portal.trial.play import Course
from portal.trial.recollection import Recollection

TOO_MANY = "More than {} different alerts can't be tried at a time."
Result = TypeVar("Result", TrialOutcome, AlertTrial)
Asked = tuple[AlertAttempt, Course]


class TrialMemory:
    """Keeps the latest results of a process; safe for several threads."""

    def __init__(self, engine: TrialEngine) -> None:
        """Empty; ``engine`` tries what is new."""
        self.engine = engine
        self.outcomes: Recollection[TrialOutcome] = Recollection(engine.limits.kept_queries)
        self._kept: Recollection[AlertTrial] = Recollection(engine.limits.kept_alerts)

    def trials(self, asked: Sequence[Asked]) -> list[AlertTrial]:
        """What each alert did; those that are new are tried in one process."""
        keys = [_key(*one) for one in asked]
        found = {key: trial for key in keys if (trial := self._kept.recall(key)) is not None}
        new = {key: one for key, one in zip(keys, asked, strict=True) if key not in found}
        most = self.engine.limits.alerts_at_once
        tried = list(new.items())[:most]
        told = trials([one for _, one in tried], self.engine)
        fresh = dict(zip([key for key, _ in tried], told, strict=True))
        for key, trial in fresh.items():
            self.keep(self._kept, key, trial)
        found |= fresh
        return [found.get(key, AlertTrial(untried=TOO_MANY.format(most))) for key in keys]

    def keep(self, kept: Recollection[Result], key: Hashable, result: Result) -> None:
        """Remember what is known for good, what went wrong for a while, and not what passes.

        A crash or a limit would cost the next page as long again; a turn may be free at once.
        """
        if not result.passing:
            kept.keep(key, result, self.engine.limits.trouble_s if result.untried else inf)


def _key(one: AlertAttempt, course: Course) -> Hashable:
    return one.expr, one.rule_key, one.labels, one.for_s if one.labels else 0.0, course
