"""Incidents to choose from, and statements about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, case, func, select, type_coerce
from sqlalchemy.exc import IntegrityError

from portal.bursts.models import ACTIVE, Burst
from portal.bursts.store import recent
from portal.impact.comparison import MIN_HURT, ImpactComparison, Statement, compare
from portal.impact.models import ImpactStatement
from portal.kit.db import db

MOST_INCIDENTS = 50


def incidents(learner_id: int) -> list[Burst]:
    """The learner's last ended bursts that hurt at least ten requests, the newest first.

    However many harmless ones came after them. The database counts requests that were cut as
    failed; the record itself knows better.
    """
    sent, good, slow = (
        func.coalesce(Burst.counts[name].as_integer(), 0) for name in ("sent", "good", "slow")
    )
    hurt = sent - good + slow
    if db.engine.dialect.name == "sqlite":  # whose JSON is text, and may be none
        hurt = case((func.json_valid(type_coerce(Burst.counts, Text)) == 1, hurt), else_=0)
    ended = select(Burst).where(Burst.learner_id == learner_id, Burst.state.not_in(ACTIVE))
    likely = ended.where(hurt >= MIN_HURT).order_by(Burst.id.desc())
    found = db.session.scalars(likely.limit(MOST_INCIDENTS))
    return [b for b in found if b.failed + b.slow >= MIN_HURT]


def worst_hurt(learner_id: int) -> int:
    """The most requests that one of the learner's last ended bursts hurt."""
    return max((b.hurt for b in recent(learner_id, MOST_INCIDENTS) if not b.is_active), default=0)


def latest_statement(learner_id: int) -> ImpactStatement | None:
    """The learner's newest statement."""
    return next(iter(statements(learner_id)), None)


def statements(learner_id: int) -> Sequence[ImpactStatement]:
    """The learner's statements, the newest first."""
    own = select(ImpactStatement).where(ImpactStatement.learner_id == learner_id)
    return db.session.scalars(own.order_by(ImpactStatement.id.desc()).limit(20)).all()


def save(
    learner_id: int, burst: Burst, stated: Statement, now: datetime, seen: int | None = None
) -> bool:
    """Keep a statement of a page that showed the one of number ``seen`` (0: none; None: any).

    False: another page stated something since. The number is taken by its unique constraint.
    """
    latest = latest_statement(learner_id)
    last = latest.number if latest else 0
    if seen not in {None, last}:
        return False
    row = ImpactStatement(
        learner_id=learner_id,
        number=last + 1,
        burst_id=burst.id,
        failed=stated.failed,
        slow=stated.slow,
        seconds=stated.seconds,
        sentence=stated.sentence,
        stated_at=now,
    )
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return True


def compared(statement: ImpactStatement) -> tuple[ImpactComparison, ...]:
    """The stated numbers beside those of the burst's record."""
    stated = Statement(statement.failed, statement.slow, statement.seconds, statement.sentence)
    burst = statement.burst
    return compare(stated, burst.failed, burst.slow, burst.hurt_seconds)
