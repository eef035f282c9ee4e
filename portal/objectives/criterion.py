"""Has the learner defined an SLO?"""

from __future__ import annotations

from typing import ClassVar

from portal.criteria.base import Status, Subject, Verdict, Where
from portal.objectives import store


class SLOCriterion:
    """At least one saved SLO."""

    id: ClassVar[str] = "slo"
    title: ClassVar[str] = "An SLO"
    optional: ClassVar[bool] = False

    def collect(self, subject: Subject) -> list[str]:
        """One line for each SLO of the learner."""
        return [store.summary(row) for row in store.list_slos(subject.learner.id)]

    def judge(self, evidence: list[str]) -> Verdict:
        """Met from one SLO on."""
        expected = "At least one SLO: an SLI, an objective, a window and why."
        if not evidence:
            return Verdict(
                Status.NOT_MET,
                "no_slo",
                "You have no SLO yet",
                "No SLO is saved.",
                expected,
                Where("Define an SLO", "/slos"),
            )
        return Verdict(
            Status.MET, "slo_defined", "You defined an SLO", "; ".join(evidence) + ".", expected
        )
