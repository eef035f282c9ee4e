"""Has the learner written down what they learned, and submitted it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.criteria.base import Status, Subject, Verdict, Where
from portal.reflections import store
from portal.reflections.questions import MIN_CHARACTERS, QUESTIONS

HERE = Where("Your reflections", "/reflections")


@dataclass(frozen=True)
class ReflectionEvidence:
    """The titles of the questions whose answer is too short, and whether it was submitted."""

    too_short: tuple[str, ...]
    submitted: bool


class ReflectionCriterion:
    """All four questions answered and submitted."""

    id: ClassVar[str] = "reflection"
    title: ClassVar[str] = "What you learned"
    optional: ClassVar[bool] = False

    def collect(self, subject: Subject) -> ReflectionEvidence:
        """Look at the last submission; before the first one, at the answers."""
        submission = store.latest_submission(subject.learner.id)
        answers = submission.answers if submission else store.answers(subject.learner.id)
        short = (q.text for q in QUESTIONS if len(answers.get(q.id, "").strip()) < MIN_CHARACTERS)
        return ReflectionEvidence(tuple(short), submission is not None)

    def judge(self, evidence: ReflectionEvidence) -> Verdict:
        """Met when submitted with four answers."""
        expected = f"Four answers of {MIN_CHARACTERS} characters or more, submitted."
        if evidence.too_short:
            listed = "”, “".join(evidence.too_short)
            return Verdict(
                Status.NOT_MET,
                "answers_missing",
                "Some questions have no answer yet"
                if not evidence.submitted
                else "Some answers are too short",
                f"Empty or very short: “{listed}”.",
                expected,
                HERE,
            )
        if not evidence.submitted:
            return Verdict(
                Status.NOT_MET,
                "not_submitted",
                "Answered, but not submitted",
                "All four answers are saved as a draft.",
                expected,
                HERE,
            )
        return Verdict(
            Status.MET,
            "reflection_submitted",
            "You wrote down what you learned",
            "All four answers are submitted.",
            expected,
        )
