"""What a learner typed into the rule editor, and what the alerts did during their bursts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.bursts.models import Burst
from portal.kit.db import JSONArray, JSONObject, Loss, UTCDateTime, db
from portal.learners.models import Learner


class AlertRuleText(db.Model):  # type: ignore[name-defined,misc]
    """The learner's rule text as last typed, and as Prometheus last took it.

    ``version`` counts how often the text was saved, so that a second tab notices; ``removed_at``
    is set while the applied text is taken out of Prometheus and can still be put back;
    ``assisted``: the portal wrote the rules, not the learner.
    """

    __tablename__ = "alert_rule_text"
    __table_args__ = Loss("text in the rule editor", "texts in the rule editor", "alert").info

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_text: Mapped[str | None] = mapped_column(Text)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    assisted: Mapped[bool] = mapped_column(default=False)
    learner: Mapped[Learner] = relationship()

    @property
    def is_applied(self) -> bool:
        """Whether what is typed is what Prometheus took last."""
        return self.removed_at is None and self.applied_text == self.text

    @property
    def can_undo_removal(self) -> bool:
        """Whether there are removed rules that can be put back."""
        return self.removed_at is not None and self.applied_text is not None


class AlertWatch(db.Model):  # type: ignore[name-defined,misc]
    """The watch over the alerts of one burst: by whom, until when, and what was planned before.

    ``claimed_by`` names the process that keeps it while its ``heartbeat_at`` is fresh; ``trouble``
    says what could not be asked the last time; ``plans`` is the planner's word at the burst's
    start, None until it was asked.
    """

    __tablename__ = "alert_watch"

    burst_id: Mapped[int] = mapped_column(ForeignKey("burst.id"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    heartbeat_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    trouble: Mapped[str] = mapped_column(Text, default="")
    plans: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONArray(required=False))
    burst: Mapped[Burst] = relationship()


class KeptAlert(db.Model):  # type: ignore[name-defined,misc]
    """What one alert did during one burst; ``transitions`` are lists of state, Unix time, and
    whether the state rests on nothing.
    """

    __tablename__ = "kept_alert"
    __table_args__ = (UniqueConstraint("burst_id", "source", "identity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), index=True)
    burst_id: Mapped[int] = mapped_column(ForeignKey("burst.id"))
    source: Mapped[str] = mapped_column(String(12))
    identity: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    labels: Mapped[dict[str, str]] = mapped_column(JSONObject)
    before: Mapped[str] = mapped_column(String(20))
    transitions: Mapped[list[list[Any]]] = mapped_column(JSONArray)
