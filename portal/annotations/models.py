"""What is known of a burst's annotation in Grafana."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.bursts.models import Burst
from portal.kit.db import JSONArray, UTCDateTime, db


class BurstAnnotation(db.Model):  # type: ignore[name-defined,misc]
    """On which dashboards a burst is marked, and why not.

    ``claimed_by`` names the process that looks after it while its ``looked_at`` is fresh;
    ``boards`` has an object (uid, title, path) for each dashboard that it was written to;
    ``is_final``: with the burst's end; ``trouble``: what went wrong at the last look, in sentences;
    ``done_at``: nobody looks after it any more.
    """

    __tablename__ = "burst_annotation"

    burst_id: Mapped[int] = mapped_column(ForeignKey("burst.id"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    boards: Mapped[list[dict[str, Any]]] = mapped_column(JSONArray, default=list)
    is_final: Mapped[bool] = mapped_column(default=False)
    trouble: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    burst: Mapped[Burst] = relationship()
