"""The reflections, when the learner starts over."""

from __future__ import annotations

from collections.abc import Iterator

from portal.kit.clearing import Clearing, Doomed
from portal.kit.db import Loss
from portal.reflections import store
from portal.reflections.models import ReflectionAnswer, SetAside, Submission
from portal.services import Services
from portal.words import counted

ANSWERS = ReflectionAnswer.__table__


class ReflectionClearing(Clearing):
    """The answers are emptied, not deleted: a tab that is still open must be told."""

    name = "reflections"
    title = "Your reflections"
    of_step = Loss.of(Submission.__table__).step

    def __init__(self) -> None:
        super().__init__(SetAside, Submission, ReflectionAnswer)

    def rows(self, learner_id: int, step: str | None) -> Iterator[Doomed]:
        """All but the answers."""
        return (one for one in super().rows(learner_id, step) if one[0] is not ANSWERS)

    def more_losses(self, services: Services, learner_id: int, step: str | None) -> Iterator[str]:
        """How many answers were written."""
        written = sum(bool(text) for text in store.answers(learner_id).values())
        if written and step in {None, self.of_step}:
            yield counted(written, "answer", "answers")

    def clear(self, services: Services, learner_id: int, step: str | None) -> None:
        """Empty the answers and forget the rest."""
        if step in {None, self.of_step}:
            store.clear(learner_id, services.clock())
