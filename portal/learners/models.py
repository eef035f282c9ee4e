"""Who learns, and the service that each learner measures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kit.db import UTCDateTime, db


class Learner(db.Model):  # type: ignore[name-defined,misc]
    """Somebody who does the lab; solo mode has one."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    service: Mapped[Service] = relationship(back_populates="learner", lazy="joined")


class Service(db.Model):  # type: ignore[name-defined,misc]
    """The mock service of one learner, as Prometheus knows it: by its job."""

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), unique=True)
    job: Mapped[str] = mapped_column(String(80), unique=True)
    learner: Mapped[Learner] = relationship(back_populates="service")


class Beginning(db.Model):  # type: ignore[name-defined,misc]
    """How often a learner began a step anew; ``scope``: the step's id, or the whole lab's."""

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]
