"""Every error is told: as a page, or where the page has its place for it."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import NotSupportedError

from portal.errors import SLOLabError
from portal.kit.database_fault import DatabaseFault
from portal.kit.error_pages import DOUBT

HTMX = {"HX-Request": "true"}


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    """A portal with two views that fail."""

    @app.route("/fails", methods=["GET", "POST"])
    def fails() -> str:
        raise SLOLabError("Prometheus’ disk is full.")

    @app.route("/breaks", methods=["GET", "POST"])
    def breaks() -> str:
        raise ZeroDivisionError("secret detail")

    app.config["TESTING"] = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


def test_a_browser_gets_a_page_with_a_way_back(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "nothing at this address" in answer.text
    assert 'href="/steps"' in answer.text


def test_our_own_error_is_its_sentence(broken: FlaskClient) -> None:
    answer = broken.get("/fails")
    assert answer.status_code == 503
    assert "disk is full." in answer.text


def test_a_bug_tells_nothing_of_itself(broken: FlaskClient) -> None:
    answer = broken.get("/breaks")
    assert answer.status_code == 500
    assert "The portal made a mistake" in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/fails", 503), ("/breaks", 500), ("/slis", 405)])
def test_htmx_gets_the_sentence_for_the_place_on_the_page(
    broken: FlaskClient, path: str, status: int
) -> None:
    answer = broken.post(path, headers=HTMX)
    assert answer.status_code == status
    assert answer.headers["HX-Retarget"] == "#problem"
    assert unquote(answer.headers["X-Problem"]) in answer.text.replace("&#39;", "'")
    assert "<html" not in answer.text


def test_every_page_has_that_place(client: FlaskClient) -> None:
    page = client.get("/slos").text
    assert 'id="problem"' in page
    assert "problems.js" in page


def test_no_page_promises_what_nobody_knows(broken: FlaskClient) -> None:
    assert DOUBT in broken.post("/breaks").text
    assert DOUBT not in broken.get("/breaks").text
    assert "still there" not in broken.post("/breaks").text


def test_an_error_without_a_name_is_our_mistake_and_logged(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    @broken.application.get("/odd")
    def odd() -> str:
        raise NotSupportedError("SELECT", {}, Exception("secret detail"))

    answer = broken.get("/odd")
    assert answer.status_code == 500
    assert DatabaseFault.UNKNOWN.sentence in answer.text
    assert "secret detail" not in answer.text
    assert caplog.records[-1].exc_info
