"""Verdicts in the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal.criteria.base import Status, Verdict
from portal.criteria.models import StoredVerdict
from portal.kit.db import db
from portal.records import RecordError, read_record

UNREADABLE = Verdict(
    Status.CANNOT_CHECK,
    "unreadable",
    "Can’t tell: the last verdict can’t be read",
    "What the database keeps of it is damaged. Your work is not at fault.",
    "A new check; it takes the place of this one.",
)


def stored_verdicts(learner_id: int) -> dict[str, StoredVerdict]:
    """The last verdict by criterion id; criteria that were never checked are missing."""
    rows = db.session.scalars(select(StoredVerdict).where(StoredVerdict.learner_id == learner_id))
    return {row.criterion_id: row for row in rows}


def stored_verdict(learner_id: int, criterion_id: str) -> StoredVerdict | None:
    """The last verdict on one criterion."""
    return db.session.get(StoredVerdict, (learner_id, criterion_id))


def stored_now(learner_id: int, criterion_id: str) -> StoredVerdict | None:
    """The same as the database has it now: a check beside this request may have saved another."""
    key = (learner_id, criterion_id)
    return db.session.get(StoredVerdict, key, populate_existing=True)


def save(learner_id: int, criterion_id: str, verdict: Verdict, now: datetime) -> StoredVerdict:
    """Keep the verdict; the first time it is met is kept for good."""
    try:
        return _save(learner_id, criterion_id, verdict, now)
    except IntegrityError:
        db.session.rollback()
        return _save(learner_id, criterion_id, verdict, now)


def _save(learner_id: int, criterion_id: str, verdict: Verdict, now: datetime) -> StoredVerdict:
    row = stored_verdict(learner_id, criterion_id)
    if row is None:
        row = StoredVerdict(learner_id=learner_id, criterion_id=criterion_id)
        db.session.add(row)
    before = memory(row)
    # A check that could not ask does not forget what the one before it found.
    kept = {**asdict(verdict), "memory": {**before, **verdict.memory}}
    row.status, row.verdict, row.checked_at = verdict.status, kept, now
    if verdict.status is Status.MET and row.first_met_at is None:
        row.first_met_at = now
    db.session.commit()
    return row


def memory(row: StoredVerdict | None) -> dict[str, str]:
    """What the last check remembered for the next one."""
    kept = row.verdict.get("memory") if row and row.verdict else None
    return kept if isinstance(kept, dict) else {}


def forget(learner_id: int, criterion_ids: list[str] | None = None) -> None:
    """Drop verdicts (all, or those named); the caller commits."""
    statement = delete(StoredVerdict).where(StoredVerdict.learner_id == learner_id)
    if criterion_ids is not None:
        statement = statement.where(StoredVerdict.criterion_id.in_(criterion_ids))
    db.session.execute(statement)


def verdict_of(row: StoredVerdict) -> Verdict:
    """The verdict as it was judged."""
    try:
        return read_record(Verdict, row.verdict)
    except RecordError:
        return UNREADABLE
