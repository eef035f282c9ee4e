"""Steps marked as read, in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal.kit.db import db
from portal.steps.models import StepProgress


def read_steps(learner_id: int) -> dict[str, datetime]:
    """When the learner marked which step as read, by step id."""
    rows = db.session.scalars(select(StepProgress).where(StepProgress.learner_id == learner_id))
    return {row.step_id: row.done_at for row in rows}


def mark_read(learner_id: int, step_id: str, now: datetime) -> None:
    """Mark a step as read; the first time counts."""
    if db.session.get(StepProgress, (learner_id, step_id)) is not None:
        return
    db.session.add(StepProgress(learner_id=learner_id, step_id=step_id, done_at=now))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()


def forget(learner_id: int, step_ids: list[str] | None = None) -> None:
    """Drop the marks (all, or those named); the caller commits."""
    statement = delete(StepProgress).where(StepProgress.learner_id == learner_id)
    if step_ids is not None:
        statement = statement.where(StepProgress.step_id.in_(step_ids))
    db.session.execute(statement)
