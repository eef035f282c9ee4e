"""No page of another site can change anything here."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

FORM = {"sli": "availability", "objective": "99", "window": "28d", "why": "because users notice"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {},
        {"Origin": "http://localhost"},
    ],
)
def test_our_own_pages_and_curl_may_post(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/slos", data=FORM, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
    ],
)
def test_other_sites_may_not_post(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/slos", data=FORM, headers=headers)
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text
    assert "no SLO yet" in client.get("/slos").text


def test_reading_is_allowed_from_anywhere(client: FlaskClient) -> None:
    assert client.get("/slos", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
