"""The first page says what this is, how long it takes, and where to go."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from portal.criteria.base import Status, Verdict
from portal.criteria.checker import Checker
from portal.criteria.store import save
from portal.learners.models import Learner
from portal.steps.catalog import load, minutes
from tests.conftest import START


@pytest.fixture(autouse=True)
def no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is checked in the background."""
    monkeypatch.setattr(Checker, "refresh", lambda *_: [])


def test_three_sentences_say_what_this_is(client: FlaskClient) -> None:
    paragraph = re.search(r"</h1>\s*<p>(.*?)</p>", client.get("/").text, re.DOTALL)
    assert paragraph
    assert len(re.findall(r"\.(?:\s|$)", paragraph[1])) == 3


def test_it_says_how_long_it_takes(client: FlaskClient) -> None:
    required = minutes(step for step in load() if not step.optional)
    assert f"about {required} minutes" in client.get("/").text


def test_a_newcomer_starts_at_the_first_step(client: FlaskClient) -> None:
    assert '<a class="btn" href="/steps/preflight">Start' in client.get("/").text


def test_it_leads_on_from_a_step_that_the_lab_has_ticked(
    client: FlaskClient, learner: Learner
) -> None:
    save(learner.id, "preflight", Verdict(Status.MET, "c", "h", "o", "e"), START)
    html = client.get("/").text
    assert '<a class="btn" href="/steps/meet-the-service">Continue: Meet the service<' in html


def test_it_promises_no_more_than_the_browser_keeps(client: FlaskClient) -> None:
    html = client.get("/").text
    assert "Your data stays on this machine" in html
    assert "Nothing leaves" not in html


def test_who_comes_back_goes_on_where_they_were(client: FlaskClient, learner: Learner) -> None:
    save(learner.id, "preflight", Verdict(Status.MET, "c", "h", "o", "e"), START)
    client.post("/steps/meet-the-service/done")
    html = client.get("/").text
    assert '<a class="btn" href="/steps/traffic">Continue' in html
    assert "2 of 9 steps done" in html
