"""The reflections page, with htmx and without."""

from __future__ import annotations

import html
import re
import socket
import time
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.config import Settings
from portal.criteria.store import stored_verdict
from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import Limits
from portal.reflections import store
from portal.reflections.questions import MAX_BYTES, QUESTION_IDS
from portal.reflections.store import Draft
from tests.apps import portal_app
from tests.conftest import START, Clock
from tests.reflections.conftest import ANSWERS

pytestmark = pytest.mark.both_databases

HTMX = {"HX-Request": "true"}


def text_in_box(page: TestResponse, question_id: str = "slis") -> str:
    """What a browser would show in the box: it drops the first line break."""
    found = re.search(rf'<textarea id="text-{question_id}".*?>\n(.*?)</textarea>', page.text, re.S)
    assert found is not None
    return html.unescape(found[1])


def hidden(page: TestResponse, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, name
    return found[1]


def autosave(
    client: FlaskClient, text: str, version: int = 0, tab: str = "one", action: str = ""
) -> TestResponse:
    """What htmx sends a second after typing stops."""
    form = {"text-slis": text, "version-slis": version, "tab": tab, "action": action}
    return client.post("/reflections/answers/slis", data=form, headers=HTMX)


def whole_form(texts: dict[str, str], action: str = "save", **more: object) -> dict[str, object]:
    """What a browser without JavaScript sends."""
    return {f"text-{q}": text for q, text in texts.items()} | {"action": action, **more}


def kept(app: Flask) -> dict[str, str]:
    with app.app_context():
        return store.answers(1)


def test_the_page_asks_the_four_questions(client: FlaskClient) -> None:
    page = client.get("/reflections")
    assert page.status_code == 200
    for question_id in QUESTION_IDS:
        assert text_in_box(page, question_id) == ""
    assert page.text.count("nothing written yet") == 4


def test_what_an_answer_needs_is_told_from_the_start(client: FlaskClient) -> None:
    assert client.get("/reflections").text.count("at least 20 characters, 20 to go") == 4
    assert "at least 20 characters, 8 to go" in autosave(client, "Availability").text
    assert "to go" not in autosave(client, "x" * 20).text


def test_beside_submit_stands_what_is_missing(client: FlaskClient) -> None:
    autosave(client, ANSWERS["slis"])
    page, fragment = client.get("/reflections").text, client.get("/reflections/submit").text
    assert fragment in page
    assert "1 of 4 answered" in fragment
    assert re.findall(r'href="#text-(\w+)"', fragment) == ["slos", "scale", "struggle"]


def test_with_four_answers_nothing_is_missing(client: FlaskClient) -> None:
    client.post("/reflections", data=whole_form(ANSWERS))
    assert "All 4 answered" in client.get("/reflections/submit").text


def test_the_page_does_not_depend_on_htmx_headers(client: FlaskClient) -> None:
    assert text_in_box(client.get("/reflections", headers=HTMX)) == ""


def test_autosave_says_when_it_saved_and_carries_the_next_version(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    answer = autosave(client, "Availability")
    assert answer.status_code == 200
    assert f"saved {clock.now.astimezone():%H:%M:%S}" in answer.text
    assert "12 of 50,000 bytes" in answer.text
    assert hidden(answer, "version-slis") == "1"
    assert "<textarea" not in answer.text
    assert kept(app)["slis"] == "Availability"


def test_the_same_autosave_twice_is_one(client: FlaskClient) -> None:
    autosave(client, "Availability")
    assert hidden(autosave(client, "Availability"), "version-slis") == "1"


@pytest.mark.parametrize(
    "text",
    [
        "\n\nstarts with empty lines",
        "</textarea><script>alert(1)</script>",
        "עברית \u202e العربية 日本語 \U0001f469\u200d\U0001f52c",
        "&amp; &lt; \" '",
        "x" * MAX_BYTES,
    ],
)
def test_what_was_saved_stands_in_the_box_again(client: FlaskClient, text: str) -> None:
    assert autosave(client, text).status_code == 200
    assert text_in_box(client.get("/reflections")) == text


def test_a_second_tab_is_told_and_sees_both_texts(app: Flask, client: FlaskClient) -> None:
    autosave(client, "from the first <tab>")
    answer = autosave(client, "from the second tab", tab="two")
    assert answer.status_code == 409
    assert "from the first &lt;tab&gt;" in answer.text
    assert "from the second tab" in answer.text
    assert (hidden(answer, "version-slis"), hidden(answer, "seen-slis")) == ("0", "1")
    assert kept(app)["slis"] == "from the first <tab>"


@pytest.mark.parametrize(
    ("keep", "result"),
    [("mine", "second"), ("theirs", "first"), ("both", "first\n\nsecond")],
)
def test_the_second_tab_chooses(app: Flask, client: FlaskClient, keep: str, result: str) -> None:
    autosave(client, "first")
    autosave(client, "second", tab="two")
    form = {"text-slis": "second", "version-slis": 0, "seen-slis": 1, "tab": "two"}
    form["action"] = f"{keep}:slis"
    answer = client.post("/reflections/answers/slis", data=form, headers=HTMX)
    assert answer.status_code == 200
    assert text_in_box(answer) == kept(app)["slis"] == result
    assert ("1 text set aside" in answer.text) is (keep != "both")


def test_without_javascript_the_second_tab_gets_the_page_with_both_texts(
    app: Flask, client: FlaskClient
) -> None:
    autosave(client, "first")
    form = whole_form({"slis": "second", "slos": "also typed"}, tab="two")
    page = client.post("/reflections", data=form)
    assert page.status_code == 409
    assert text_in_box(page) == "second"
    assert hidden(page, "tab") == "two"
    assert kept(app) | {"slis": "first", "slos": "also typed"} == kept(app)
    chosen = form | {"action": "mine:slis", "seen-slis": hidden(page, "seen-slis")}
    assert client.post("/reflections", data=chosen).location == "/reflections#question-slis"
    assert kept(app)["slis"] == "second"


def test_a_text_that_is_too_long_comes_back_whole_with_the_reason(
    app: Flask, client: FlaskClient
) -> None:
    text = "é" * 25_000 + "end"
    answer = autosave(client, text)
    assert answer.status_code == 422
    assert "Not saved: too long." in answer.text
    assert "Shorten it by 3" in answer.text
    page = client.post("/reflections", data=whole_form({"slis": text, "slos": "kept"}))
    assert page.status_code == 422
    assert text_in_box(page) == text
    assert (kept(app)["slis"], kept(app)["slos"]) == ("", "kept")


def test_saving_without_javascript_saves_all_and_goes_back_to_the_page(
    app: Flask, client: FlaskClient
) -> None:
    answer = client.post("/reflections", data=whole_form(ANSWERS, "save:scale"))
    assert (answer.status_code, answer.location) == (303, "/reflections#question-scale")
    assert kept(app) == ANSWERS


def test_an_unknown_button_saves(app: Flask, client: FlaskClient) -> None:
    form = whole_form({"slis": "kept"}, "append:slis:99999999999999999999999")
    assert client.post("/reflections", data=form).status_code == 303
    assert kept(app)["slis"] == "kept"


def test_a_form_without_any_answer_changes_nothing(app: Flask, client: FlaskClient) -> None:
    autosave(client, "stays")
    assert client.post("/reflections", data={"tab": "two"}).status_code == 303
    assert client.post("/reflections/answers/slis", headers=HTMX).status_code == 400
    assert client.post("/reflections/answers/why", headers=HTMX).status_code == 404
    assert kept(app)["slis"] == "stays"


def set_aside_id(app: Flask) -> int:
    with app.app_context():
        return store.set_aside(1)[0].id


def test_a_text_set_aside_can_be_added_or_thrown_away(app: Flask, client: FlaskClient) -> None:
    autosave(client, "first")
    autosave(client, "second", tab="two")
    page = client.get("/reflections")
    assert "1 text set aside" in page.text
    action = f"append:slis:{set_aside_id(app)}"
    answer = autosave(client, "first", version=1, tab="three", action=action)
    assert text_in_box(answer) == "first\n\nsecond"
    autosave(client, "late", tab="four")
    drop = f"drop:slis:{set_aside_id(app)}"
    assert text_in_box(autosave(client, "first\n\nsecond", 2, "five", drop)) == "first\n\nsecond"
    assert "set aside</summary>" not in client.get("/reflections").text


def submit(client: FlaskClient, texts: dict[str, str], key: str = "key") -> TestResponse:
    return client.post("/reflections", data=whole_form(texts, "submit", key=key, tab="one"))


def test_submitting_saves_and_keeps_the_answers_with_evidence(
    app: Flask, client: FlaskClient
) -> None:
    answer = submit(client, ANSWERS)
    assert (answer.status_code, answer.location) == (303, "/reflections/history/1")
    page = client.get("/reflections/history/1")
    for text in ANSWERS.values():
        assert text in page.text
    assert "Prometheus can&#39;t be reached" in page.text


def test_submitting_ticks_the_last_step_at_once(app: Flask, client: FlaskClient) -> None:
    submit(client, ANSWERS)
    with app.app_context():
        row = stored_verdict(1, "reflection")
        assert row is not None
        assert row.status == "met"


def test_a_second_post_with_the_same_key_returns_the_same_submission(client: FlaskClient) -> None:
    assert submit(client, ANSWERS).location == submit(client, ANSWERS).location


def test_submitting_too_short_answers_saves_them_and_names_them(
    app: Flask, client: FlaskClient
) -> None:
    page = submit(client, ANSWERS | {"scale": "short"})
    assert page.status_code == 422
    told, _, bar = page.text.partition('id="submit"')
    assert "Not submitted yet" in told
    assert 'href="#text-' not in told  # a list there would outlive its answers
    assert 'href="#text-scale"' in bar
    assert 'href="#text-slis"' not in bar
    assert kept(app)["scale"] == "short"
    with app.app_context():
        assert store.latest_submission(1) is None


def test_a_conflict_is_not_submitted(app: Flask, client: FlaskClient) -> None:
    autosave(client, "of another tab", tab="other")
    assert submit(client, ANSWERS).status_code == 409
    with app.app_context():
        assert store.latest_submission(1) is None


def test_the_difference_of_two_submissions_is_shown_as_text(client: FlaskClient) -> None:
    submit(client, ANSWERS, "a")
    submit(client, ANSWERS | {"slis": "An answer with <b>bold</b> claims in it."}, "b")
    assert '/reflections/history/1..2"' in client.get("/reflections").text
    page = client.get("/reflections/history/1..2")
    assert page.status_code == 200
    assert "<ins>" in page.text
    assert "<del>" in page.text
    assert "<b>bold" not in page.text
    assert page.text.count("No change.") == 3


@pytest.mark.parametrize(
    "path", ["/history/7", "/history/1..7", "/history/99999999999999999999", "/export.pdf"]
)
def test_what_is_not_there_is_a_404(client: FlaskClient, path: str) -> None:
    assert client.get(f"/reflections{path}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "mimetype"),
    [("md", "text/markdown"), ("json", "application/json"), ("html", "text/html")],
)
def test_an_export_is_a_file_to_save(client: FlaskClient, kind: str, mimetype: str) -> None:
    typed = "Availability \u202e עברית"
    autosave(client, typed)
    answer = client.get(f"/reflections/export.{kind}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{mimetype}; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="slo-lab-reflection.{kind}"'
    )
    shown = typed.replace("\u202e", r"\[U+202E\]") if kind == "md" else typed
    assert shown in answer.data.decode()


@pytest.mark.parametrize("path", ["/reflections", "/reflections/answers/slis"])
def test_another_site_can_not_write(app: Flask, client: FlaskClient, path: str) -> None:
    answer = client.post(
        path, data={"text-slis": "evil"}, headers=HTMX | {"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert kept(app)["slis"] == ""


def test_the_answer_of_one_question_can_not_be_read_with_get(client: FlaskClient) -> None:
    assert client.get("/reflections/answers/slis").status_code == 405


def test_saving_needs_no_session(client: FlaskClient) -> None:
    answer = autosave(client, "Availability")
    assert "Set-Cookie" not in answer.headers
    client.delete_cookie("slo_lab_session")
    assert autosave(client, "Availability, more").status_code == 200


@pytest.mark.parametrize("path", ["/reflections", "/reflections/export.json"])
def test_a_prometheus_that_never_answers_does_not_hold_the_page_up(
    settings: Settings, path: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with portal_app(replace(settings, prometheus_url=url), limits=Limits()) as app:
            start = time.monotonic()
            answer = app.test_client().get(path)
            assert time.monotonic() - start < 30
            assert "Prometheus" in answer.text


def test_the_page_shows_the_answers_after_a_restart(app: Flask, learner: Learner) -> None:
    store.save_answer(learner.id, Draft.of("slis", "from before"), START)
    db.session.remove()  # its connection would stay open, in a pool that nobody has any more
    db.engine.dispose()
    assert text_in_box(app.test_client().get("/reflections")) == "from before"
