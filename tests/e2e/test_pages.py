"""Every page, at the width of a desk and of a phone, in light and in dark."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from portal.kit import htmx
from portal.steps import catalog
from tests.e2e.worked import work
from tests.stack.labs import Lab

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SCREENSHOTS = os.environ.get("SLO_LAB_SCREENSHOTS")
COMPLAINTS = Path(__file__).with_name("complaints.js").read_text(encoding="utf-8")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = (
    "/",
    "/steps",
    *(f"/steps/{step.id}" for step in catalog.load()),
    "/bursts",
    "/bursts/{incident}",
    "/alerts/bursts/{incident}",
    "/slis",
    "/slos",
    "/slos/availability",
    "/slos/scale",
    "/alerts/rules",
    "/alerts/rules/days?number=0",
    "/workbench",
    "/workbench/panels/1",
    "/workbench/days?expr=1-sum(rate(http_requests_total[5m]))",
    "/impact",
    "/criteria",
    "/reflections",
    "/reflections/history/1",
    "/lab",
    "/reset",
    "/reset/lab",
    "/nowhere",
)


@dataclass(frozen=True)
class Worked:
    """A lab in which everything was done once."""

    base: str
    incident: str


@pytest.fixture(scope="module")
def worked(lab: Lab) -> Worked:
    return Worked(lab.settings.portal_base, work(lab))


@pytest.fixture
def home(page: Page, worked: Worked) -> Page:
    page.goto(worked.base)
    return page


@pytest.mark.parametrize("width", [1440, 360])
def test_nothing_is_wrong_with_any_page(
    new_context: Callable[..., BrowserContext], worked: Worked, width: int, forgiven: list[str]
) -> None:
    forgiven.append("/nowhere")
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    assert dict(complaints_by_page(page, worked, width)) == {}


def complaints_by_page(page: Page, worked: Worked, width: int) -> Iterator[tuple[str, list[str]]]:
    for path in PAGES:
        page.goto(worked.base + path.format(incident=worked.incident))
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            if found := page.evaluate(COMPLAINTS):
                yield f"{path} {scheme}", found
            take_picture(page, f"{path.strip('/').replace('/', '-') or 'home'}-{width}-{scheme}")


def take_picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        where = Path(SCREENSHOTS) / f"{name.replace('{incident}', 'one')}.png"
        page.screenshot(path=where, full_page=True)


def is_outlined(place: Locator) -> bool:
    """Whether the focus can be seen on it."""
    box = place.bounding_box()
    style = place.evaluate("element => getComputedStyle(element).outlineStyle")
    return box is not None and box["x"] >= 0 and box["y"] >= 0 and style != "none"


def test_the_skip_link_comes_first_and_leads_to_the_content(home: Page) -> None:
    home.keyboard.press("Tab")
    skip = home.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    assert is_outlined(skip)
    home.keyboard.press("Enter")
    expect(home.locator("main")).to_be_focused()


def test_a_burst_can_be_started_and_stopped_by_keyboard(page: Page, worked: Worked) -> None:
    page.goto(f"{worked.base}/steps/traffic")
    button = page.get_by_role("button", name="Start steady traffic")
    tab_to(page, button)
    assert is_outlined(button)
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    tab_to(page, stop)
    moved = page.locator("[data-count=sent]")
    before = moved.inner_text()
    expect(moved).not_to_have_text(before)
    expect(stop).to_be_focused()
    assert is_outlined(stop)
    page.keyboard.press("Enter")
    expect(page.locator("section.burst .badge")).to_have_text("stopped")


def tab_to(page: Page, place: Locator) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if place.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("the Tab key does not get there")


def test_what_was_opened_or_closed_stays_so_while_numbers_come_in(
    page: Page, worked: Worked
) -> None:
    page.goto(f"{worked.base}/slis")
    closed, opened = page.locator("#sli-table"), page.locator("#sli-promql")
    for details in (closed, opened):
        details.locator("summary").click()
    with page.expect_response("**/slis/readout/wide") as renewed:
        pass
    renewed.value.finished()
    expect(page.locator("#readout")).not_to_have_class("htmx-request")
    expect(closed).to_have_attribute("open", "")
    expect(opened).not_to_have_attribute("open", "")


def test_where_the_cdn_is_out_of_reach_the_own_copy_of_htmx_is_used(
    page: Page, grafana_lab: Lab
) -> None:
    with page.expect_request(htmx.CDN):
        page.goto(grafana_lab.settings.portal_base + "/steps/traffic")
    page.wait_for_event("requestfinished", lambda r: "/steps/rail" in r.url)
    assert page.evaluate("htmx.version") == "4.0.1"
