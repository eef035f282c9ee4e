"""A page whose values stand still says since when, and claims no running burst; by itself back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from portal.bursts.models import Burst, BurstState
from portal.kit import htmx
from portal.kit.db import db
from tests.conftest import START
from tests.served import PATIENCE_MS, Served, open_browser

pytestmark = pytest.mark.browser
POLLS = re.compile(r"/(readout|rail|verdict|active|fragment|incident|traffic)\b")
SINCE = re.compile(r"^Values on this page stand still since \d\d:\d\d:\d\d \S+: ")
SILENT = re.compile("the portal does not answer. Is the lab running")
CLAIMS = re.compile(r"^running$|Slow burst runs|One burst at a time\.$", re.MULTILINE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    served = Served(app)
    yield served
    served.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def burst(app: Flask) -> None:
    """One that runs, as far as the database knows."""
    running = Burst(learner_id=1, key="k", preset="slow-burst", title="Slow burst")
    running.spec = {"rate": 20, "duration": 60, "mode": "open"}
    running.state, running.requested_at = BurstState.RUNNING, START
    running.started_at, running.heartbeat_at = START, START
    with app.app_context():
        db.session.add(running)
        db.session.commit()


def fail(route: Route) -> None:
    route.fulfill(status=503, body="no")


def hang(route: Route) -> None:
    """Neither an answer nor a refusal, like a portal that was paused."""


def cut(route: Route) -> None:
    route.abort("internetdisconnected")


def note_of(page: Page) -> None:
    expect(page.locator("#standstill")).to_have_text(SINCE)


def claims_of(page: Page) -> list[str]:
    """What the page says, to be seen, of a burst that runs now."""
    shown = f"{page.inner_text('section.burst')} {page.inner_text('body')}"
    bar = page.locator("section.burst progress").is_visible()
    return [*CLAIMS.findall(shown), *["progress"] * bar]


def is_back(page: Page) -> None:
    expect(page.locator("#standstill")).to_be_hidden()
    expect(page.locator(":root.stands-still")).to_have_count(0)


@pytest.mark.parametrize("path", ["/bursts", "/bursts/1", "/steps/break-it", "/workbench"])
def test_a_page_left_behind_by_its_portal_says_so_claims_no_burst_and_comes_back(
    page: Page, served: Served, burst: None, path: str
) -> None:
    page.goto(served.url(path))
    expect(page.locator("section.burst .badge")).to_have_text("running")
    assert "running" in claims_of(page)
    served.stop()
    note_of(page)
    expect(page.locator("#standstill")).to_have_text(SILENT)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert claims_of(page) == []
    expect(page.locator("section.burst")).to_contain_text("was running")
    served.start()
    is_back(page)
    expect(page.locator("section.burst .badge")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(fail, "the portal can’t say them now (status 503)"), (hang, "answer"), (cut, "answer")],
)
def test_it_says_why_and_goes_with_the_next_answer(
    page: Page, served: Served, answer: Callable[[Route], None], reason: str
) -> None:
    page.goto(served.url("/steps/traffic"))
    page.route(POLLS, answer)
    note_of(page)
    expect(page.locator("#standstill")).to_contain_text(reason)
    page.unroute(POLLS, answer)  # what hangs goes on
    is_back(page)


def test_one_missed_poll_is_no_standstill(page: Page, served: Served, burst: None) -> None:
    page.goto(served.url("/bursts/1"))
    page.evaluate(
        """() => new MutationObserver(() => { window.wasTold = true; })
            .observe(document.getElementById("standstill"), { childList: true })"""
    )
    missed: list[Route] = []

    def miss_one(route: Route) -> None:
        if missed:
            route.fallback()
        else:
            missed.append(route)
            cut(route)

    page.route("**/bursts/1/fragment*", miss_one)
    for _ in range(3):
        with page.expect_response("**/bursts/1/fragment*"):
            pass
    assert missed
    assert page.evaluate("window.wasTold") is None


def test_the_moment_that_is_told_does_not_change_while_it_stands_still(
    page: Page, served: Served
) -> None:
    page.goto(served.url("/steps/traffic"))
    served.stop()
    note_of(page)
    told = page.inner_text("#standstill")
    page.evaluate("() => new Promise((go) => setTimeout(go, 1600))")
    assert page.inner_text("#standstill") == told
    served.start()


def test_it_is_said_where_htmx_comes_from_the_own_copy(
    app: Flask, page: Page, served: Served, burst: None
) -> None:
    htmx.init_app(app, "cdn")
    page.route(htmx.CDN, cut)
    page.goto(served.url("/bursts/1"))
    expect(page.locator("section.burst[data-htmx-powered]")).to_be_visible()
    served.stop()
    note_of(page)
    served.start()
    is_back(page)


def test_a_page_without_any_htmx_says_that_it_does_not_renew_itself(
    app: Flask, page: Page, served: Served
) -> None:
    page.route("**/htmx.min.js", cut)
    page.goto(served.url("/steps/traffic"))
    expect(page.locator("#standstill")).to_contain_text("could not load what renews it")


def test_it_is_told_to_a_screen_reader_when_it_comes(page: Page, served: Served) -> None:
    page.goto(served.url("/slos"))
    expect(page.locator("#standstill[role=status]")).to_be_empty()
