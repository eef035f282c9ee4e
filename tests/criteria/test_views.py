"""Checking again: where the learner is sent afterwards."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from portal.criteria import store
from portal.criteria.base import Status, Verdict, VerdictLine, Where
from portal.criteria.checker import Checker
from portal.learners.models import Learner
from portal.services import Services
from tests.conftest import START


def back_to(client: FlaskClient, path: str) -> str:
    answer = client.post("/criteria/slo/check", data={"back": path})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


@pytest.mark.parametrize("path", ["/", "/steps/slo", "/slos?deleted=a&x=%2Fb"])
def test_a_check_leads_back_to_the_page_it_was_asked_on(client: FlaskClient, path: str) -> None:
    assert back_to(client, path) == path


ELSEWHERE = (
    *("", "x", "http://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"),
    *("/\n/evil.example", "/steps\r\nX-Injected: yes", "/\x00", "/é", "//[", "http://[x"),
)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_and_to_no_other_site(client: FlaskClient, path: str) -> None:
    assert back_to(client, path) == "/criteria"


def test_a_link_to_the_page_that_is_open_is_left_out(
    client: FlaskClient, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checker, "refresh", lambda *_: [])
    where = Where("My board", "/workbench#panels")
    seen = Verdict(Status.NOT_MET, "c", "Headline", "seen", "needed", where)
    store.save(learner.id, "dashboard", seen, START)
    for there, is_linked in (("/workbench", False), ("/steps/dashboard", True)):
        fragment = client.get("/criteria/dashboard", query_string={"here": there}).text
        assert ("My board" in fragment) is is_linked
        assert f"here={there}" in fragment.replace("%2F", "/")
        answer = client.post(
            "/criteria/dashboard/check", data={"back": there}, headers={"HX-Request": "true"}
        )
        assert f'name="back" value="{there}"' in answer.text
    assert "here=/workbench" in client.get("/workbench").text.replace("%2F", "/")


WRONG = (VerdictLine(Status.NOT_MET, "“Requests” shows no SLI"),)


@pytest.mark.parametrize(
    ("lines", "was_met", "look", "mark"),
    [((), False, "to_do", "○"), (WRONG, False, "not_met", "✗"), ((), True, "not_met", "✗")],
)
def test_nobody_is_shown_a_failure_before_they_had_a_try(
    client: FlaskClient,
    learner: Learner,
    monkeypatch: pytest.MonkeyPatch,
    lines: tuple[VerdictLine, ...],
    was_met: bool,
    look: str,
    mark: str,
) -> None:
    monkeypatch.setattr(Checker, "refresh", lambda *_: [])
    if was_met:
        store.save(learner.id, "slo", Verdict(Status.MET, "c", "h", "o", "e"), START)
    missing = Verdict(Status.NOT_MET, "c", "Nothing yet", "o", "e", lines=lines)
    store.save(learner.id, "slo", missing, START)
    card = client.get("/criteria/slo").text
    assert f'class="verdict {look}"' in card
    assert f'aria-hidden="true">{mark}</span> Nothing yet' in card


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.NOT_MET, True),
        (Status.NOT_ENOUGH_DATA, True),
        (Status.CANNOT_CHECK, False),
        (Status.MET, False),
    ],
)
def test_what_cannot_be_checked_is_not_called_not_met(
    client: FlaskClient,
    learner: Learner,
    monkeypatch: pytest.MonkeyPatch,
    status: Status,
    said: bool,
) -> None:
    monkeypatch.setattr(Checker, "refresh", lambda *_: [])
    for one in (Status.MET, status):
        store.save(learner.id, "slo", Verdict(one, "c", "h", "o", "e"), START)
    card = client.get("/criteria/slo").text
    assert "first met" in card
    assert ("not met now" in card) is said


def test_check_again_tries_a_refused_token_at_once(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []
    monkeypatch.setattr(services.grafana, "try_token_again", lambda: tried.append(True))
    client.get("/criteria/slo")
    assert tried == []
    client.post("/criteria/slo/check")
    assert tried == [True]
