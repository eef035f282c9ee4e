"""Can the learner say how an incident hurt users?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portal.criteria.base import Status, Subject, Verdict, VerdictLine, Where
from portal.impact import store
from portal.impact.comparison import MIN_HURT, ImpactComparison

HERE = Where("State the impact", "/steps/user-impact#impact-form")


@dataclass(frozen=True)
class ImpactEvidence:
    """How many incidents there are to choose from, and the newest statement beside the record."""

    incidents: int
    burst_title: str
    compared: tuple[ImpactComparison, ...]


class ImpactCriterion:
    """The numbers of one incident, stated within max(2, 10 %) of what was measured."""

    id: ClassVar[str] = "impact"
    title: ClassVar[str] = "What it meant for users"
    optional: ClassVar[bool] = False

    def collect(self, subject: Subject) -> ImpactEvidence:
        """Look at the learner's incidents and newest statement."""
        learner_id = subject.learner.id
        latest = store.latest_statement(learner_id)
        if latest is None:
            return ImpactEvidence(len(store.incidents(learner_id)), "", ())
        title = f"{latest.burst.title} (burst {latest.burst.number})"
        return ImpactEvidence(1, title, store.compared(latest))

    def judge(self, evidence: ImpactEvidence) -> Verdict:
        """Met when all three numbers are close."""
        expected = (
            "For one incident: failed requests, slow requests and seconds it hurt, "
            "each within 10 % of what was measured (or within 2), and a sentence about users."
        )
        if not evidence.incidents:
            return Verdict(
                Status.NOT_MET,
                "no_incident",
                "There is no incident to describe yet",
                f"None of your bursts hurt {MIN_HURT} requests or more.",
                expected,
                Where("Break it", "/steps/break-it"),
            )
        if not evidence.compared:
            return Verdict(
                Status.NOT_MET,
                "nothing_stated",
                "You have not stated the impact yet",
                "There is an incident, but no statement about it.",
                expected,
                HERE,
            )
        return _compare(evidence, expected)


def _compare(evidence: ImpactEvidence, expected: str) -> Verdict:
    lines = tuple(
        VerdictLine(Status.MET if one.is_close else Status.NOT_MET, one.words)
        for one in evidence.compared
    )
    seen = f"Your statement on {evidence.burst_title}."
    if all(one.is_close for one in evidence.compared):
        return Verdict(
            Status.MET,
            "impact_stated",
            "You know what it meant for users",
            seen,
            expected,
            lines=lines,
        )
    return Verdict(
        Status.NOT_MET,
        "impact_differs",
        "Your numbers differ from what was measured",
        seen,
        expected,
        HERE,
        lines=lines,
    )
