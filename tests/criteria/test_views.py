"""Checking again: where the learner is sent afterwards."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


def back_to(client: FlaskClient, path: str) -> str:
    answer = client.post("/criteria/slo/check", data={"back": path})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


@pytest.mark.parametrize("path", ["/", "/steps/slo", "/slos?deleted=a&x=%2Fb"])
def test_a_check_leads_back_to_the_page_it_was_asked_on(client: FlaskClient, path: str) -> None:
    assert back_to(client, path) == path


ELSEWHERE = (
    *("", "x", "http://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"),
    *("/\n/evil.example", "/steps\r\nX-Injected: yes", "/\x00", "/é"),
)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_and_to_no_other_site(client: FlaskClient, path: str) -> None:
    assert back_to(client, path) == "/criteria"
