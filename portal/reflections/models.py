"""Answers as they are typed, texts set aside, and submissions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kit.db import JSONObject, Loss, UTCDateTime, db


class ReflectionAnswer(db.Model):  # type: ignore[name-defined,misc]
    """The present text of one answer.

    ``version`` grows with every write, also with a reset; ``tab`` is the page that wrote last.
    """

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    question_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)
    tab: Mapped[str] = mapped_column(String(64), default="")
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SetAside(db.Model):  # type: ignore[name-defined,misc]
    """A text that is not the answer now: typed in a tab that was late, or replaced by choice."""

    __tablename__ = "reflection_set_aside"
    __table_args__ = (
        UniqueConstraint("learner_id", "question_id", "tab"),
        Loss("text set aside", "texts set aside", "what-you-learned").info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    question_id: Mapped[str] = mapped_column(String(20))
    tab: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    set_aside_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Submission(db.Model):  # type: ignore[name-defined,misc]
    """The four answers as they were submitted, with the evidence of that moment.

    ``number`` counts from 1 for each learner; ``key`` makes a second post the same submission.
    """

    __tablename__ = "reflection_submission"
    __table_args__ = (
        UniqueConstraint("learner_id", "number"),
        UniqueConstraint("learner_id", "key", name="uq_reflection_submission_key"),
        Loss(
            "submission of your reflections", "submissions of your reflections", "what-you-learned"
        ).info,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    number: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answers: Mapped[dict[str, str]] = mapped_column(JSONObject)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONObject)
