"""How often a learner started over: counted with the rows that went, in one transaction.

What is kept elsewhere (rule files, drafts in a browser) tells by it whether its rows are gone.
"""

from __future__ import annotations

from sqlalchemy import select

from portal.kit.db import db
from portal.learners.models import Beginning

LAB = "lab"
"""The scope of a reset of everything."""


def beginnings(learner_id: int) -> dict[str, int]:
    """By scope (a step's id, or ``LAB``): how often it was begun anew; none that never was."""
    own = select(Beginning.scope, Beginning.number).where(Beginning.learner_id == learner_id)
    return {row.scope: row.number for row in db.session.execute(own)}


def next_beginning(learner_id: int, step: str | None) -> Beginning:
    """The beginning that a reset of the step (None: of the lab) makes; it is not saved yet."""
    scope = step or LAB
    number = beginnings(learner_id).get(scope, 0) + 1
    return Beginning(learner_id=learner_id, scope=scope, number=number)


def begin_anew(learner_id: int, step: str | None) -> None:
    """Count it; the caller commits, together with what is deleted."""
    db.session.merge(next_beginning(learner_id, step))


def mark_of(beginning: Beginning) -> str:
    """The beginning in one word, to be kept beside what goes with it."""
    return f"{beginning.learner_id}/{beginning.scope}/{beginning.number}"


def has_begun(mark: str) -> bool:
    """Whether the reset that left the mark was saved; False for a word that is none."""
    learner_id, _, rest = mark.partition("/")
    scope, _, number = rest.rpartition("/")
    if not (learner_id.isdecimal() and number.isdecimal()):
        return False
    return beginnings(int(learner_id)).get(scope, 0) >= int(number)
