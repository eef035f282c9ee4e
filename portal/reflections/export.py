"""A learner's reflection as one value, and as JSON; ``docs/export.md`` describes the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.learners.models import Learner
from portal.records import RecordError
from portal.reflections import store
from portal.reflections.evidence import gather_whole
from portal.reflections.facts import Evidence
from portal.reflections.models import Submission
from portal.reflections.questions import QUESTIONS, Question
from portal.reflections.store import KeptAnswer
from portal.services import Services

SCHEMA = "slo-lab/reflection/v1"


@dataclass(frozen=True)
class Submitted:
    """One submission, as it was."""

    number: int
    submitted_at: datetime
    answers: Mapping[str, str]
    evidence: Evidence


@dataclass(frozen=True)
class Reflection:
    """All there is to export; ``evidence`` is that of the moment of the export."""

    exported_at: datetime
    learner: str
    answers: Mapping[str, KeptAnswer]
    submissions: tuple[Submitted, ...]
    evidence: Evidence

    @property
    def latest(self) -> Submitted | None:
        """The newest submission."""
        return self.submissions[0] if self.submissions else None

    @property
    def changed_since(self) -> tuple[Question, ...]:
        """The questions whose answer differs from what was submitted last."""
        if self.latest is None:
            return ()
        submitted = self.latest.answers
        return tuple(q for q in QUESTIONS if submitted.get(q.id, "") != self.answers[q.id].text)


def collect(services: Services, learner: Learner) -> Reflection:
    """The learner's reflection with its evidence; works with no system reachable."""
    rows = store.submissions(learner.id)
    return Reflection(
        exported_at=services.clock(),
        learner=learner.name,
        answers=store.kept_answers(learner.id),
        submissions=tuple(submitted(row) for row in rows),
        evidence=gather_whole(services, learner),
    )


def submitted(row: Submission) -> Submitted:
    """The value of a row."""
    answers = {name: str(text) for name, text in row.answers.items()}
    try:
        evidence = Evidence.from_json(row.evidence)
    except RecordError:
        evidence = Evidence.unreadable(row.submitted_at)
    return Submitted(row.number, row.submitted_at, answers, evidence)


def to_json(reflection: Reflection) -> str:
    """The export as JSON, schema ``slo-lab/reflection/v1``."""
    return json.dumps(document(reflection), indent=2, ensure_ascii=False) + "\n"


def document(reflection: Reflection) -> dict[str, Any]:
    """What the JSON holds; times are ISO 8601 in UTC, ratios 0..1, durations seconds."""
    return {
        "schema": SCHEMA,
        "exported_at": _iso(reflection.exported_at),
        "learner": reflection.learner,
        "questions": [_question(q, reflection.answers[q.id]) for q in QUESTIONS],
        "submissions": [_submission(one) for one in reflection.submissions],
        "evidence": reflection.evidence.to_json(),
    }


def _question(question: Question, answer: KeptAnswer) -> dict[str, Any]:
    return {
        "id": question.id,
        "question": question.text,
        "answer": answer.text,
        "saved_at": _iso(answer.saved_at) if answer.saved_at else None,
    }


def _submission(one: Submitted) -> dict[str, Any]:
    return {
        "number": one.number,
        "submitted_at": _iso(one.submitted_at),
        "answers": {q.id: one.answers.get(q.id, "") for q in QUESTIONS},
        "evidence": one.evidence.to_json(),
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
