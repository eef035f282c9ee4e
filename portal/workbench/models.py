"""What a learner builds or hands in without Grafana."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import UTCDateTime, db


class WorkbenchPanel(db.Model):  # type: ignore[name-defined,misc]
    """A panel of the learner's workbench dashboard; a removed one can be brought back."""

    __tablename__ = "workbench_panel"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    expr: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(20))
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class HandedInDashboard(db.Model):  # type: ignore[name-defined,misc]
    """A dashboard JSON that the learner uploaded, as it was."""

    __tablename__ = "handed_in_dashboard"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(120))
    document: Mapped[str] = mapped_column(Text)
    handed_in_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ConfirmedQuery(db.Model):  # type: ignore[name-defined,misc]
    """A query that can't be analysed; the learner says which SLI it shows."""

    __tablename__ = "confirmed_query"

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expr: Mapped[str] = mapped_column(Text)
    sli: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[datetime] = mapped_column(UTCDateTime)
