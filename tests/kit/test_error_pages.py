"""Every error is told: as a page, or where the page has its place for it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import NotSupportedError

from portal.errors import SLOLabError
from portal.kit.database_fault import DatabaseFault
from portal.kit.error_pages import DOUBT

HTMX = {"HX-Request": "true"}


class SentForm(HTMLParser):
    """What a browser would send with the page's one form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.sent, self._area = "", dict[str, str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = named["action"]
        elif tag == "input":
            self.sent[named["name"]] = named["value"]
        elif tag == "textarea":
            self._area = named["name"]
            self.sent[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser takes away the line end that a text area begins with.
            self.sent[self._area] = self.sent[self._area].removeprefix("\n")
            self._area = ""


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


def test_a_form_that_failed_is_given_back_whole_and_can_be_sent_again(broken: FlaskClient) -> None:
    typed = {"why": "\nTwo <lines>,\r\nand “quotes”.", "objective": "99.9", "key": "k1"}
    answer = broken.post("/fails?from=here", data=typed)
    assert answer.status_code == 503
    page = SentForm(answer.text)
    assert page.sent == typed
    assert page.action == "/fails?from=here"
    assert "Send it again" in answer.text


@pytest.mark.parametrize("path", ["/slis", "/nowhere"])
def test_what_no_page_takes_is_not_offered_again(broken: FlaskClient, path: str) -> None:
    assert "Send it again" not in broken.post(path, data={"why": "two words"}).text


def test_another_sites_form_is_not_offered_again(broken: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = broken.post("/fails", data={"why": "two words"}, headers=headers)
    assert answer.status_code == 403
    assert "two words" not in answer.text


def test_a_page_that_failed_has_no_form(broken: FlaskClient) -> None:
    assert "<form" not in broken.get("/fails?why=two+words").text
