"""The learner behind a request. Solo mode: the one learner, whose service is ``flask-app``."""

from __future__ import annotations

from datetime import datetime

from flask import g
from sqlalchemy import select

from portal.kit.db import alone, db
from portal.learners.models import Learner, Service
from portal.shop import JOB

SOLO_JOB = JOB


def current_learner() -> Learner:
    """The learner of this request; asked for once a request."""
    if "learner" not in g:
        g.learner = db.session.execute(select(Learner).order_by(Learner.id).limit(1)).scalar_one()
    learner: Learner = g.learner
    return learner


def known_learner() -> Learner | None:
    """The learner, where this request has asked for one."""
    learner: Learner | None = g.get("learner")
    return learner


def ensure_solo_learner(now: datetime) -> None:
    """Make the learner of solo mode, and their service, where there is none yet."""
    alone(db.session.connection())
    if db.session.scalar(select(Learner.id).limit(1)) is None:
        learner = Learner(name="you", created_at=now)
        learner.service = Service(job=SOLO_JOB)
        db.session.add(learner)
    db.session.commit()
