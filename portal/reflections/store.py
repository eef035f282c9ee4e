"""Reflections in the database: nothing typed is overwritten unasked, nothing submitted changes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from portal.errors import SLOLabError
from portal.kit.db import db
from portal.kit.version import take_version
from portal.reflections.models import ReflectionAnswer, SetAside, Submission
from portal.reflections.questions import QUESTION_IDS, is_answered, is_too_long, normalised

SUBMIT_ATTEMPTS = 5


class Keep(StrEnum):
    """Which text becomes the answer when two tabs wrote it."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


class SaveStatus(StrEnum):
    """How saving an answer ended."""

    SAVED = "saved"
    CONFLICT = "conflict"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Draft:
    """A text as a page sent it: based on ``version``, typed in ``tab`` (an id of that page)."""

    question_id: str
    text: str
    version: int
    tab: str

    @classmethod
    def of(cls, question_id: str, text: str, version: int = 0, tab: str = "") -> Draft:
        """The draft with its text normalised; a page without an id gets one of its own."""
        return cls(question_id, normalised(text), version, tab[:64] or new_key())


@dataclass(frozen=True)
class KeptAnswer:
    """What is in the database: text, its version (0: never written), when it was saved."""

    text: str = ""
    version: int = 0
    saved_at: datetime | None = None


@dataclass(frozen=True)
class SaveResult:
    """How saving ended; ``kept`` is what the database holds now, whoever wrote it."""

    status: SaveStatus
    draft: Draft
    kept: KeptAnswer


def new_key() -> str:
    """An id for a page or a submission."""
    return uuid.uuid4().hex


def kept_answers(learner_id: int) -> dict[str, KeptAnswer]:
    """Every question's answer, by question id."""
    rows = db.session.scalars(
        select(ReflectionAnswer)
        .where(ReflectionAnswer.learner_id == learner_id)
        .execution_options(populate_existing=True)
    )
    found = {row.question_id: KeptAnswer(row.text, row.version, row.saved_at) for row in rows}
    return {question_id: found.get(question_id, KeptAnswer()) for question_id in QUESTION_IDS}


def answers(learner_id: int) -> dict[str, str]:
    """Every question's present text, by question id; empty where there is none."""
    return {question_id: kept.text for question_id, kept in kept_answers(learner_id).items()}


def save_answer(learner_id: int, draft: Draft, now: datetime) -> SaveResult:
    """Save the draft, unless another tab saved since; that tab's text stays, this one is set aside.

    A text that is over the limit is not kept at all: the page still has it.
    """
    if is_too_long(draft.text):
        return SaveResult(SaveStatus.TOO_LONG, draft, kept_answers(learner_id)[draft.question_id])
    kept = kept_answers(learner_id)[draft.question_id]
    if kept.text != draft.text and not _write(learner_id, draft, now):
        kept = kept_answers(learner_id)[draft.question_id]
        if kept.text != draft.text:
            _set_aside(learner_id, draft.question_id, draft.text, now, tab=draft.tab)
            return SaveResult(SaveStatus.CONFLICT, draft, kept)
    _take_back(learner_id, draft)
    return SaveResult(SaveStatus.SAVED, draft, kept_answers(learner_id)[draft.question_id])


def choose(learner_id: int, draft: Draft, keep: Keep, now: datetime) -> SaveResult:
    """Settle a conflict; ``draft.version`` is the version of the other text that was seen.

    The text that was not chosen is set aside. When yet another text was saved meanwhile, that
    is a conflict again.
    """
    kept = kept_answers(learner_id)[draft.question_id]
    if is_too_long(draft.text):
        return SaveResult(SaveStatus.TOO_LONG, draft, kept)
    seen = kept.version == draft.version
    if keep is Keep.THEIRS:
        _set_aside(learner_id, draft.question_id, draft.text, now, tab=draft.tab)
        _detach(learner_id, draft)
        return SaveResult(SaveStatus.SAVED, draft, kept)
    if keep is Keep.BOTH and seen:
        return save_answer(learner_id, _joined(kept, draft), now)
    saved = save_answer(learner_id, draft, now)
    if seen and saved.status is SaveStatus.SAVED and kept.text != draft.text:
        _set_aside(learner_id, draft.question_id, kept.text, now, tab=new_key())
    return saved


def _joined(kept: KeptAnswer, draft: Draft) -> Draft:
    both = "\n\n".join(text for text in (kept.text, draft.text) if text)
    return replace(draft, text=both)


def _write(learner_id: int, draft: Draft, now: datetime) -> bool:
    """Write if nobody else wrote since; the same page may always go on from what it wrote."""
    row = _ensured_row(learner_id, draft.question_id, now)
    own = ReflectionAnswer.tab == draft.tab
    new = {"text": draft.text, "tab": draft.tab, "saved_at": now}
    written = take_version(row, draft.version, unless=own, **new)
    db.session.commit()
    return written


def _ensured_row(learner_id: int, question_id: str, now: datetime) -> ReflectionAnswer:
    key = (learner_id, question_id)
    row = db.session.get(ReflectionAnswer, key)
    if row is None:
        row = ReflectionAnswer(learner_id=learner_id, question_id=question_id, saved_at=now)
        row.version = 0
        db.session.add(row)
        if not _commit_or_rollback():
            row = db.session.get_one(ReflectionAnswer, key)
    return row


