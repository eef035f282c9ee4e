"""The record of a burst."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kit.db import Loss, UTCDateTime, db
from portal.kit.rendering import percent
from portal.learners.models import Learner


class BurstState(StrEnum):
    """queued → running → finished | stopped | failed."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


ACTIVE = (BurstState.QUEUED, BurstState.RUNNING)

KIND_WORDS = {
    "timeout": "timed out",
    "connection": "lost the connection",
    "garbage": "got an unreadable answer",
    "too_large": "got too large an answer",
    "other": "answered another 5xx",
}


class Burst(db.Model):  # type: ignore[name-defined,misc]
    """What a burst was to do, what it did, and how it ended.

    ``spec`` holds rate (requests/s), duration (s), mode, mix and fault; ``counts`` the engine's
    last totals; ``server_counts`` a ServerView: None before it is known, empty when it never is.
    ``predicted_error_ratio`` (0..1) and ``predicted_page`` are what the learner expected before.
    """

    __table_args__ = (
        UniqueConstraint("learner_id", "key"),
        Index(
            "uq_burst_one_active",
            "learner_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Loss("burst with its record", "bursts with their records", "break-it").info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    preset: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(500), default="")
    stop_requested: Mapped[bool] = mapped_column(default=False)
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    server_counts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    predicted_error_ratio: Mapped[float | None]
    predicted_page: Mapped[bool | None]
    learner: Mapped[Learner] = relationship()

    @property
    def is_active(self) -> bool:
        """Whether it is still queued or running."""
        return self.state in ACTIVE

    @property
    def duration(self) -> float:
        """Seconds it was asked to take."""
        return float(self.spec["duration"])

    @property
    def sent(self) -> int:
        """Requests sent so far."""
        return int(self.counts.get("sent", 0))

    @property
    def good(self) -> int:
        """Requests answered well so far."""
        return int(self.counts.get("good", 0))

    @property
    def failed_by_kind(self) -> dict[str, int]:
        """Failed requests by kind: a 5xx status, ``timeout``, ``connection``..."""
        return dict(self.counts.get("failed", {}))

    @property
    def failed(self) -> int:
        """Failed requests, all kinds."""
        return sum(self.failed_by_kind.values())

    @property
    def failed_words(self) -> str:
        """``240 with status 500, 3 timed out``; ``0`` where none failed."""
        told = (
            f"{number:,} {KIND_WORDS.get(kind, f'with status {kind}')}"
            for kind, number in self.failed_by_kind.items()
        )
        return ", ".join(told) or "0"

    @property
    def cut(self) -> int:
        """Requests that were still waiting for their answer as the burst was ended."""
        return int(self.counts.get("cut", 0))

    @property
    def prediction_words(self) -> str:
        """``You predicted 2 % failing; 0 % failed.`` once it ended; "" without a prediction."""
        words = ""
        if self.predicted_error_ratio is not None:
            words = f"You predicted {percent(self.predicted_error_ratio)} failing"
            if self.sent and not self.is_active:
                words += f"; {percent(self.failed / self.sent)} failed"
        if self.predicted_page is not None:
            words += "; you" if words else "You"
            alert = "fires" if self.predicted_page else "stays silent"
            words += f" predicted that the page alert {alert}"
        return f"{words}." if words else ""

    @property
    def hurt(self) -> int:
        """Requests that hurt somebody: failed, or slow."""
        return self.failed + self.slow

    @property
    def slow(self) -> int:
        """Requests answered well, but late (over 0.5 s)."""
        return int(self.counts.get("slow", 0))

    @property
    def hurt_seconds(self) -> float:
        """From the due time of the first failed or slow request to the end of the last, s."""
        first, last = self.counts.get("first_bad_due_at"), self.counts.get("last_bad_end_at")
        return float(last) - float(first) if first and last else 0.0
