"""What becomes of a learner's things when the learner starts over: each room clears its own.

``portal/features.py`` lists the rooms' clearings; the reset only walks that list.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import cast

from flask import Flask, current_app
from sqlalchemy import ColumnElement, Table, delete, select

from portal.kit.db import Loss, db
from portal.services import Services

EXTENSION = "slo_lab_clearings"
Doomed = tuple[Table, ColumnElement[bool]]
"""A table, and which of its rows go."""


class Clearing:
    """A room's tables with rows of learners. Says what would be lost, and clears it.

    ``step`` is everywhere the id of the step that is reset; None: the whole lab is. A reset that
    goes by a name of its own instead of its step's has ``name``, ``title`` and ``of_step``.
    """

    name = ""
    title = ""
    of_step = ""

    def __init__(self, *models: type) -> None:
        """``models``: of the room's tables, those that hang from others first."""
        self.tables = tuple(cast(Table, model.__table__) for model in models)  # type: ignore[attr-defined]

    def refusal(self, learner_id: int, step: str | None) -> str:
        """Why it can't be cleared now; "" where it can."""
        return ""

    def rows(self, learner_id: int, step: str | None) -> Iterator[Doomed]:
        """The rows that go, as their ``Loss`` says."""
        for table in self.tables:
            if step is None or Loss.of(table).step == step:
                yield table, table.c.learner_id == learner_id

    def more_losses(self, services: Services, learner_id: int, step: str | None) -> Iterator[str]:
        """What is lost beside rows, in words with numbers."""
        yield from ()

    def clear(self, services: Services, learner_id: int, step: str | None) -> None:
        """Delete it; the caller commits."""
        for table, rows in self.rows(learner_id, step):
            delete_with_hanging(table, rows)

    def beside(
        self, services: Services, learner_id: int, step: str | None
    ) -> AbstractContextManager[None]:
        """What goes together with the rows, or stays with them: the block ends once they went."""
        return nullcontext()


def init_app(app: Flask, clearings: tuple[Clearing, ...]) -> None:
    """Tell the app what there is to be cleared."""
    app.extensions[EXTENSION] = clearings


def current_clearings() -> tuple[Clearing, ...]:
    """What there is to be cleared in this app."""
    return cast("tuple[Clearing, ...]", current_app.extensions[EXTENSION])


def delete_with_hanging(table: Table, rows: ColumnElement[bool]) -> None:
    """Delete the rows, and before them what hangs from them in other tables."""
    for child, its_rows in hanging(table, rows):
        delete_with_hanging(child, its_rows)
    db.session.execute(delete(table).where(rows))


def hanging(table: Table, rows: ColumnElement[bool]) -> Iterator[Doomed]:
    """What hangs from the rows in other tables, and can't stay without them."""
    for child in db.metadata.sorted_tables:
        for key in child.foreign_keys:
            if key.column.table is table:
                yield child, key.parent.in_(select(key.column).where(rows))
