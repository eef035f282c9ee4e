"""Impact: stated numbers beside the burst's record."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from portal.bursts.models import Burst
from portal.criteria.base import Status, Subject
from portal.impact import store
from portal.impact.comparison import ImpactComparison, Statement
from portal.impact.criterion import ImpactCriterion
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services

SENTENCE = "One in five people could not buy anything for about a minute."


def incident(learner: Learner, services: Services, **counts: object) -> Burst:
    now = services.clock()
    start = now.timestamp()
    burst = Burst(
        learner_id=learner.id,
        key=uuid4().hex,
        preset="error-burst",
        title="Error burst",
        spec={"rate": 20, "duration": 60},
        state="finished",
        requested_at=now,
        started_at=now,
        ended_at=now + timedelta(seconds=60),
        heartbeat_at=now,
        counts={
            "sent": 1200,
            "good": 960,
            "failed": {"500": 200, "timeout": 40},
            "slow": 15,
            "first_bad_due_at": start + 0.2,
            "last_bad_end_at": start + 59.8,
            **counts,
        },
    )
    db.session.add(burst)
    db.session.commit()
    return burst


def verdict_code(learner: Learner, services: Services) -> tuple[Status, str]:
    criterion = ImpactCriterion()
    verdict = criterion.judge(criterion.collect(Subject(services, learner)))
    return verdict.status, verdict.code


def test_fails_before_passes_after_fails_when_the_statement_is_wrong(
    learner: Learner, services: Services
) -> None:
    assert verdict_code(learner, services) == (Status.NOT_MET, "no_incident")
    burst = incident(learner, services)
    assert verdict_code(learner, services) == (Status.NOT_MET, "nothing_stated")
    store.save(learner.id, burst, Statement(264, 17, 64, SENTENCE), services.clock())
    assert verdict_code(learner, services) == (Status.MET, "impact_stated")
    store.save(learner.id, burst, Statement(265, 15, 60, SENTENCE), services.clock())
    assert verdict_code(learner, services) == (Status.NOT_MET, "impact_differs")


def test_nine_hurt_requests_are_no_incident_and_ten_are(
    learner: Learner, services: Services
) -> None:
    incident(learner, services, failed={"500": 5}, slow=4)
    assert store.incidents(learner.id) == []
    incident(learner, services, failed={"500": 5}, slow=5)
    assert len(store.incidents(learner.id)) == 1


@pytest.mark.parametrize(
    ("stated", "measured", "close"),
    [(0, 2, True), (0, 2.1, False), (90, 100, True), (89.9, 100, False), (110, 100, True)],
)
def test_the_tolerance_is_ten_percent_or_two(
    stated: float, measured: float, *, close: bool
) -> None:
    assert ImpactComparison("x", "", stated, measured).is_close is close


def test_a_statement_is_refused_with_reasons_and_kept_in_the_form(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    burst = incident(learner, services)
    typed = {"burst": burst.id, "failed": "many", "slow": "-1", "seconds": "", "sentence": "<b>x"}
    answer = client.post("/impact", data=typed)
    assert answer.status_code == 422
    assert "Type a number of failed requests" in answer.text
    assert 'value="many"' in answer.text
    assert "&lt;b&gt;x" in answer.text
    assert store.latest_statement(learner.id) is None


def test_the_difference_is_shown(client: FlaskClient, learner: Learner, services: Services) -> None:
    burst = incident(learner, services)
    typed = {"burst": burst.id, "failed": "200", "slow": "15", "seconds": "60"}
    answer = client.post("/impact", data={**typed, "sentence": SENTENCE}, follow_redirects=True)
    assert answer.status_code == 200
    assert "−40" in answer.text
    assert answer.text.count("✓ yes") == 2
    assert answer.text.count("✗ not yet") == 1


def test_incidents_are_told_apart_and_each_can_be_looked_up(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    numbers = [incident(learner, services).id for _ in range(4)]
    html = client.get("/impact").text
    for number in numbers:
        assert f">Burst {number}: error burst, " in html
        link = f'<a href="/bursts/{number}" rel="noopener" target="_blank">'
        assert f"{link}burst {number}</a>" in html


def test_stating_the_impact_leads_to_the_step(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    burst = incident(learner, services)
    criterion = ImpactCriterion()
    where = criterion.judge(criterion.collect(Subject(services, learner))).where
    assert where is not None
    assert where.url == "/steps/user-impact#impact-form"
    typed = {"burst": burst.id, "failed": "240", "slow": "15", "seconds": "60"}
    answer = client.post("/impact", data={**typed, "sentence": SENTENCE})
    assert answer.location == "/steps/user-impact?kept=yes#impact-form"
    page = client.get(answer.location).text
    assert "Your statement is kept" in page
    assert '<td class="num">exact</td>' in page
    assert ">+0<" not in page


def test_the_incident_of_somebody_else_or_of_nobody_is_refused(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    incident(learner, services)
    typed = {"burst": "99", "failed": "1", "slow": "1", "seconds": "1", "sentence": SENTENCE}
    answer = client.post("/impact", data=typed)
    assert answer.status_code == 422
    assert "Choose one of your incidents" in answer.text


def test_an_incident_stays_one_however_many_harmless_bursts_follow(
    learner: Learner, services: Services
) -> None:
    hurt = incident(learner, services)
    for _ in range(60):
        incident(learner, services, good=1200, failed={}, slow=0)
    incident(learner, services, good=1180, failed={}, slow=0, cut=20)
    assert store.incidents(learner.id) == [hurt]
