"""Host allowlist, headers, cookies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.config import Settings
from portal.kit.htmx import CDN
from tests.apps import portal_app


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1234", "127.0.0.1"])
def test_loopback_names_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:8080", "10.0.0.1"]
)
def test_another_name_gets_a_sentence_instead(client: FlaskClient, host: str) -> None:
    answer = client.get("/slos", headers={"Host": host})
    assert answer.status_code == 400
    assert "SLO_LAB_ALLOWED_HOSTS" in answer.text


def test_a_further_name_can_be_allowed(settings: Settings) -> None:
    with portal_app(replace(settings, allowed_hosts="lab.example, other.example")) as app:
        answer = app.test_client().get("/healthz", headers={"Host": "lab.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("host", "status"), [("192.0.2.7", 200), ("0.0.0.0", 400)])
def test_the_address_it_listens_on_is_a_name_of_the_portal(
    settings: Settings, host: str, status: int
) -> None:
    with portal_app(replace(settings, host=host)) as app:
        answer = app.test_client().get("/healthz", headers={"Host": f"{host}:8080"})
    assert answer.status_code == status


def test_every_page_forbids_inline_script_and_framing(client: FlaskClient) -> None:
    headers = client.get("/slos").headers
    policy = headers["Content-Security-Policy"]
    assert f"script-src 'self' {CDN};" in policy
    assert CDN.endswith("/htmx.min.js")
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_browser_keeps_a_page_and_each_may_keep_what_is_no_page(client: FlaskClient) -> None:
    """A page from the cache would show what is no more, to whoever uses the browser next."""
    for page in ("/slos", "/criteria/slo", "/no-such-page"):
        assert client.get(page).headers["Cache-Control"] == "no-store", page
    with client.get("/static/app.css") as style:
        assert style.status_code == 200
        assert "no-store" not in style.headers["Cache-Control"]


def test_no_other_site_frames_opens_or_reads_a_page(client: FlaskClient) -> None:
    headers = client.get("/slos").headers
    assert headers["X-Frame-Options"] == "DENY"
    for name in (
        "Referrer-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
    ):
        assert headers[name] == "same-origin"
    directives = headers["Content-Security-Policy"].split("; ")
    for directive in (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ):
        assert directive in directives


def test_the_cookie_has_a_name_of_its_own(app: Flask) -> None:
    assert app.config["SESSION_COOKIE_NAME"] == "slo_lab_session"
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_secrets_are_made_once_and_for_the_owner_only(app: Flask, settings: Settings) -> None:
    path = settings.data_dir / "secrets" / "secret-key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert create_app(settings).config["SECRET_KEY"] == app.config["SECRET_KEY"]
