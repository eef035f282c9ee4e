"""The CDN may be late, refuse, lie or hang: one htmx starts, and nothing that is typed needs it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

import portal
from portal.kit import htmx
from portal.reflections import store
from tests.served import PATIENCE_MS, Served, open_browser

pytestmark = pytest.mark.browser
CORS = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
FILE = (Path(portal.__file__).parent / "static" / htmx.VENDORED).read_text()
VENDORED = f"**/static/{htmx.VENDORED}"
SAVES = "**/reflections/answers/*"
NOTE_STARTS = """
    window.starts = [];
    let htmx;
    Object.defineProperty(window, "htmx", {
        get: () => htmx,
        set: (started) => { htmx = started; window.starts.push(document.currentScript.src); },
    });
"""
ASKED_AT = """
    (part) => performance.getEntriesByType("resource")
        .find((one) => one.name.endsWith(part)).startTime
"""
Cdn = Callable[[Route], None]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Its connections to the CDN are taken, and nobody ever says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with open_browser(f"--host-resolver-rules=MAP cdn.jsdelivr.net 127.0.0.1:{port}") as one:
            yield one


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    htmx.init_app(app, "cdn")
    served = Served(app)
    yield served
    served.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(NOTE_STARTS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def go_to(page: Page, url: str) -> None:
    """Without the window's ``load``, which a CDN that hangs holds back."""
    page.goto(url, wait_until="commit")


def sources(page: Page) -> list[str]:
    """Where each htmx came from that has started in this page."""
    urls: list[str] = page.evaluate("window.starts")
    return ["cdn" if url == htmx.CDN else "vendored" for url in urls]


def wait_for_htmx(page: Page) -> None:
    expect(page.locator("#slo-form[data-htmx-powered]")).to_be_visible()


def answer(route: Route) -> None:
    route.fulfill(headers=CORS, body=FILE)


def answer_with_something_else(route: Route) -> None:
    route.fulfill(headers=CORS, body="window.htmx = 'somebody else';")


def refuse(route: Route) -> None:
    route.abort()


def fill_in(page: Page) -> None:
    page.get_by_label("Objective", exact=True).fill("99")
    page.get_by_label("Why this number?").fill(
        "Because users notice it, and below that they leave."
    )


def save(page: Page) -> list[str]:
    """Save the SLO that was filled in; how each POST of it was sent (``htmx`` or ``form``)."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append("htmx" if "hx-request" in request.headers else "form")

    page.on("request", note)
    page.get_by_role("button", name="Save this SLO").click()
    expect(page.locator("#slo-list a[href='/slos/availability']").first).to_be_visible()
    return sent


@pytest.mark.parametrize(
    ("cdn", "source"),
    [(answer, "cdn"), (answer_with_something_else, "vendored"), (refuse, "vendored")],
)
def test_one_htmx_starts_whatever_the_cdn_answers(
    page: Page, served: Served, cdn: Cdn, source: str
) -> None:
    page.route(htmx.CDN, cdn)
    go_to(page, served.url("/slos"))
    wait_for_htmx(page)
    fill_in(page)
    assert sources(page) == [source]
    assert save(page) == ["htmx"]


@pytest.mark.parametrize("milliseconds", [500, 1100, 1200, 3000])
def test_one_htmx_starts_however_late_the_cdn_answers(
    page: Page, served: Served, milliseconds: int
) -> None:
    held: list[Route] = []
    page.route(htmx.CDN, lambda route: held.append(route))
    go_to(page, served.url("/slos"))
    page.evaluate("at => new Promise((go) => setTimeout(go, at - performance.now()))", milliseconds)
    with page.expect_event("requestfinished", lambda request: request.url == htmx.CDN):
        answer(held[0])
    wait_for_htmx(page)
    fill_in(page)
    assert len(sources(page)) == 1
    assert save(page) == ["htmx"]


@pytest.mark.parametrize("first", ["cdn", "vendored"])
def test_one_htmx_starts_when_both_come_at_once(page: Page, served: Served, first: str) -> None:
    held: dict[str, Route] = {}
    page.route(htmx.CDN, lambda route: held.update(cdn=route))
    page.route(VENDORED, lambda route: held.update(vendored=route))
    with page.expect_request(VENDORED):
        go_to(page, served.url("/slos"))
    while len(held) < 2:  # both are asked for; their handlers are about to be called
        page.wait_for_timeout(20)
    with page.expect_event("requestfinished", lambda request: request.url == htmx.CDN):
        for name in sorted(held, key=lambda name: name != first):
            answer(held[name])
    wait_for_htmx(page)
    fill_in(page)
    assert sources(page) == ["vendored"]
    page.unroute(VENDORED)
    assert save(page) == ["htmx"]


def test_a_cdn_that_hangs_is_replaced_after_a_second(page: Page, served: Served) -> None:
    go_to(page, served.url("/slos"))
    wait_for_htmx(page)
    assert sources(page) == ["vendored"]
    assert 1000 <= page.evaluate(ASKED_AT, htmx.VENDORED) < 5000
    fill_in(page)
    assert save(page) == ["htmx"]


def test_while_the_cdn_hangs_an_answer_is_saved_and_its_state_is_true(
    app: Flask, page: Page, served: Served
) -> None:
    page.route(VENDORED, lambda route: None)  # nor does the copy come
    go_to(page, served.url("/reflections"))
    box, saved = page.locator("#text-slis"), page.locator("#saved-slis")
    box.fill("typed at once")
    expect(saved).to_contain_text("✓ saved")
    held: list[Route] = []
    page.route(SAVES, lambda route: held.append(route))
    box.press_sequentially(".")
    assert saved.inner_text() == "not saved yet…"
    page.unroute(SAVES)
    box.press_sequentially(" Then more")
    for route in held:
        route.continue_()
    expect(saved).to_contain_text("✓ saved")
    assert kept(app) == "typed at once. Then more"
    assert sources(page) == []


def kept(app: Flask) -> str:
    with app.app_context():
        return store.answers(1)["slis"]


def test_what_was_typed_before_our_own_script_came_is_saved(
    app: Flask, page: Page, served: Served
) -> None:
    held: list[Route] = []
    page.route("**/reflections.js", lambda route: held.append(route))
    go_to(page, served.url("/reflections"))
    page.locator("#text-slis").fill("typed very early")
    held[0].continue_()
    expect(page.locator("#saved-slis")).to_contain_text("✓ saved")
    assert kept(app) == "typed very early"


def test_without_our_own_script_there_is_a_button_that_saves(
    app: Flask, page: Page, served: Served
) -> None:
    page.route("**/*.js", refuse)
    go_to(page, served.url("/reflections"))
    page.locator("#text-slis").fill("saved by hand")
    page.locator("#save-slis").click()
    expect(page.locator("#saved-slis")).to_contain_text("✓ saved")
    assert kept(app) == "saved by hand"


def test_without_any_htmx_the_forms_work_and_say_what_they_can(
    app: Flask, page: Page, served: Served
) -> None:
    page.route(htmx.CDN, refuse)
    page.route(VENDORED, refuse)
    go_to(page, served.url("/slos"))
    expect(page.get_by_role("button", name="What would this mean?")).to_be_visible()
    fill_in(page)
    assert sources(page) == []
    assert save(page) == ["form"]
