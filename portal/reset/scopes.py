"""Starting over: one step, the reflections, or the whole lab of one learner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, delete, func, select

from portal.bursts.store import active_burst
from portal.criteria import store as verdicts
from portal.errors import SLOLabError
from portal.impact.store import incidents
from portal.kit.db import Loss, db
from portal.learners.models import Learner
from portal.reflections import store as reflections
from portal.rulefolder.folder import RuleFolder, learner_file
from portal.services import Services
from portal.steps import store as marks
from portal.steps.catalog import load
from portal.words import counted

LAB = "lab"
REFLECTIONS = "reflections"
REFLECTION_STEP = "what-you-learned"
SLO_STEP, BURST_STEP, ALERT_STEP = "slo", "break-it", "alert"
NEVER_DELETED = ("learner", "service")


class ResetRefusedError(SLOLabError):
    """It can't be reset now; the message says why."""


@dataclass(frozen=True)
class Scope:
    """What is reset: ``lab``, ``reflections``, or the id of a step."""

    id: str
    title: str

    @property
    def is_lab(self) -> bool:
        """Whether it is everything."""
        return self.id == LAB

    @property
    def is_reflections(self) -> bool:
        """Whether it is the reflections, whose step is the last one."""
        return self.id == REFLECTIONS

    @property
    def step_id(self) -> str:
        """The step behind it."""
        return REFLECTION_STEP if self.is_reflections else self.id


def scopes() -> list[Scope]:
    """Everything that can be reset, the smallest first."""
    steps = [Scope(step.id, step.title) for step in load() if step.id != REFLECTION_STEP]
    return [*steps, Scope(REFLECTIONS, "Your reflections"), Scope(LAB, "The whole lab")]


def find_scope(name: str) -> Scope | None:
    """The scope of that id; the reflections go by the id of their step too."""
    wanted = REFLECTIONS if name == REFLECTION_STEP else name
    return next((scope for scope in scopes() if scope.id == wanted), None)


def losses(services: Services, learner: Learner, scope: Scope) -> list[str]:
    """What would be deleted, in words with numbers; only what there is."""
    doomed = dict(_doomed(learner, scope))
    hanging = {t: rows for one in doomed.items() for t, rows in _hanging(*one) if t not in doomed}
    found = [_rows_lost(*one) for one in [*doomed.items(), *hanging.items()]]
    files = len(_rule_files(RuleFolder.of(services.settings, services.limits.room), learner, scope))
    found.append(_lost(files, "file of rules in Prometheus", "files of rules in Prometheus"))
    if scope.is_lab or scope.is_reflections:
        written = sum(bool(text) for text in reflections.answers(learner.id).values())
        found.append(_lost(written, "answer", "answers"))
    return [sentence for sentence in found if sentence]


def reset(services: Services, learner: Learner, scope: Scope) -> None:
    """Delete what belongs to the scope; raises ResetRefusedError while a burst is running."""
    if scope.id in {LAB, BURST_STEP} and active_burst(learner.id):
        raise ResetRefusedError("A burst is running. Wait until it ends or stop it, then reset.")
    with _without_rules(services, learner, scope):
        for table, rows in _doomed(learner, scope):
            _delete(table, rows)
        if scope.is_lab or scope.is_reflections:
            reflections.clear(learner.id, services.clock())
        _forget_progress(learner.id, scope)
        db.session.commit()


def _forget_progress(learner_id: int, scope: Scope) -> None:
    """The ticks; a step whose work is still there is ticked again by its next check."""
    if scope.is_lab:
        verdicts.forget(learner_id)
        marks.forget(learner_id)
        return
    step = next(step for step in load() if step.id == scope.step_id)
    verdicts.forget(learner_id, list(step.criteria))
    marks.forget(learner_id, [step.id])


@contextmanager
def _without_rules(services: Services, learner: Learner, scope: Scope) -> Iterator[None]:
    """Delete the learner's rule files; Prometheus drops the rules when it sees that.

    They come back when what is done within fails: files and rows go together, or neither does.
    """
    folder = RuleFolder.of(services.settings, services.limits.room)
    doomed = _rule_files(folder, learner, scope)
    if not doomed:
        yield
        return
    with folder.locked(services.limits.room.lock_s):
        begun: list[str] = []
        try:
            for name in doomed:
                folder.begin(name, None)
                begun.append(name)
            yield
        except BaseException:
            for name in begun:
                folder.rollback(name)
            raise
        for name in begun:
            folder.commit(name)


def _rule_files(folder: RuleFolder, learner: Learner, scope: Scope) -> list[str]:
    """The rule files that go: without their SLOs the generated ones, not what the learner wrote."""
    if scope.id not in {LAB, ALERT_STEP, SLO_STEP}:
        return []
    spared = learner_file(learner.id) if scope.id == SLO_STEP else ""
    return [name for name in folder.files_of(learner.id) if name != spared]


def _doomed(learner: Learner, scope: Scope) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables with the condition for the rows that go; the reflections are cleared apart."""
    for table in reversed(db.metadata.sorted_tables):
        own = table.c.get("learner_id")
        if own is None or table.name in NEVER_DELETED or table.name == "reflection_answer":
            continue
        if _is_touched(table, scope):
            rows = own == learner.id
            if scope.id == BURST_STEP:
                rows &= table.c.id.in_([burst.id for burst in incidents(learner.id)])
            yield table, rows


def _is_touched(table: Table, scope: Scope) -> bool:
    return scope.is_lab or Loss.of(table).step == scope.step_id


def _delete(table: Table, rows: ColumnElement[bool]) -> None:
    """Delete the rows, and before them what hangs from them in other tables."""
    for child, its_rows in _hanging(table, rows):
        _delete(child, its_rows)
    db.session.execute(delete(table).where(rows))


def _hanging(
    table: Table, rows: ColumnElement[bool]
) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """What hangs from the rows in other tables, and can't stay without them."""
    for child in db.metadata.sorted_tables:
        for key in child.foreign_keys:
            if key.column.table is table:
                yield child, key.parent.in_(select(key.column).where(rows))


def _count(table: Table, rows: ColumnElement[bool]) -> int:
    """Rows that the learner sees; what they deleted themselves is no loss."""
    if undo := Loss.of(table).undo:
        rows &= table.c[undo].is_(None)
    return db.session.scalar(select(func.count()).select_from(table).where(rows)) or 0


def _rows_lost(table: Table, rows: ColumnElement[bool]) -> str:
    loss = Loss.of(table)
    return _lost(_count(table, rows), loss.one, loss.many)


def _lost(number: int, one: str, several: str) -> str:
    return counted(number, one, several) if number and one else ""
