"""The SLO criterion and the SLO form, through the pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from portal.criteria.base import Status, Subject
from portal.learners.models import Learner
from portal.objectives.criterion import SLOCriterion
from portal.services import Services

FORM = {
    "sli": "availability",
    "threshold": "0.3",
    "objective": "99.5 %",
    "window": "28d",
    "why": "Below it our users begin to complain.",
}


def status(learner: Learner, services: Services) -> Status:
    criterion = SLOCriterion()
    return criterion.judge(criterion.collect(Subject(services, learner))).status


def test_fails_before_passes_after_and_follows_delete_and_undo(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    assert status(learner, services) is Status.NOT_MET
    assert client.post("/slos", data=FORM).status_code == 303
    assert status(learner, services) is Status.MET
    deleted = client.post("/slos/availability/delete", follow_redirects=True)
    assert "Undo" in deleted.text
    assert status(learner, services) is Status.NOT_MET
    client.post("/slos/availability/restore")
    assert status(learner, services) is Status.MET


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("objective", "100", "leaves no error budget"),
        ("objective", "0", "promises nothing"),
        ("objective", "", "Type an objective"),
        ("objective", "lots", "not a number"),
        ("window", "2y", "one of the windows"),
        ("sli", "up", "availability or latency"),
        ("why", "because", "characters or more"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    client: FlaskClient, field: str, value: str, reason: str
) -> None:
    answer = client.post("/slos", data={**FORM, field: value})
    assert answer.status_code == 422
    assert reason in answer.text
    assert FORM["why"] in answer.text or field == "why"
    assert "You have no SLO yet" in answer.text


def test_a_threshold_that_is_no_bucket_is_refused(client: FlaskClient) -> None:
    answer = client.post("/slos", data={**FORM, "sli": "latency", "threshold": "0.33"})
    assert answer.status_code == 422
    assert "could not be measured" in answer.text


@pytest.mark.parametrize(("typed", "shown"), [("0.995", "99.5 %"), ("99,5", "99.5 %")])
def test_percent_and_ratio_mean_the_same(client: FlaskClient, typed: str, shown: str) -> None:
    client.post("/slos", data={**FORM, "objective": typed})
    assert shown in client.get("/slos/availability").text


def test_the_form_answers_htmx_with_the_form_alone(client: FlaskClient) -> None:
    answer = client.post("/slos", data={**FORM, "objective": "100"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.text.lstrip().startswith("<form")
    saved = client.post("/slos", data=FORM, headers={"HX-Request": "true"})
    assert saved.headers["HX-Redirect"] == "/slos?saved=availability"


def test_a_second_slo_of_the_same_name_gets_a_name_of_its_own(client: FlaskClient) -> None:
    client.post("/slos", data=FORM)
    client.post("/slos", data={**FORM, "objective": "99.9"})
    assert client.get("/slos/availability-2").status_code == 200


def test_an_edit_is_kept_in_the_history(client: FlaskClient) -> None:
    client.post("/slos", data=FORM)
    client.post("/slos/availability", data={**FORM, "objective": "99.9"})
    page = client.get("/slos/availability").text
    assert "created: 99.5 %" in page
    assert "changed: 99.9 %" in page


def test_hostile_text_is_shown_as_text(client: FlaskClient) -> None:
    client.post("/slos", data={**FORM, "title": "<script>x</script>", "why": "<img src=x>" * 3})
    page = client.get("/slos").text + client.get("/slos/script-x-script").text
    assert "<script>x" not in page
    assert "<img src=x>" not in page


def test_without_prometheus_the_page_says_so(client: FlaskClient) -> None:
    client.post("/slos", data=FORM)
    assert "No figures: Prometheus can" in client.get("/slos").text
