"""The workbench in a real browser, as a learner types and clicks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from portal.clients.grafana import Credentials, GrafanaClient
from portal.config import Settings
from portal.workbench import store
from tests.apps import portal_app
from tests.conftest import START
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.server import Reply, Request
from tests.patience import SECONDS, limited
from tests.provision import chromium
from tests.served import FLAGS, PATIENCE_MS, Served
from tests.workbench.lab import RealLab, at_lab, services_of

pytestmark = pytest.mark.browser
FRESH = AVAILABILITY.replace("1m", "30s")
REFUSED = re.compile(r"status of (?:422|409)")
FRESH_P95 = P95.replace("1m", "30s")


@pytest.fixture(scope="module")
def _errors() -> list[str]:
    return []


@pytest.fixture(scope="module")
def tab(_errors: list[str]) -> Iterator[Page]:
    """A page in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.on("console", lambda said: _note(said, _errors))
        page.on("pageerror", lambda error: _errors.append(str(error)))
        yield page
        browser.close()


def _note(said: ConsoleMessage, errors: list[str]) -> None:
    # Chromium notes each answer 422 or 409, which is how a form is given back.
    if said.type in {"error", "warning"} and not REFUSED.search(said.text):
        errors.append(said.text)


@pytest.fixture
def page(tab: Page, bench: str, _errors: list[str]) -> Iterator[Page]:
    """The page, left before its portal is stopped; what its console complains of fails the test."""
    yield tab
    tab.goto("about:blank")
    assert not _errors


@pytest.fixture
def bench(lab_app: Flask) -> Iterator[str]:
    """The address of the workbench at the real lab."""
    served = Served(lab_app)
    yield f"http://127.0.0.1:{served.port}/workbench"
    served.stop()


def test_a_learner_builds_a_dashboard(page: Page, bench: str) -> None:
    page.goto(bench)
    query, trial, panels = page.get_by_label("PromQL"), page.locator("#trial"), "#workbench-panels"
    query.press_sequentially("rate(http_requests_total[5s]))")
    expect(trial).to_contain_text("line 1, column 31")
    query.fill("sum(rate(http_requests_total[5s]))")
    expect(trial).to_contain_text("Which share of these requests went well?")
    query.fill(" " * 10 + FRESH + "#" * (3990 - len(FRESH)))
    expect(trial).to_contain_text("This shows an SLI: availability")
    expect(trial.locator("svg")).to_be_visible()
    for title, expr in (("Failed share", FRESH), ("p95", FRESH_P95)):
        page.get_by_label("PromQL").fill(expr)
        expect(trial).to_contain_text("This shows an SLI")
        page.get_by_label("Title", exact=True).fill(title)
        with page.expect_navigation():  # what is typed before the page is there is not tried
            page.get_by_role("button", name="Keep as a panel").click()
        expect(page.locator(panels)).to_contain_text(title)
    page.get_by_role("button", name="Move p95 up").click()
    expect(page.locator(f"{panels} h3").first).to_have_text("p95")
    page.get_by_role("button", name="Remove p95").click()
    expect(page.locator(f"{panels} h3")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"{panels} h3")).to_have_text(["p95", "Failed share"])
    page.get_by_label("Title of the dashboard").fill("<i>Ours</i>")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("#verdict-dashboard")).to_contain_text("not in Grafana yet")
    expect(page.locator("#verdict-dashboard")).to_contain_text("“<i>Ours</i>”")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as Grafana JSON").click()
    assert json.loads(waiting.value.path().read_text())["title"] == "<i>Ours</i>"


def test_a_link_and_back_lose_nothing_that_was_typed(page: Page, bench: str) -> None:
    page.goto(bench)
    query, title, unit = (page.locator(one) for one in ("#expr", "#panel-title", "#unit"))
    # Typed while one query of nothing but a mistake was tried, and then again.
    query.press_sequentially("sum(")
    expect(page.locator("#trial")).to_contain_text("can’t run this")
    query.fill(FRESH_P95 + "\n# mine & yours")
    unit.select_option("seconds")
    title.press_sequentially("95 % of the shop")
    expect(page).to_have_url(re.compile("title=95[^&]*shop"))
    page.locator("header").get_by_role("link", name="SLOs").click()
    expect(page).to_have_url(re.compile("/slos$"))
    page.go_back()
    expect(query).to_have_value(FRESH_P95 + "\n# mine & yours")
    expect(title).to_have_value("95 % of the shop")
    expect(unit).to_have_value("seconds")
    expect(page.locator("#trial")).to_contain_text("This shows an SLI: latency")


