"""Starting over: one step, the reflections, or the whole lab of one learner.

What there is to be cleared the rooms say (``portal/kit/clearing.py``).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, func, select

from portal.errors import SLOLabError
from portal.kit.clearing import Clearing, current_clearings, hanging
from portal.kit.db import Loss, db
from portal.learners.beginnings import LAB, begin_anew
from portal.learners.models import Learner
from portal.services import Services
from portal.steps.catalog import load
from portal.words import counted


class ResetRefusedError(SLOLabError):
    """It can't be reset now; the message says why."""


@dataclass(frozen=True)
class Scope:
    """What is reset. ``step``: the id of the step behind it; None: the whole lab is reset."""

    id: str
    title: str
    step: str | None

    @property
    def is_lab(self) -> bool:
        """Whether it is everything."""
        return self.step is None

    @property
    def has_own_name(self) -> bool:
        """Whether it is called otherwise than its step."""
        return self.id not in {LAB, self.step}


def scopes() -> list[Scope]:
    """Everything that can be reset, the smallest first."""
    named = [one for one in current_clearings() if one.name]
    taken = {one.of_step for one in named}
    steps = [Scope(step.id, step.title, step.id) for step in load() if step.id not in taken]
    own = [Scope(one.name, one.title, one.of_step) for one in named]
    return [*steps, *own, Scope(LAB, "The whole lab", None)]


def find_scope(name: str) -> Scope | None:
    """The scope of that id; one with a name of its own goes by the id of its step too."""
    return next((scope for scope in scopes() if name in {scope.id, scope.step}), None)


def losses(services: Services, learner: Learner, scope: Scope) -> list[str]:
    """What would be deleted, in words with numbers; only what there is."""
    clearings, step = current_clearings(), scope.step
    doomed = dict(rows for one in clearings for rows in one.rows(learner.id, step))
    torn = {t: rows for one in doomed.items() for t, rows in hanging(*one) if t not in doomed}
    found = [_rows_lost(*one) for one in [*doomed.items(), *torn.items()]]
    for one in clearings:
        found += one.more_losses(services, learner.id, step)
    return [sentence for sentence in found if sentence]


def reset(services: Services, learner: Learner, scope: Scope) -> None:
    """Delete what belongs to the scope; raises ResetRefusedError while a burst is running."""
    clearings, step = current_clearings(), scope.step
    _refuse(clearings, learner, step)
    with ExitStack() as stack:
        for one in clearings:
            stack.enter_context(one.beside(services, learner.id, step))
        for one in clearings:
            one.clear(services, learner.id, step)
        begin_anew(learner.id, step)
        db.session.commit()


def _refuse(clearings: tuple[Clearing, ...], learner: Learner, step: str | None) -> None:
    for one in clearings:
        if reason := one.refusal(learner.id, step):
            raise ResetRefusedError(reason)


def _count(table: Table, rows: ColumnElement[bool]) -> int:
    """Rows that the learner sees; what they deleted themselves is no loss."""
    if undo := Loss.of(table).undo:
        rows &= table.c[undo].is_(None)
    return db.session.scalar(select(func.count()).select_from(table).where(rows)) or 0


def _rows_lost(table: Table, rows: ColumnElement[bool]) -> str:
    loss = Loss.of(table)
    if not loss.one or not (number := _count(table, rows)):
        return ""
    return counted(number, loss.one, loss.many)
