"""Bursts in the database: claimed once, one at a time, settled when their runner is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import undefer

from portal.bursts.hearing import Hearing
from portal.bursts.models import ACTIVE, Burst, BurstState
from portal.kit.age import old
from portal.kit.db import db
from portal.limits import BurstLimits

CUT_SHORT = "The portal stopped while this burst ran, so it was cut short."
ABANDONED_REASON = f"{CUT_SHORT} The numbers are those of its last second."
NOT_BEGUN_REASON = (
    "The portal stopped, or lost its database, as this burst was about to begin. Start it again."
)


def find(learner_id: int, number: int) -> Burst | None:
    """The learner's burst of that number, with its record by the second."""
    return db.session.scalar(
        select(Burst)
        .where(Burst.learner_id == learner_id, Burst.number == number)
        .options(undefer(Burst.record))
    )


def active_burst(learner_id: int) -> Burst | None:
    """The learner's burst that is queued or running."""
    return db.session.scalar(
        select(Burst).where(Burst.learner_id == learner_id, Burst.state.in_(ACTIVE))
    )


def recent(learner_id: int, limit: int = 20) -> Sequence[Burst]:
    """The learner's last bursts, the newest first."""
    newest_first = select(Burst).where(Burst.learner_id == learner_id).order_by(Burst.id.desc())
    return db.session.scalars(newest_first.limit(limit)).all()


def bursts_between(learner_id: int, start: datetime, end: datetime) -> Sequence[Burst]:
    """The learner's bursts that ran at some moment from ``start`` to ``end``."""
    return db.session.scalars(
        select(Burst)
        .where(
            Burst.learner_id == learner_id,
            Burst.started_at <= end,
            or_(Burst.ended_at.is_(None), Burst.ended_at >= start),
        )
        .order_by(Burst.id)
    ).all()


def add_or_find(burst: Burst) -> tuple[Burst, bool]:
    """Save the new burst; or, when its key is known or one is active, that one and False.

    Its fence is above that of every burst on record.
    """
    burst.fence = select(func.coalesce(func.max(Burst.fence), 0) + 1).scalar_subquery()
    db.session.add(burst)
    learner_id, key = burst.learner_id, burst.key
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        same_key = select(Burst).where(Burst.learner_id == learner_id, Burst.key == key)
        existing = db.session.scalar(same_key) or active_burst(learner_id)
        if existing is None:
            raise
        return existing, False
    return burst, True


def request_stop(burst: Burst) -> None:
    """Ask the runner, in whichever process it is, to end the burst."""
    db.session.execute(update(Burst).where(Burst.id == burst.id).values(stop_requested=True))
    db.session.commit()


def settle_abandoned(
    now: datetime,
    limits: BurstLimits,
    followed: Collection[int] = (),
    hearing: Hearing | None = None,
) -> None:
    """Give bursts whose runner has not been heard of a named end. Writes only when there is one.

    Those ``followed`` in this very process have their runner, however long the machine slept.
    ``hearing``: what this process knows of the database; none is sure.
    """
    hearing = hearing or Hearing(limits)
    try:
        with hearing.listening():
            silent = _silent(now, timedelta(seconds=limits.abandoned_s), tuple(followed))
        if hearing.is_sure:
            _end(silent, now)
    except (DatabaseError, PoolTimeoutError):  # a full disk, a lock; the next look tries again
        db.session.rollback()


def _silent(now: datetime, after: timedelta, followed: tuple[int, ...]) -> Sequence[Burst]:
    """The bursts that were cut short."""
    silent = select(Burst).where(
        Burst.state.in_(ACTIVE),
        old(Burst.heartbeat_at, now, after),
        Burst.id.not_in(followed),
    )
    return db.session.scalars(silent).all()


def _end(silent: Sequence[Burst], now: datetime) -> None:
    """A row that somebody else has ended meanwhile stays as it is."""
    for burst in silent:
        end: dict[str, Any] = {
            "state": BurstState.FAILED,
            "reason": ABANDONED_REASON if burst.started_at or burst.counts else NOT_BEGUN_REASON,
            "ended_at": min(burst.heartbeat_at, max(now, burst.started_at or now)),
        }
        _settle(burst, end)


def uncounted(now: datetime, limits: BurstLimits) -> Sequence[Burst]:
    """The bursts that ended, but whose runner was gone before Prometheus had counted them."""
    return db.session.scalars(
        select(Burst).where(
            Burst.state.not_in(ACTIVE),
            old(Burst.heartbeat_at, now, timedelta(seconds=limits.uncounted_s)),
            Burst.server_counts.is_(None),
        )
    ).all()


def keep_count(burst_id: int, server_counts: dict[str, Any]) -> None:
    """What Prometheus counted of it, unless that is known already."""
    waiting = update(Burst).where(Burst.id == burst_id, Burst.server_counts.is_(None))
    db.session.execute(waiting.values(server_counts=server_counts))
    db.session.commit()


def _settle(burst: Burst, end: dict[str, Any]) -> None:
    abandoned = update(Burst).where(Burst.id == burst.id, Burst.state.in_(ACTIVE))
    db.session.execute(abandoned.values(end))
    db.session.commit()
