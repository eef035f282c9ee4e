"""What a learner typed into the rule editor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import UTCDateTime, db
from portal.learners.models import Learner


class AlertRuleText(db.Model):  # type: ignore[name-defined,misc]
    """The learner's rule text as last typed, and as Prometheus last took it.

    ``version`` counts how often the text was saved, so that a second tab notices; ``removed_at``
    is set while the applied text is taken out of Prometheus and can still be put back;
    ``assisted``: the portal wrote the rules, not the learner.
    """

    __tablename__ = "alert_rule_text"

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
