"""A learner's rule text in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.alerts.models import AlertRuleText
from portal.kit.db import db
from portal.kit.version import take_version


def find(learner_id: int) -> AlertRuleText | None:
    """What the learner typed last."""
    own = select(AlertRuleText).where(AlertRuleText.learner_id == learner_id)
    return db.session.scalar(own)


def take_draft(learner_id: int, text: str, seen: int | None, now: datetime) -> bool:
    """Keep the text of a page that showed version ``seen`` (0: there was none; None: any).

    False: another page saved another text since, and that stays.
    """
    row = find(learner_id)
    if row is None:
        row = _insert(learner_id, text, now)
    elif row.text != text and not take_version(row, seen, text=text, saved_at=now):
        db.session.rollback()
    db.session.commit()
    return row.text == text


def is_stale(learner_id: int, seen: int | None, text: str) -> bool:
    """Whether a text that can't be kept was typed over another version than the present one."""
    row = find(learner_id)
    return row is not None and row.text != text and seen not in {None, row.version}


def save_draft(learner_id: int, text: str, now: datetime) -> AlertRuleText:
    """Keep the text, whether or not Prometheus will take it."""
    row = find(learner_id)
    if row is None:
        return _insert(learner_id, text, now)
    if row.text != text:
        row.text, row.saved_at, row.version = text, now, row.version + 1
    db.session.commit()
    return row


def _insert(learner_id: int, text: str, now: datetime) -> AlertRuleText:
    """The first text; where another tab was first, that one's stays."""
    row = AlertRuleText(learner_id=learner_id, text=text, saved_at=now, version=1, assisted=False)
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError:  # another tab was first
        db.session.rollback()
        return find(learner_id) or _insert(learner_id, text, now)
    return row


def applied_text(learner_id: int) -> str | None:
    """What Prometheus has of the learner, as the database says; None: nothing."""
    row = find(learner_id)
    return None if row is None or row.removed_at is not None else row.applied_text


def mark_applied(learner_id: int, text: str, now: datetime, *, assisted: bool) -> None:
    """Note that Prometheus took the text. Help sticks until the rules are removed.

    What another tab typed while Prometheus loaded it stays typed.
    """
    row = find(learner_id) or _insert(learner_id, text, now)
    helped_before = row.assisted and row.removed_at is None
    row.applied_text, row.applied_at, row.removed_at = text, now, None
    row.assisted = assisted or helped_before
    db.session.commit()


def mark_removed(learner_id: int, now: datetime) -> None:
    """Note that the rules were taken out; the text stays, for the undo."""
    row = find(learner_id)
    if row is not None and row.removed_at is None:
        row.removed_at = now
        db.session.commit()


def mark_restored(learner_id: int, now: datetime, *, assisted: bool) -> None:
    """Note that the removed rules are back; what was typed meanwhile stays typed."""
    row = find(learner_id)
    if row is not None:
        row.applied_at, row.removed_at, row.assisted = now, None, assisted
        db.session.commit()