def test_a_complaint_goes_once_something_is_typed(page: Page, bench: str) -> None:
    page.goto(bench)
    page.get_by_role("button", name="Keep as a panel").click()
    expect(page.get_by_text("Type a query first.")).to_be_visible()
    query = page.get_by_label("PromQL")
    red = query.evaluate("field => getComputedStyle(field).borderColor")
    query.fill("up")
    expect(page.get_by_text("Type a query first.")).to_have_count(0)
    assert query.evaluate("field => getComputedStyle(field).borderColor") != red


def test_a_live_sli_is_a_start_and_the_panel_made_of_it_is_named(page: Page, bench: str) -> None:
    page.goto(bench)
    page.locator("#panel-form").get_by_role("link", name="p95").click()
    expect(page.get_by_label("PromQL")).to_have_value(re.compile(r"histogram_quantile\(0\.95"))
    expect(page.get_by_label("Unit")).to_have_value("seconds")
    expect(page.locator("#trial")).to_contain_text("This shows an SLI: latency")
    page.get_by_label("Title", exact=True).fill("My p95")
    page.get_by_role("button", name="Keep as a panel").click()
    kept = page.get_by_role("status").filter(has_text="Kept as panel 1")
    kept.get_by_role("link", name="My p95").click()
    expect(page.locator("#workbench-panels").get_by_text("My p95")).to_be_in_viewport()


def test_a_learner_confirms_what_cannot_be_analysed(page: Page, bench: str) -> None:
    page.goto(bench)
    page.get_by_label("PromQL").fill("(" * 70 + FRESH + ")" * 70)
    page.locator("#trial").get_by_role("button", name="availability").click()
    expect(page.get_by_text("Recorded as confirmed by you")).to_be_visible()
    expect(page.locator("#trial")).to_contain_text("This shows an SLI: availability")


def test_what_is_handed_in_is_explained_beside_it(page: Page, bench: str) -> None:
    page.goto(bench)
    board = classic_board("From elsewhere", "http_requests_total", FRESH)
    for content, words in (("{}", "no Grafana dashboard"), (json.dumps(board), "growing total")):
        file = {"name": "a.json", "mimeType": "application/json", "buffer": content.encode()}
        page.get_by_label("JSON file").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Hand it in").click()
        expect(page.locator("#hand-in-form")).to_contain_text(words)


def test_the_list_of_dashboards_fills_as_grafana_is_read(
    page: Page, settings: Settings, lab: RealLab
) -> None:
    with FakeGrafana("12.4.3", anonymous=None) as fake:
        fake.stand_before(lab.prometheus)
        for number in range(120):
            fake.add_dashboard(classic_board(f"Team {number}", "up"), f"team{number}")
        fake.add_dashboard(classic_board("Zzz mine", FRESH, FRESH_P95), "mine")
        at_once, go_on = fake._answer, threading.Event()

        def later(request: Request) -> Reply:
            if "/uid/mine" in request.path:
                go_on.wait(60)
            return at_once(request)

        fake._answer = later
        settings = at_lab(settings, lab, grafana_url=fake.url)
        client = GrafanaClient(
            fake.url, Credentials(token=fake.make_token("Editor")), timeout=SECONDS
        )
        services = limited(services_of(settings), "workbench", page_wait_s=0.4)
        with portal_app(settings, replace(services, grafana=client), {}) as app:
            served = Served(app)
            page.goto(f"http://127.0.0.1:{served.port}/workbench/dashboards")
            expect(page.locator("#found-dashboards progress")).to_be_visible()
            go_on.set()
            expect(page.locator("#found-dashboards")).to_contain_text("✓ 2 of 2 panels show SLIs")
            page.goto("about:blank")
            served.stop()


def test_what_stands_in_the_way_of_a_push_is_asked_where_it_was_pushed(
    page: Page, settings: Settings, lab: RealLab
) -> None:
    with FakeGrafana("9.4.0", anonymous=None) as fake:
        fake.add_folder()
        fake.add_dashboard(classic_board("My SLIs"), "theirs", folder="slo-lab")
        settings = at_lab(settings, lab, grafana_url=fake.url)
        login = Credentials(token=fake.make_token("Editor"))
        client = GrafanaClient(fake.url, login, timeout=SECONDS)
        with portal_app(settings, replace(services_of(settings), grafana=client), {}) as app:
            with app.app_context():
                store.add_panel(1, "Failed", FRESH, "ratio", START)
            served = Served(app)
            page.goto(f"http://127.0.0.1:{served.port}/workbench")
            page.get_by_role("button", name="Push into Grafana").click()
            asked = page.locator("#push-obstacle")
            expect(asked).to_contain_text("has another dashboard called “My SLIs”")
            expect(page.get_by_label("PromQL")).to_be_visible()
            asked.get_by_role("button", name="Push as a copy").click()
            expect(page.get_by_text("It is in Grafana now: “My SLIs (copy)”.")).to_be_visible()
            expect(asked).to_have_count(0)
            page.goto("about:blank")
            served.stop()
        assert fake.dashboards["theirs"].version == 1
