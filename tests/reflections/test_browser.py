"""The reflections page in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Route, expect

from portal.reflections import store
from portal.reflections.questions import MAX_BYTES
from tests.reflections.conftest import ANSWERS
from tests.served import PATIENCE_MS, Served, open_browser

pytestmark = pytest.mark.browser
SAVES = "**/reflections/answers/*"


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    served = Served(app)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to" not in message.text:
            complaints.append(message.text)

    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served.url("/reflections"))
    yield page
    context.close()
    assert complaints == []


def says(page: Page, words: str, question_id: str = "slis") -> None:
    expect(page.locator(f"#saved-{question_id}")).to_contain_text(words)


@contextmanager
def nothing_is_saved(page: Page) -> Iterator[None]:
    """What the page sends is held back meanwhile, so that it can be looked at in its time."""
    held: list[Route] = []
    over = threading.Event()

    def hold(route: Route) -> None:
        if over.is_set():
            route.continue_()
        else:
            held.append(route)

    page.route(SAVES, hold)
    yield
    over.set()
    for route in held:
        route.continue_()


def kept(app: Flask, question_id: str = "slis") -> str:
    with app.app_context():
        return store.answers(1)[question_id]


def test_an_answer_is_saved_a_second_after_typing_stops(app: Flask, page: Page) -> None:
    box = page.locator("#text-slis")
    with nothing_is_saved(page):
        box.press_sequentially("Availability: the share")
        says(page, "not saved yet")
    says(page, "✓ saved")
    assert kept(app) == "Availability: the share"
    with nothing_is_saved(page):
        page.keyboard.type(" of good requests")
        says(page, "not saved yet")
    says(page, "✓ saved")
    assert kept(app) == box.input_value() == "Availability: the share of good requests"
    expect(box).to_be_focused()
    page.reload()
    expect(box).to_have_value("Availability: the share of good requests")


def test_leaving_the_box_saves_at_once(app: Flask, page: Page) -> None:
    page.locator("#text-slis").fill("Availability")
    page.locator("#text-slos").focus()
    says(page, "✓ saved")
    assert kept(app) == "Availability"


def test_what_is_missing_counts_down_while_typing(page: Page) -> None:
    short, submit = page.locator("#short-slis"), page.locator("#submit")
    expect(short).to_have_text("at least 20 characters, 20 to go")
    expect(submit).to_be_in_viewport()
    page.locator("#text-slis").fill("Availability")
    expect(short).to_have_text("at least 20 characters, 8 to go")
    page.locator("#text-slis").fill(ANSWERS["slis"])
    expect(short).to_be_hidden()
    expect(submit).to_contain_text("1 of 4 answered")


def test_a_second_tab_is_told_and_both_texts_can_be_kept(
    app: Flask, page: Page, served: Served
) -> None:
    second = page.context.new_page()
    second.goto(served.url("/reflections"))
    page.locator("#text-slis").fill("from the first tab")
    says(page, "✓ saved")
    second.locator("#text-slis").fill("from the second tab")
    says(second, "changed in another tab")
    expect(second.locator("#conflict-slis")).to_contain_text("from the first tab")
    assert kept(app) == "from the first tab"
    second.locator("#text-slis").press("End")
    second.keyboard.type(", and more")
    second.locator("#both-slis").click()
    both = "from the first tab\n\nfrom the second tab, and more"
    expect(second.locator("#text-slis")).to_have_value(both)
    says(second, "✓ saved")
    assert kept(app) == both
    page.locator("#text-slis").fill("the first tab goes on")
    says(page, "changed in another tab")
    page.locator("#theirs-slis").click()
    expect(page.locator("#text-slis")).to_have_value(both)
    page.locator("#aside-slis summary").click()
    expect(page.locator("#aside-slis")).to_contain_text("the first tab goes on")


def test_while_the_portal_is_away_the_page_says_so_and_saves_when_it_is_back(
    app: Flask, page: Page, served: Served
) -> None:
    page.locator("#text-slis").fill("typed before")
    says(page, "✓ saved")
    served.stop()
    page.locator("#text-slis").fill("typed meanwhile")
    says(page, "Not saved: the portal does not answer")
    served.start()
    says(page, "✓ saved")
    assert kept(app) == "typed meanwhile"


def test_a_full_disk_is_told_and_the_text_is_saved_when_there_is_room(
    app: Flask, page: Page
) -> None:
    sentence = quote("The disk is full, so nothing could be saved.")
    page.route(SAVES, lambda route: route.fulfill(status=503, headers={"X-Problem": sentence}))
    page.locator("#text-slis").fill("typed meanwhile")
    says(page, "Not saved. The disk is full, so nothing could be saved. Your text is still here")
    page.unroute(SAVES)
    says(page, "✓ saved")
    assert kept(app) == "typed meanwhile"


def test_an_answer_that_is_not_the_portal_s_is_no_save(app: Flask, page: Page) -> None:
    page.route(SAVES, lambda route: route.fulfill(status=200, body="<p>Please log in</p>"))
    page.locator("#text-slis").fill("typed meanwhile")
    says(page, "Not saved: the portal could not do it")
    assert kept(app) == ""


def test_a_portal_that_neither_answers_nor_refuses_is_told(app: Flask, page: Page) -> None:
    with nothing_is_saved(page):
        page.locator("#text-slis").fill("typed meanwhile")
        says(page, "Not saved: the portal does not answer. Your text is still here")
        page.locator("#text-slis").press_sequentially(", and more")
        says(page, "not saved yet")
    says(page, "✓ saved")
    expect(page.locator("#text-slis")).to_have_value("typed meanwhile, and more")
    assert kept(app) == "typed meanwhile, and more"


def test_a_button_that_is_pressed_while_the_state_is_renewed_still_works(
    app: Flask, page: Page, served: Served
) -> None:
    """Pressing it takes the focus from the box, which saves, and the answer comes meanwhile."""
    second = page.context.new_page()
    second.goto(served.url("/reflections"))
    page.locator("#text-slis").fill("from the first tab")
    says(page, "✓ saved")
    second.locator("#text-slis").fill("from the second tab")
    says(second, "changed in another tab")
    second.locator("#text-slis").press("End")
    second.keyboard.type(", and more")
    second.locator("#both-slis").hover()
    with second.expect_response(SAVES):
        second.mouse.down()
    expect(second.locator("#conflict-slis .typed").first).to_contain_text(", and more")
    second.mouse.up()
    both = "from the first tab\n\nfrom the second tab, and more"
    expect(second.locator("#text-slis")).to_have_value(both)
    expect(second.locator("#text-slis")).to_be_focused()
    says(second, "✓ saved")
    assert kept(app) == both


def test_a_text_that_is_too_long_is_counted_refused_and_saved_when_shortened(
    app: Flask, page: Page
) -> None:
    page.locator("#text-slis").fill("x" * (MAX_BYTES + 5))
    expect(page.locator("#size-slis")).to_have_text("50,005 of 50,000 bytes")
    says(page, "Not saved: too long")
    expect(page.locator("#state-slis")).to_contain_text("Shorten it by 5")
    assert kept(app) == ""
    page.locator("#text-slis").fill("x" * MAX_BYTES)
    says(page, "✓ saved")
    assert len(kept(app)) == MAX_BYTES


def test_a_text_larger_than_any_form_stays_in_the_page_and_is_not_sent(
    app: Flask, page: Page
) -> None:
    page.locator("#text-slis").fill("x" * 200_001)
    says(page, "Not saved: far too long")
    assert len(page.locator("#text-slis").input_value()) == 200_001
    page.locator("#text-slis").fill("short again")
    says(page, "✓ saved")
    assert kept(app) == "short again"


def test_the_page_asks_before_it_is_left_with_something_unsaved(page: Page) -> None:
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.route(SAVES, lambda route: None)  # it stays unsaved, however long this takes
    page.locator("#text-slis").press_sequentially("x" * 3)
    page.evaluate("document.querySelector('#text-slis').dispatchEvent(new Event('input'))")
    page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_answers_are_submitted_with_what_was_typed_last(app: Flask, page: Page) -> None:
    for question_id, text in ANSWERS.items():
        page.locator(f"#text-{question_id}").fill(text)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Submission 1")
    expect(page.locator("main")).to_contain_text(ANSWERS["struggle"])


def test_nobody_has_to_save_what_saves_itself(app: Flask, page: Page) -> None:
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_without_javascript_everything_typed_is_submitted(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url("/reflections"))
    page.locator("#text-slis").fill(ANSWERS["slis"])
    page.locator("#save-slis").click()
    expect(page.locator("#text-slis")).to_have_value(ANSWERS["slis"])
    for question_id, text in ANSWERS.items():
        page.locator(f"#text-{question_id}").fill(text)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Submission 1")
    context.close()


def test_nothing_reaches_over_the_edge_of_a_phone(app: Flask, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("#text-slis").fill("unbroken" * 200)
    page.locator("#text-slos").focus()
    says(page, "✓ saved")
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
