"""What trials of alerts came to, kept so that the same alert is tried once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from portal.trial.alerts import trials
from portal.trial.attempt import AlertAttempt
from portal.trial.climb import AlertTrial
from portal.trial.play import Course
from portal.trial.recollection import Recollection

MOST_AT_A_TIME = 300
MOST_KEPT = 4000
TOO_MANY = f"More than {MOST_AT_A_TIME} different alerts can't be tried at a time."
Asked = tuple[AlertAttempt, Course]


class TrialMemory:
    """Keeps the latest results of a process; safe for several threads."""

    def __init__(self) -> None:
        """Empty."""
        self._kept: Recollection[AlertTrial] = Recollection(MOST_KEPT)

    def trials(self, asked: Sequence[Asked]) -> list[AlertTrial]:
        """What each alert did; those that are new are tried in one process."""
        keys = [_key(*one) for one in asked]
        found = {key: trial for key in keys if (trial := self._kept.recall(key)) is not None}
        new = {key: one for key, one in zip(keys, asked, strict=True) if key not in found}
        tried = list(new.items())[:MOST_AT_A_TIME]
        fresh = dict(zip([k for k, _ in tried], trials([one for _, one in tried]), strict=True))
        self._keep(fresh)
        found |= fresh
        return [found.get(key, AlertTrial(untried=TOO_MANY)) for key in keys]

    def _keep(self, fresh: dict[Hashable, AlertTrial]) -> None:
        """All but what nobody knows: that may be known the next time."""
        for key, trial in fresh.items():
            if not trial.untried:
                self._kept.keep(key, trial)


MEMORY = TrialMemory()


def _key(one: AlertAttempt, course: Course) -> Hashable:
    return one.expr, one.rule_key, one.labels, one.for_s if one.labels else 0.0, course
