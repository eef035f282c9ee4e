"""No page of another site can change anything here, or have the portal work for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from portal.clients import calls


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Whom the portal asks, as it asks."""
    heard: list[str] = []
    calls.listeners.append(heard.append)
    yield heard
    calls.listeners.remove(heard.append)


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


def fetched(mode: str, dest: str, site: str = "cross-site") -> dict[str, str]:
    """What a browser says of a request that a page of another site makes."""
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_on_another_site_leads_here(client: FlaskClient, site: str) -> None:
    followed = fetched("navigate", "document", site)
    assert client.get("/slos", headers=followed).status_code == 200
    followed.pop("Sec-Fetch-Dest")
    assert client.get("/slos", headers=followed).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        fetched("no-cors", "image"),
        fetched("no-cors", "script"),
        fetched("cors", "empty"),
        fetched("cors", "empty", "same-site"),
        fetched("navigate", "iframe"),
        fetched("navigate", "embed", "same-site"),
        {"Origin": "http://evil.example"},
    ],
)
def test_what_another_site_asks_for_without_a_visitor_is_refused_before_any_work(
    client: FlaskClient, headers: dict[str, str], asked: list[str]
) -> None:
    client.get("/slis/readout", headers={"Sec-Fetch-Site": "same-origin"})
    assert "Prometheus" in asked
    asked.clear()
    for path in ("/slis/readout", "/workbench/try?expr=up", "/bursts/1", "/healthz"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 403
        assert "A page of another site asked for this" in answer.text
    assert asked == []


def test_only_a_page_that_is_read_may_be_led_to(client: FlaskClient) -> None:
    followed = fetched("navigate", "document")
    for method in ("POST", "HEAD", "OPTIONS"):
        assert client.open("/slos", method=method, headers=followed).status_code == 403
