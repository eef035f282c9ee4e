"""What a learner builds or hands in without Grafana."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import Loss, UTCDateTime, db


class WorkbenchDashboard(db.Model):  # type: ignore[name-defined,misc]
    """What the learner's workbench dashboard is called, and where it is in Grafana once pushed.

    ``version`` grows with its title alone; ``grafana_version`` is the one that the last push made
    there, 0 where that is not known.
    """

    __tablename__ = "workbench_dashboard"
    __table_args__ = Loss(
        "title of your workbench dashboard", "titles of your dashboards", "dashboard"
    ).info

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    grafana_uid: Mapped[str] = mapped_column(String(40), default="")
    grafana_path: Mapped[str] = mapped_column(String(500), default="")
    grafana_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    pushed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=0, server_default="0")


class WorkbenchPanel(db.Model):  # type: ignore[name-defined,misc]
    """A panel of the learner's workbench dashboard; a removed one can be brought back.

    ``key`` is of the form it was added with: sent twice, it is still one panel. ``version`` grows
    with what its form says, not with its place.
    """

    __tablename__ = "workbench_panel"
    __table_args__ = (
        UniqueConstraint("learner_id", "key"),
        Loss("workbench panel", "workbench panels", "dashboard", undo="removed_at").info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    key: Mapped[str | None] = mapped_column(String(64))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    expr: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(20))
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=0, server_default="0")


class HandedInDashboard(db.Model):  # type: ignore[name-defined,misc]
    """A dashboard JSON that the learner uploaded, as it was; the same text is kept once."""

    __tablename__ = "handed_in_dashboard"
    __table_args__ = (
        UniqueConstraint("learner_id", "digest"),
        Loss("uploaded dashboard", "uploaded dashboards", "dashboard").info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    handed_in_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ConfirmedQuery(db.Model):  # type: ignore[name-defined,misc]
    """A query that can't be analysed; the learner says which SLI it shows."""

    __tablename__ = "confirmed_query"
    __table_args__ = Loss("query you explained", "queries you explained", "dashboard").info

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expr: Mapped[str] = mapped_column(Text)
    sli: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[datetime] = mapped_column(UTCDateTime)
