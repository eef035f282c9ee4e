"""Which steps a learner has marked as read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import UTCDateTime, db


class StepProgress(db.Model):  # type: ignore[name-defined,misc]
    """A step that is done by reading, and when the learner said so."""

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    step_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    done_at: Mapped[datetime] = mapped_column(UTCDateTime)
