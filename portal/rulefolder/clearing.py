"""A learner's rule files, when the learner starts over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from portal.kit.clearing import Clearing
from portal.learners.beginnings import mark_of, next_beginning
from portal.rulefolder.folder import RuleFolder, learner_file
from portal.rulefolder.healing import heal
from portal.services import Services
from portal.words import counted


class RuleFolderClearing(Clearing):
    """Prometheus drops the rules when it sees that their files are gone.

    ``slo_step`` takes the files that were generated for the SLOs alone, ``alert_step`` those that
    the learner wrote too.
    """

    def __init__(self, slo_step: str, alert_step: str) -> None:
        super().__init__()
        self._slo_step = slo_step
        self._alert_step = alert_step

    def more_losses(self, services: Services, learner_id: int, step: str | None) -> Iterator[str]:
        """How many files go."""
        if files := len(self._doomed(_folder(services), learner_id, step)):
            yield counted(files, "file of rules in Prometheus", "files of rules in Prometheus")

    def beside(
        self, services: Services, learner_id: int, step: str | None
    ) -> AbstractContextManager[None]:
        """Delete the files, which come back when the rows can't be deleted."""
        folder = _folder(services)
        if not folder.unfinished() and not self._doomed(folder, learner_id, step):
            return nullcontext()
        return self._without_files(folder, services.limits.room.lock_s, learner_id, step)

    @contextmanager
    def _without_files(
        self, folder: RuleFolder, lock_s: float, learner_id: int, step: str | None
    ) -> Iterator[None]:
        mark = mark_of(next_beginning(learner_id, step))
        with folder.locked(lock_s):
            heal(folder)
            with _deleted(folder, self._doomed(folder, learner_id, step), mark):
                yield

    def _doomed(self, folder: RuleFolder, learner_id: int, step: str | None) -> list[str]:
        """The files that go: without their SLOs the generated ones, not what the learner wrote."""
        if step not in {None, self._slo_step, self._alert_step}:
            return []
        spared = learner_file(learner_id) if step == self._slo_step else ""
        return [name for name in folder.files_of(learner_id) if name != spared]


def _folder(services: Services) -> RuleFolder:
    return RuleFolder.of(services.settings, services.limits.room)


@contextmanager
def _deleted(folder: RuleFolder, names: list[str], mark: str) -> Iterator[None]:
    begun: list[str] = []
    try:
        for name in names:
            folder.begin(name, None, mark)
            begun.append(name)
        yield
    except BaseException:
        for name in begun:
            folder.rollback(name)
        raise
    for name in begun:
        folder.commit(name)
