"""What the learner states about one of their incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.bursts.models import Burst
from portal.kit.db import Loss, UTCDateTime, db


class ImpactStatement(db.Model):  # type: ignore[name-defined,misc]
    """The numbers and the sentence of one statement; the newest counts.

    ``number`` counts from 1 for each learner: the version of what the form says.
    """

    __table_args__ = (
        UniqueConstraint("learner_id", "number"),
        Loss("statement of user impact", "statements of user impact", "user-impact").info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    number: Mapped[int]
    burst_id: Mapped[int] = mapped_column(ForeignKey("burst.id"))
    failed: Mapped[float]
    slow: Mapped[float]
    seconds: Mapped[float]
    sentence: Mapped[str] = mapped_column(Text)
    stated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    burst: Mapped[Burst] = relationship()
