"""The lab stands when each part does; a Grafana that can't be had is no fault."""

from __future__ import annotations

from portal.criteria.base import Status
from portal.lab.criterion import PreflightCriterion, Probe

UP = Probe("Prometheus", Status.MET, "The target is up.")
ABSENT = Probe("Grafana", Status.MET, "The lab runs without Grafana.", absent=True)
DOWN = Probe("mock service", Status.NOT_MET, "It lacks its metrics.")


def test_it_stands_when_every_part_answers() -> None:
    verdict = PreflightCriterion().judge((UP,))
    assert (verdict.status, verdict.observed) == (Status.MET, "Every part answers.")


def test_it_does_not_claim_an_answer_of_a_grafana_that_is_not_here() -> None:
    verdict = PreflightCriterion().judge((UP, ABSENT))
    assert verdict.status is Status.MET
    assert verdict.observed == "Every part answers; Grafana is not here."


def test_the_part_that_is_unwell_is_named() -> None:
    verdict = PreflightCriterion().judge((UP, DOWN, ABSENT))
    assert (verdict.status, verdict.code) == (Status.NOT_MET, "part_unwell")
    assert verdict.observed == "Not ready: mock service."