def _commit_or_rollback() -> bool:
    """Commit; False when somebody else put in the same row first."""
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    return True


def set_aside(learner_id: int) -> Sequence[SetAside]:
    """The learner's texts that were set aside, the newest first."""
    own = select(SetAside).where(SetAside.learner_id == learner_id)
    return db.session.scalars(own.order_by(SetAside.set_aside_at.desc(), SetAside.id.desc())).all()


def find_set_aside(learner_id: int, number: int) -> SetAside | None:
    """One of the learner's texts that were set aside."""
    return db.session.scalar(
        select(SetAside).where(SetAside.learner_id == learner_id, SetAside.id == number)
    )


def append_set_aside(learner_id: int, draft: Draft, row: SetAside, now: datetime) -> SaveResult:
    """Put a text that was set aside at the end of the answer; it is dropped once that is saved."""
    text = "\n\n".join(part for part in (draft.text, row.text) if part)
    saved = save_answer(learner_id, replace(draft, text=text), now)
    if saved.status is SaveStatus.SAVED:
        drop_set_aside(row)
    return saved


def drop_set_aside(row: SetAside) -> None:
    """Throw a text away that was set aside."""
    db.session.delete(row)
    db.session.commit()


def _set_aside(learner_id: int, question_id: str, text: str, now: datetime, *, tab: str) -> None:
    """Keep the text of that tab; one row for each tab, so that autosave does not pile them up."""
    if not text.strip():
        return
    try:
        _put_aside(learner_id, question_id, text, now, tab)
    except IntegrityError:
        db.session.rollback()
        _put_aside(learner_id, question_id, text, now, tab)


def _put_aside(learner_id: int, question_id: str, text: str, now: datetime, tab: str) -> None:
    row = _find_of_tab(learner_id, question_id, tab)
    if row is None:
        row = SetAside(learner_id=learner_id, question_id=question_id, tab=tab)
        db.session.add(row)
    row.text, row.set_aside_at = text, now
    db.session.commit()


def _detach(learner_id: int, draft: Draft) -> None:
    """The tab's text was put away by choice: what the tab saves next does not touch it."""
    row = _find_of_tab(learner_id, draft.question_id, draft.tab)
    if row is not None:
        row.tab = new_key()
        db.session.commit()


def _take_back(learner_id: int, draft: Draft) -> None:
    """What became the answer is not set aside any more."""
    row = _find_of_tab(learner_id, draft.question_id, draft.tab)
    if row is not None:
        drop_set_aside(row)


def _find_of_tab(learner_id: int, question_id: str, tab: str) -> SetAside | None:
    return db.session.scalar(
        select(SetAside).where(
            SetAside.learner_id == learner_id,
            SetAside.question_id == question_id,
            SetAside.tab == tab,
        )
    )


def too_short(texts: Mapping[str, str]) -> list[str]:
    """Ids of the questions whose answer is too short to submit."""
    return [question_id for question_id in QUESTION_IDS if not is_answered(texts[question_id])]


def submit(
    learner_id: int, key: str, texts: Mapping[str, str], evidence: dict[str, Any], now: datetime
) -> Submission:
    """Submit these answers; the same key again is the same submission."""
    for _ in range(SUBMIT_ATTEMPTS):
        known = _find_by_key(learner_id, key)
        if known is not None:
            return known
        row = Submission(
            learner_id=learner_id,
            number=_last_number(learner_id) + 1,
            key=key,
            submitted_at=now,
            answers=dict(texts),
            evidence=evidence,
        )
        db.session.add(row)
        if _commit_or_rollback():
            return row
    raise SLOLabError("Several pages submitted at once, and this one was not first; try again.")


def submissions(learner_id: int) -> Sequence[Submission]:
    """The learner's submissions, the newest first."""
    own = select(Submission).where(Submission.learner_id == learner_id)
    return db.session.scalars(own.order_by(Submission.number.desc())).all()


def latest_submission(learner_id: int) -> Submission | None:
    """The learner's newest submission."""
    own = select(Submission).where(Submission.learner_id == learner_id)
    return db.session.scalar(own.order_by(Submission.number.desc()).limit(1))


def find_submission(learner_id: int, number: int) -> Submission | None:
    """The learner's submission of that number."""
    return db.session.scalar(
        select(Submission).where(Submission.learner_id == learner_id, Submission.number == number)
    )


def _find_by_key(learner_id: int, key: str) -> Submission | None:
    return db.session.scalar(
        select(Submission).where(Submission.learner_id == learner_id, Submission.key == key)
    )


def _last_number(learner_id: int) -> int:
    last = select(func.max(Submission.number)).where(Submission.learner_id == learner_id)
    return db.session.scalar(last) or 0


def clear(learner_id: int, now: datetime) -> None:
    """Forget answers, submissions and texts set aside; the caller commits.

    The rows of the answers stay, empty and one version on, so that a tab that is still open
    is told before it writes its old text again.
    """
    db.session.execute(delete(SetAside).where(SetAside.learner_id == learner_id))
    db.session.execute(delete(Submission).where(Submission.learner_id == learner_id))
    db.session.execute(
        update(ReflectionAnswer)
        .where(ReflectionAnswer.learner_id == learner_id)
        .values(text="", version=ReflectionAnswer.version + 1, tab="", saved_at=now)
    )
