"""The invented days, opened where a query or an alert is judged, at a desk and on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from portal.trial.days import DAYS
from tests.e2e import path
from tests.e2e.running import running_lab
from tests.e2e.test_pages import COMPLAINTS, tab_to
from tests.e2e.worked import SLO, Worker
from tests.stack.labs import Lab

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SCREENSHOTS = os.environ.get("SLO_LAB_SCREENSHOTS")
NO_SHARE = '1 - sum(rate(http_requests_total{status=~"5.."}[1m]))'
RATIO = f"({NO_SHARE.removeprefix('1 - ')}) / sum(rate(http_requests_total[1m]))"
SLEEPER = """\
      - alert: TargetDown
        expr: up == 0
"""
WIDTHS = pytest.mark.parametrize("width", [1440, 360])


@pytest.fixture(scope="module")
def days_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with an SLO, an alert tied to it, and one that is not."""
    with running_lab(tmp_path_factory.mktemp("days-lab")) as lab:
        worker = Worker(lab)
        worker.post("/slos", SLO)
        text = path.RULE + SLEEPER
        worker.post("/alerts/rules", {"do": "apply", "seen": "0", "text": text})
        yield lab


@pytest.fixture
def tab(new_context: Callable[..., BrowserContext], days_lab: Lab, width: int) -> Page:
    base = days_lab.settings.portal_base
    return new_context(viewport={"width": width, "height": 900}, base_url=base).new_page()


def open_by_keyboard(page: Page, fold: Locator) -> Locator:
    """Open a fold without the mouse; returns its days."""
    tab_to(page, fold.locator("summary").first)
    page.keyboard.press("Enter")
    days = fold.locator(".days > li")
    expect(days.first).to_be_visible()
    return days


def nothing_is_wrong(page: Page, name: str) -> None:
    """In light and in dark: no complaint, and a picture for who wants one."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(COMPLAINTS) == []
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{scheme}.png", full_page=True)


@WIDTHS
def test_who_typed_no_share_sees_on_which_days_it_fails(tab: Page, width: int) -> None:
    tab.goto("/workbench")
    tab.get_by_label("PromQL").fill(NO_SHARE)
    fold = tab.locator("#trial details.tried")
    expect(fold.locator("summary").first).to_contain_text(f"We tried it on {len(DAYS)} days")
    days = open_by_keyboard(tab, fold)
    expect(days).to_have_count(len(DAYS))
    expect(days.first).to_contain_text("All of five thousand requests a second failed")
    expect(days.first).to_contain_text("Surprise: it showed −4,999")
    expect(days.first.get_by_role("img")).to_have_accessible_name(
        re.compile(r"Filled: 100.%\. Line: −499,900.%\.")
    )
    expect(days.last).to_be_hidden()
    fold.get_by_text("other days: no surprise").click()
    expect(days.last).to_be_visible()
    nothing_is_wrong(tab, f"days-of-a-query-{width}")


@WIDTHS
def test_the_days_stay_open_while_the_page_asks_again(tab: Page, width: int) -> None:
    tab.goto("/workbench")
    tab.get_by_label("PromQL").fill(RATIO)
    fold = tab.locator("#trial details.tried")
    days = open_by_keyboard(tab, fold)
    for _ in range(2):
        with tab.expect_response(lambda answer: "/workbench/try" in answer.url):
            pass
    expect(days).to_have_count(len(DAYS))
    expect(days.last).to_be_visible()
    tab.get_by_label("PromQL").fill(NO_SHARE)
    expect(fold.locator("summary").first).to_contain_text("surprised")
    expect(days).to_have_count(0)


def panel_form(expr: str) -> dict[str, str]:
    """The form of a panel."""
    return {"expr": expr, "title": "Tried", "unit": "ratio", "key": "tried"}


@pytest.mark.parametrize("width", [1440])
def test_the_days_of_a_panel_go_when_its_query_does(tab: Page, days_lab: Lab, width: int) -> None:
    Worker(days_lab).post("/workbench/panels", panel_form(RATIO))
    tab.goto("/workbench")
    panel = tab.locator("article.panel")
    days = open_by_keyboard(tab, panel.locator("details.tried"))
    with tab.expect_response(lambda answer: "/panels/drawn" in answer.url):
        pass
    expect(days).to_have_count(len(DAYS))
    [number] = re.findall(r"\d+", panel.get_attribute("id") or "")
    Worker(days_lab).post(f"/workbench/panels/{number}", panel_form(NO_SHARE))
    expect(panel.locator("details.tried summary").first).to_contain_text("surprised")
    expect(days).to_have_count(0)
    Worker(days_lab).post(f"/workbench/panels/{number}/remove", {})


@WIDTHS
def test_an_alert_shows_its_rungs_and_what_woke_it(tab: Page, width: int) -> None:
    tab.goto("/alerts/rules")
    tied, sleeper = (tab.locator(f"#alert-days-{number}") for number in (0, 1))
    days = open_by_keyboard(tab, tied)
    expect(days.nth(0)).to_contain_text("No requests failed")
    expect(days.nth(7)).to_contain_text("it fires, as it should")
    woke = open_by_keyboard(tab, sleeper)
    expect(woke.nth(0)).to_contain_text("stays silent, though the budget is nearly gone")
    expect(woke.nth(2)).to_contain_text("The service could not be scraped")
    nothing_is_wrong(tab, f"days-of-an-alert-{width}")


@WIDTHS
def test_without_javascript_the_fold_leads_to_the_days(
    new_context: Callable[..., BrowserContext], days_lab: Lab, width: int
) -> None:
    base = days_lab.settings.portal_base
    size = {"width": width, "height": 900}
    page = new_context(viewport=size, base_url=base, java_script_enabled=False).new_page()
    page.goto("/alerts/rules")
    page.locator("#alert-days-1 summary").click()
    page.locator("#alert-days-1").get_by_role("link", name="See the days").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("TargetDown")
    expect(page.locator(".days > li").first).to_be_visible()
