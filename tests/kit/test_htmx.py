"""htmx comes from the CDN with its integrity, or from the copy behind it: one and the same file."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

import portal
from portal.kit import htmx

COPY = Path(portal.__file__).parent / "static" / htmx.VENDORED


def test_the_vendored_copy_is_the_file_that_the_cdn_is_held_to() -> None:
    digest = base64.b64encode(hashlib.sha384(COPY.read_bytes()).digest()).decode()
    assert f"sha384-{digest}" == htmx.INTEGRITY
    assert htmx.VERSION in htmx.CDN
    assert htmx.VERSION in htmx.VENDORED


def test_by_default_the_cdn_comes_first_and_the_copy_behind_it(
    app: Flask, client: FlaskClient
) -> None:
    htmx.init_app(app, "cdn")
    page = client.get("/slos").text
    tag = f'<script async src="{htmx.CDN}" integrity="{htmx.INTEGRITY}" crossorigin="anonymous"'
    assert tag in page
    assert f'htmx-fallback.js" data-vendored="/static/{htmx.VENDORED}"' in page


def test_our_own_script_is_there_before_the_cdn_s_can_fail(app: Flask, client: FlaskClient) -> None:
    htmx.init_app(app, "cdn")
    page = client.get("/slos").text
    assert page.index("<script") == page.index('<script src="/static/htmx-fallback.js"')
    assert page.index("htmx-fallback.js") < page.index(htmx.CDN) < page.index("stylesheet")


def test_the_vendored_copy_can_serve_alone(client: FlaskClient) -> None:
    page = client.get("/slos").text
    assert f"/static/{htmx.VENDORED}" in page
    assert "jsdelivr" not in page
    with client.get(f"/static/{htmx.VENDORED}") as answer:
        assert answer.status_code == 200
