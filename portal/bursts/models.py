"""The record of a burst."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeGuard

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    event,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.bursts.record import BurstRecord
from portal.durations import milliseconds
from portal.kit.db import JSONObject, Loss, UnreadableObject, UTCDateTime, db
from portal.learners.models import Learner
from portal.numbers import count, percent
from portal.records import RecordError
from portal.words import counted


class BurstState(StrEnum):
    """queued → running → finished | stopped | failed."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


ACTIVE = (BurstState.QUEUED, BurstState.RUNNING)

COUNTED = ("sent", "good", "slow", "cut", "not_sent", "elapsed_seconds")
LATE_SECONDS = 0.02
"""Sends that are later than that for one in a hundred show in what users waited."""

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
    last totals; ``server_counts`` a ServerView: None before it is known, empty when it never is;
    ``counted_before`` the service's Counters as it began.
    ``number`` counts the learner's own from 1, whatever ``id`` the database gave.
    ``fence`` grows from burst to burst: the service lets no older one change its fault.
    ``predicted_error_ratio`` (0..1) and ``predicted_page`` are what the learner expected before.
    """

    __table_args__ = (
        UniqueConstraint("learner_id", "key"),
        UniqueConstraint("learner_id", "number", name="uq_burst_number"),
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
    number: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    preset: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    spec: Mapped[dict[str, Any]] = mapped_column(JSONObject)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(500), default="")
    stop_requested: Mapped[bool] = mapped_column(default=False)
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    server_counts: Mapped[dict[str, Any] | None] = mapped_column(JSONObject(required=False))
    record: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    counted_before: Mapped[dict[str, Any] | None] = mapped_column(JSONObject(required=False))
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
        return _number(self.spec.get("duration"))

    @property
    def is_readable(self) -> bool:
        """Whether the record is whole; what can't be read of one counts as nothing."""
        cells = (self.spec, self.counts, self.server_counts)
        return not any(isinstance(cell, UnreadableObject) for cell in cells) and all(
            _is_number(self.counts.get(name, 0)) for name in COUNTED
        )

    @property
    def by_second(self) -> BurstRecord | None:
        """What it did by the second; None where none was kept, or it can't be read."""
        try:
            return BurstRecord.parse(self.record) if self.record else None
        except RecordError:
            return None

    def count_of(self, name: str, default: float | None = None) -> float | None:
        """The number that the engine told under that name; ``default`` where there is none."""
        told = self.counts.get(name)
        return float(told) if _is_number(told) else default

    @property
    def sent(self) -> int:
        """Requests sent so far."""
        return int(_number(self.counts.get("sent")))

    @property
    def good(self) -> int:
        """Requests answered well so far."""
        return int(_number(self.counts.get("good")))

    @property
    def failed_by_kind(self) -> dict[str, int]:
        """Failed requests by kind: a 5xx status, ``timeout``, ``connection``..."""
        failed = self.counts.get("failed")
        told = failed.items() if isinstance(failed, dict) else ()
        return {kind: int(number) for kind, number in told if _is_number(number)}

    @property
    def failed(self) -> int:
        """Failed requests, all kinds."""
        return sum(self.failed_by_kind.values())

    @property
    def failed_words(self) -> str:
        """``240 with status 500, 3 timed out``; ``0`` where none failed."""
        told = (
            f"{count(number)} {KIND_WORDS.get(kind, f'with status {kind}')}"
            for kind, number in self.failed_by_kind.items()
        )
        return ", ".join(told) or "0"

    @property
    def cut(self) -> int:
        """Requests that were still waiting for their answer as the burst was ended."""
        return int(_number(self.counts.get("cut")))

    @property
    def not_sent(self) -> int:
        """Requests that never left: this machine was out of files, ports or memory."""
        return int(_number(self.counts.get("not_sent")))

    @property
    def own_limits(self) -> str:
        """What the generator of the load itself could not do, in a sentence or two; "" if all."""
        told = []
        if self.not_sent:
            few = counted(self.not_sent, "request was", "requests were")
            told.append(
                f"{few} not sent: this machine was out of open files or ports. "
                "They count nowhere else; a lower rate needs fewer."
            )
        late = self.count_of("late_p99", 0.0) or 0.0
        if late >= LATE_SECONDS:
            told.append(
                "The load itself came late: one request in a hundred was sent "
                f"{milliseconds(late)} or more after it was due, because this machine was busy "
                "(many open pages?). That wait is in what users saw, and none of it is the "
                "service’s."
            )
        return " ".join(told)

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
        return int(_number(self.counts.get("slow")))

    @property
    def hurt_seconds(self) -> float:
        """From the due time of the first failed or slow request to the end of the last, s."""
        first, last = self.count_of("first_bad_due_at"), self.count_of("last_bad_end_at")
        return last - first if first and last else 0.0


@event.listens_for(Burst, "before_insert")
def _number_it(_mapper: object, _connection: object, burst: Burst) -> None:
    """The next of the learner's numbers, found by the very INSERT: a refused one uses none up."""
    last = select(func.max(Burst.number)).where(Burst.learner_id == burst.learner_id)
    burst.number = func.coalesce(last.scalar_subquery(), 0) + 1


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any) -> float:
    return float(value) if _is_number(value) else 0.0
