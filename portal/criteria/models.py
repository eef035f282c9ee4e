"""What the last check of a criterion found, and when it was first met."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.criteria.base import Status
from portal.kit.db import JSONObject, UTCDateTime, db


class StoredVerdict(db.Model):  # type: ignore[name-defined,misc]
    """The last verdict on one criterion of one learner; ``first_met_at`` never goes away."""

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    criterion_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[dict[str, Any]] = mapped_column(JSONObject)
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_met_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def met_now(self) -> bool:
        """Whether the last check found it met."""
        return self.status == "met"

    @property
    def missed_now(self) -> bool:
        """Whether the last check found it not met; what can't be checked is not known."""
        return self.known_status in {Status.NOT_MET, Status.NOT_ENOUGH_DATA}

    @property
    def known_status(self) -> Status:
        """The last verdict; a status that nobody knows can't be told."""
        return Status(self.status) if self.status in set(Status) else Status.CANNOT_CHECK
