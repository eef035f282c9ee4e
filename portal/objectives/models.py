"""SLOs in the database, with their history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.errors import SLOLabError
from portal.kit.db import Loss, UTCDateTime, db
from portal.learners.models import Learner
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window


class UnreadableSLOError(SLOLabError):
    """What the database keeps under that name is no SLO."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The SLO {name} can't be read from the database: its row is damaged. "
            "Delete it on the SLO page and make it anew."
        )


class SavedSLO(db.Model):  # type: ignore[name-defined,misc]
    """An SLO of a learner; a deleted one keeps its row, so that it can be brought back.

    ``version`` grows with each entry in the history.
    """

    __tablename__ = "slo"
    __table_args__ = (
        UniqueConstraint("learner_id", "name"),
        Loss("SLO", "SLOs", "slo", undo="deleted_at").info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    name: Mapped[str] = mapped_column(String(63))
    title: Mapped[str] = mapped_column(String(120))
    sli: Mapped[str] = mapped_column(String(20))
    threshold_s: Mapped[float | None]
    objective: Mapped[float]
    window: Mapped[str] = mapped_column(String(8))
    why: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    learner: Mapped[Learner] = relationship()
    revisions: Mapped[list[SLORevision]] = relationship(
        back_populates="slo", order_by="SLORevision.id", cascade="all, delete-orphan"
    )

    @property
    def value(self) -> SLO:
        """The SLO that the arithmetic takes; raises UnreadableSLOError."""
        try:
            return SLO(
                name=self.name,
                sli=SLIKind(self.sli),
                objective=float(self.objective),
                window=Window(self.window),
                job=self.learner.service.job,
                threshold_s=None if self.threshold_s is None else float(self.threshold_s),
                why=self.why,
                title=self.title,
            )
        except (SLOLabError, TypeError, ValueError) as error:
            raise UnreadableSLOError(self.name) from error

    @property
    def is_readable(self) -> bool:
        """Whether its row holds an SLO."""
        try:
            return bool(self.value)
        except UnreadableSLOError:
            return False


class SLORevision(db.Model):  # type: ignore[name-defined,misc]
    """One state of an SLO: what it promised from ``at`` on."""

    __tablename__ = "slo_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    slo_id: Mapped[int] = mapped_column(ForeignKey("slo.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    what: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(Text)
    slo: Mapped[SavedSLO] = relationship(back_populates="revisions")
