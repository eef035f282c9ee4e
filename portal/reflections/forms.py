"""The form of the reflections page: what it sends, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.reflections.models import SetAside
from portal.reflections.questions import (
    MAX_BYTES,
    MIN_CHARACTERS,
    QUESTIONS,
    Question,
    is_answered,
    size_bytes,
)
from portal.reflections.store import Draft, KeptAnswer, SaveResult, SaveStatus


@dataclass(frozen=True)
class Action:
    """What a button asks for: ``save``, ``submit``, or ``mine:slis``, ``append:slis:12``..."""

    verb: str
    question_id: str = ""
    number: int = 0

    @classmethod
    def of(cls, sent: str) -> Action:
        """Anything that is not understood is ``save``, so that what was typed is kept."""
        verb, _, rest = sent.partition(":")
        question_id, _, number = rest.partition(":")
        usable = number.isascii() and number.isdigit() and len(number) < 19
        return cls(verb or "save", question_id, int(number) if usable else 0)


@dataclass(frozen=True)
class Field:
    """One question as the page shows it; ``text`` is what stands in the box."""

    question: Question
    text: str
    version: int
    kept: KeptAnswer
    status: SaveStatus | None
    set_aside: Sequence[SetAside] = ()

    @property
    def number(self) -> int:
        """Its place among the questions, from 1."""
        return QUESTIONS.index(self.question) + 1

    @property
    def size(self) -> int:
        """Bytes of UTF-8 in the box."""
        return size_bytes(self.text)

    @property
    def limit(self) -> int:
        """Bytes that an answer may have."""
        return MAX_BYTES

    @property
    def minimum(self) -> int:
        """Characters that an answer needs before it can be submitted."""
        return MIN_CHARACTERS

    @property
    def missing(self) -> int:
        """How many of them are missing in the box."""
        return max(0, MIN_CHARACTERS - len(self.text.strip()))

    @property
    def is_conflict(self) -> bool:
        """Whether another tab saved something else meanwhile."""
        return self.status is SaveStatus.CONFLICT

    @property
    def is_too_long(self) -> bool:
        """Whether it could not be saved because of its length."""
        return self.status is SaveStatus.TOO_LONG

    @property
    def is_unsaved(self) -> bool:
        """Whether the box holds something that the database does not."""
        return self.is_conflict or self.is_too_long

    @property
    def is_answered(self) -> bool:
        """Whether the text in the box is long enough to submit."""
        return is_answered(self.text)

    @property
    def saved_at(self) -> datetime | None:
        """When it was last saved; None when it never was, or is empty since a reset."""
        return self.kept.saved_at if self.kept.version and self.kept.text else None

    @property
    def is_emptied(self) -> bool:
        """Whether there was a text once, and now there is none."""
        return bool(self.kept.version) and not self.kept.text


def kept_field(question: Question, kept: KeptAnswer, set_aside: Sequence[SetAside]) -> Field:
    """The question as the database has it."""
    own = [row for row in set_aside if row.question_id == question.id]
    return Field(question, kept.text, kept.version, kept, None, own)


def saved_field(question: Question, saved: SaveResult, set_aside: Sequence[SetAside]) -> Field:
    """The question after a save: what could not be saved stays in the box, with its old version."""
    if saved.status is SaveStatus.SAVED:
        return replace(kept_field(question, saved.kept, set_aside), status=saved.status)
    draft = saved.draft
    others = [r for r in set_aside if r.question_id == question.id and r.tab != draft.tab]
    return Field(question, draft.text, draft.version, saved.kept, saved.status, others)


def sent_draft(form: Mapping[str, str], question_id: str, version: str = "version") -> Draft | None:
    """The text of that question in the form; None when the form has no such field."""
    text = form.get(f"text-{question_id}")
    if text is None:
        return None
    based_on = form.get(f"{version}-{question_id}", "")
    known = based_on.isascii() and based_on.isdigit() and len(based_on) < 10
    return Draft.of(question_id, text, int(based_on) if known else 0, form.get("tab", ""))
