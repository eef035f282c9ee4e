"""Bursts' annotations in the database, and who looks after one: one process at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, or_, select, update
from sqlalchemy.exc import IntegrityError

from portal.annotations.models import BurstAnnotation
from portal.annotations.region import burst_tag, lab_tag
from portal.bursts.models import Burst
from portal.kit.age import is_old, old
from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import AnnotationLimits


@dataclass(frozen=True)
class AnnotatedBoard:
    """A dashboard that a burst was marked on; ``path`` is that on Grafana."""

    uid: str
    title: str
    path: str


@dataclass(frozen=True)
class Marking:
    """On which dashboards a burst is marked, what is in the way, and whether with its end."""

    boards: tuple[AnnotatedBoard, ...] = ()
    trouble: str = ""
    is_final: bool = False


def annotation_of(burst_id: int) -> BurstAnnotation | None:
    """What is known of it; None where nobody has looked yet."""
    return db.session.get(BurstAnnotation, burst_id)


def marking_of(row: BurstAnnotation | None) -> Marking:
    """What the last look found, as far as it can be read."""
    if row is None:
        return Marking()
    kept = [one for one in row.boards if isinstance(one, dict)]
    told = ([one.get(name) for name in ("uid", "title", "path")] for one in kept)
    boards = (AnnotatedBoard(*map(str, one)) for one in told if all(one))
    return Marking(tuple(boards), row.trouble, row.is_final)


def is_settled(
    row: BurstAnnotation | None, burst: Burst, now: datetime, limits: AnnotationLimits
) -> bool:
    """Whether a page that shows it need not look again."""
    if row is not None:
        return row.is_final or row.done_at is not None
    never_began = burst.started_at is None and not burst.is_active
    return never_began or is_old(burst.requested_at, now, timedelta(seconds=limits.follow_s))


def annotated(learner_id: int) -> int:
    """How many annotations of the learner's bursts are known in Grafana."""
    own = select(BurstAnnotation).where(BurstAnnotation.learner_id == learner_id)
    return sum(len(marking_of(row).boards) for row in db.session.scalars(own))


def due(now: datetime, limits: AnnotationLimits) -> list[Burst]:
    """The bursts to look at now, the oldest first."""
    row = BurstAnnotation
    new = and_(row.burst_id.is_(None), Burst.started_at > now - timedelta(seconds=limits.follow_s))
    begun = and_(row.burst_id.is_not(None), row.done_at.is_(None))
    joined = select(Burst, row).outerjoin(row, row.burst_id == Burst.id).where(or_(new, begun))
    found = db.session.execute(joined.order_by(Burst.id)).all()
    return [burst for burst, row in found if _is_due(burst, row, now, limits)]


def claim(burst: Burst, me: str, now: datetime, limits: AnnotationLimits) -> bool:
    """Begin to look after the burst's annotation, or go on; False where another process does."""
    burst_id = burst.id
    _begin(burst_id, burst.learner_id)
    free = or_(
        BurstAnnotation.claimed_by.is_(None),
        BurstAnnotation.claimed_by == me,
        old(BurstAnnotation.looked_at, now, timedelta(seconds=limits.abandoned_s)),
    )
    open_ = update(BurstAnnotation).where(
        BurstAnnotation.burst_id == burst_id, BurstAnnotation.done_at.is_(None), free
    )
    done = db.session.execute(open_.values(claimed_by=me, looked_at=now))
    db.session.commit()
    return isinstance(done, CursorResult) and done.rowcount == 1


def keep(burst_id: int, me: str, marking: Marking, done_at: datetime | None) -> bool:
    """Save what a look found. False: another process took over, or a reset came, meanwhile."""
    held = update(BurstAnnotation).where(
        BurstAnnotation.burst_id == burst_id, BurstAnnotation.claimed_by == me
    )
    found = {
        "boards": [asdict(one) for one in marking.boards],
        "is_final": marking.is_final,
        "trouble": marking.trouble,
        "done_at": done_at,
    }
    done = db.session.execute(held.values(found))
    db.session.commit()
    return isinstance(done, CursorResult) and done.rowcount == 1


def own_tag() -> str:
    """The tag of this lab's annotations."""
    first = select(Learner.created_at).order_by(Learner.id).limit(1)
    return lab_tag(db.session.scalars(first).one())


def known_tags() -> set[str]:
    """The tags of all bursts on record."""
    return {burst_tag(burst) for burst in db.session.scalars(select(Burst))}


def _is_due(
    burst: Burst, row: BurstAnnotation | None, now: datetime, limits: AnnotationLimits
) -> bool:
    """One that began, or ended, is looked at at once; the others now and then.

    What failed is tried again, and there may be a further dashboard.
    """
    if row is None or row.looked_at is None:
        return True
    ended = not burst.is_active and not row.is_final and not row.trouble
    return ended or is_old(row.looked_at, now, timedelta(seconds=limits.again_s))


def _begin(burst_id: int, learner_id: int) -> None:
    if db.session.get(BurstAnnotation, burst_id) is not None:
        return
    db.session.add(BurstAnnotation(burst_id=burst_id, learner_id=learner_id))
    try:
        db.session.commit()
    except IntegrityError:  # another process was first
        db.session.rollback()
