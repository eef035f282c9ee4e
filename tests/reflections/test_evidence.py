"""Evidence: gathered whatever happens, kept as JSON, read back after years."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask

from portal.criteria import store as verdicts
from portal.criteria.base import Status, Verdict
from portal.learners.models import Learner
from portal.reflections.evidence import gather
from portal.reflections.facts import Evidence
from portal.reflections.markdown import evidence_parts
from portal.services import Services
from tests.conftest import START
from tests.reflections.conftest import IMPACT, do_some_work


def verdict(status: Status) -> Verdict:
    return Verdict(status, "code", "A headline", "seen", "needed")


def full_evidence(services: Services, learner: Learner) -> Evidence:
    do_some_work(learner, START)
    verdicts.save(learner.id, "slo", verdict(Status.MET), START)
    return gather(services, learner, whole=True)


def test_it_holds_slis_slos_bursts_verdicts_and_the_last_hour(
    learner: Learner, answering: Services
) -> None:
    evidence = full_evidence(answering, learner)
    assert (evidence.slis.state, evidence.slis.availability) == ("ok", 0.99)
    assert (evidence.slis.requests, evidence.slis.failed) == (200, 2)
    assert [slo.objective for slo in evidence.slos] == [0.99]
    assert [burst.failed for burst in evidence.bursts] == [{"500": 240}]
    assert [burst.quantiles for burst in evidence.bursts] == [{"p95": 0.061}]
    assert [(v.title, v.status, v.first_met_at) for v in evidence.verdicts] == [
        ("An SLO", "met", START)
    ]
    assert evidence.history is not None
    assert (evidence.history.end - evidence.history.start).total_seconds() == 3600
    assert evidence.history.points[-1][1:] == (0.99, 0.975)
    assert evidence.unreachable == ()


def test_a_burst_says_what_was_predicted_and_what_its_alerts_did(
    learner: Learner, answering: Services
) -> None:
    (burst,) = full_evidence(answering, learner).bursts
    assert (burst.predicted_error_ratio, burst.predicted_page) == (0.25, True)
    (alert,) = burst.alerts
    assert (alert.name, alert.source, alert.before) == ("Burn *fast*", "Grafana", "inactive")
    assert [(step.state, step.seconds) for step in alert.transitions] == [
        ("pending", 20),
        ("firing", 45),
        ("resolved", 100),
    ]


def test_the_verdict_on_the_reflection_itself_is_no_evidence(
    learner: Learner, services: Services
) -> None:
    verdicts.save(learner.id, "reflection", verdict(Status.NOT_MET), START)
    assert gather(services, learner, whole=False).verdicts == ()


def test_an_unreachable_prometheus_is_named_and_the_rest_is_there(
    learner: Learner, services: Services
) -> None:
    evidence = full_evidence(services, learner)
    assert len(evidence.unreachable) == 1
    assert "Prometheus" in evidence.unreachable[0]
    assert evidence.slis.availability is None
    assert evidence.history is None
    assert len(evidence.slos) == len(evidence.bursts) == 1


def test_it_survives_json(learner: Learner, answering: Services) -> None:
    evidence = full_evidence(answering, learner)
    assert Evidence.from_json(json.loads(json.dumps(evidence.to_json()))) == evidence


def test_evidence_of_another_version_can_still_be_read(
    app: Flask, learner: Learner, answering: Services
) -> None:
    kept: dict[str, Any] = full_evidence(answering, learner).to_json()
    kept["slis"]["from_the_future"] = 1
    kept["bursts"][0]["from_the_future"] = 1
    for late in ("alerts", "predicted_page", "predicted_error_ratio"):
        del kept["bursts"][0][late]
    del kept["verdicts"][0]["title"]
    old = Evidence.from_json(kept)
    assert old.verdicts[0].criterion == "slo"
    assert old.bursts[0].sent == 1200


def test_the_statement_on_user_impact_is_part_of_it(learner: Learner, services: Services) -> None:
    assert gather(services, learner, whole=False).impact is None
    do_some_work(learner, services.clock())
    evidence = gather(services, learner, whole=False)
    assert evidence.impact is not None
    assert (evidence.impact.failed, evidence.impact.sentence) == (240, IMPACT)
    assert Evidence.from_json(evidence.to_json()) == evidence
    old = {name: value for name, value in evidence.to_json().items() if name != "impact"}
    assert Evidence.from_json(old).impact is None
    shown = "Burst 1, as stated: 240 failed, 3 slow, it hurt for 59 s."
    assert f"{shown} One in five \\<visitors\\> saw" in "\n".join(evidence_parts(evidence))
