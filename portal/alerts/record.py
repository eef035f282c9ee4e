"""Transitions in the database, and who watches over a burst's alerts: one process at a time."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.exc import IntegrityError

from portal.alerts.models import AlertWatch, KeptAlert
from portal.alerts.transitions import AlertHistory, AlertSource, Transition
from portal.bursts.models import Burst
from portal.kit.age import old
from portal.kit.db import db
from portal.rulefile.states import AlertState

log = logging.getLogger(__name__)
ABANDONED_AFTER = timedelta(seconds=20)
"""A watch that was not heard of for so long may be taken over."""

LOOK_BACK = timedelta(days=1)
"""How old a burst may be that nobody watched: Prometheus still knows what its alerts did."""


def histories(burst_id: int) -> list[AlertHistory]:
    """What the alerts did during the burst, as far as it was kept; by name."""
    return histories_of([burst_id])[burst_id]


def histories_of(burst_ids: Iterable[int]) -> dict[int, list[AlertHistory]]:
    """The same of several bursts, by their number."""
    found: dict[int, list[AlertHistory]] = {burst_id: [] for burst_id in burst_ids}
    rows = select(KeptAlert).where(KeptAlert.burst_id.in_(found))
    for row in db.session.scalars(rows.order_by(KeptAlert.name, KeptAlert.id)):
        try:
            found[row.burst_id].append(_history(row))
        except (TypeError, ValueError):
            log.warning("unreadable alert", extra={"row": row.id})
            found[row.burst_id].append(_unreadable(row))
    return found


def keep(burst: Burst, found: Iterable[AlertHistory]) -> None:
    """Keep these alerts' histories; the next commit saves them. Others stay as they are."""
    rows = select(KeptAlert).where(KeptAlert.burst_id == burst.id)
    known = {(row.source, row.identity): row for row in db.session.scalars(rows)}
    for history in found:
        row = known.get(_key(history))
        if row is None:
            row = _new_row(burst, history)
            db.session.add(row)
        row.before = history.before
        row.transitions = [[t.state, t.at, t.on_nothing] for t in history.transitions]


def with_marks(found: Iterable[AlertHistory], known: Iterable[AlertHistory]) -> list[AlertHistory]:
    """The histories, with the marks "on nothing" of the known ones."""
    marks = {(*_key(one), t.state, t.at) for one in known for t in one.transitions if t.on_nothing}
    return [
        replace(
            one,
            transitions=tuple(
                replace(t, on_nothing=(*_key(one), t.state, t.at) in marks) for t in one.transitions
            ),
        )
        for one in found
    ]


def identity(name: str, labels: Mapping[str, str]) -> str:
    """The same for the same alert: a digest of its name and labels."""
    text = json.dumps([name, sorted(labels.items())])
    return hashlib.sha256(text.encode()).hexdigest()


def watch_of(burst_id: int) -> AlertWatch | None:
    """The watch over the burst's alerts; None where nobody began one."""
    return db.session.get(AlertWatch, burst_id)


def is_over(burst: Burst, watch: AlertWatch | None, now: datetime) -> bool:
    """Whether nothing more will be kept: the watch is done, or nobody will ever begin one."""
    if watch is None:
        return burst.started_at is None or burst.started_at <= now - LOOK_BACK
    return watch.done_at is not None


def unwatched(now: datetime) -> Sequence[Burst]:
    """The bursts whose watch has not come to its end, or not begun; the oldest first."""
    return db.session.scalars(
        select(Burst)
        .outerjoin(AlertWatch, AlertWatch.burst_id == Burst.id)
        .where(Burst.started_at > now - LOOK_BACK, AlertWatch.done_at.is_(None))
        .order_by(Burst.id)
    ).all()


def claim(burst: Burst, me: str, now: datetime) -> bool:
    """Take the watch over the burst's alerts, or go on with it; False where another one has it."""
    burst_id = burst.id
    _begin(burst_id, burst.learner_id)
    free = or_(
        AlertWatch.claimed_by.is_(None),
        AlertWatch.claimed_by == me,
        old(AlertWatch.heartbeat_at, now, ABANDONED_AFTER),
    )
    wanted = update(AlertWatch).where(
        AlertWatch.burst_id == burst_id, AlertWatch.done_at.is_(None), free
    )
    done = db.session.execute(wanted.values(claimed_by=me, heartbeat_at=now))
    db.session.commit()
    return isinstance(done, CursorResult) and done.rowcount == 1


def watch_held(burst: Burst, me: str) -> AlertWatch | None:
    """The watch as the database has it now, if it is still this process' own."""
    own = select(AlertWatch).where(
        AlertWatch.burst_id == burst.id, AlertWatch.claimed_by == me, AlertWatch.done_at.is_(None)
    )
    return db.session.scalar(own.execution_options(populate_existing=True))


def _key(history: AlertHistory) -> tuple[str, str]:
    return history.source, identity(history.name, history.labels)


def _begin(burst_id: int, learner_id: int) -> None:
    if db.session.get(AlertWatch, burst_id) is not None:
        return
    db.session.add(AlertWatch(burst_id=burst_id, learner_id=learner_id, trouble=""))
    try:
        db.session.commit()
    except IntegrityError:  # another process was first
        db.session.rollback()


def _new_row(burst: Burst, history: AlertHistory) -> KeptAlert:
    return KeptAlert(
        learner_id=burst.learner_id,
        burst_id=burst.id,
        source=history.source,
        identity=identity(history.name, history.labels),
        name=history.name,
        labels=history.labels,
    )


def _unreadable(row: KeptAlert) -> AlertHistory:
    """What stands for an alert of which nobody knows any more what it did."""
    return AlertHistory(f"{row.name} (its record can’t be read)", {}, AlertState.NO_DATA, ())


def _history(row: KeptAlert) -> AlertHistory:
    return AlertHistory(
        name=row.name,
        labels=row.labels,
        before=AlertState(row.before),
        transitions=tuple(
            Transition(AlertState(state), float(at), bool(on_nothing))
            for state, at, on_nothing in row.transitions
        ),
        source=AlertSource(row.source),
    )
