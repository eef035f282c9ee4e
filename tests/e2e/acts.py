"""What a learner does on the pages, and reads off them."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.stack.labs import wait_until

PATIENCE = 45.0


def the_burst(page: Page) -> Locator:
    """The card of the burst on this page."""
    return page.locator("section.burst")


def state_of(burst: Locator) -> Locator:
    """The badge that says running, finished, stopped or failed."""
    return burst.locator(".badge")


def number_of(place: Locator) -> float:
    """The first number in its text: ``1,200 with status 500`` is 1200."""
    found = re.search(r"\d[\d,]*(\.\d+)?", place.inner_text())
    assert found, place.inner_text()
    return float(found[0].replace(",", ""))


def share_of(page: Page) -> float | None:
    """The availability on the page, 0..1; None while there is none."""
    text = page.locator(".live [data-sli=availability]").inner_text()
    return float(text.removesuffix(" %")) / 100 if text.endswith("%") else None


def wait_for_share(page: Page, *, above: float = -1.0, below: float = 2.0) -> float:
    """Watch the availability on the page, without a reload, until it is between the two."""
    seen: list[float] = []

    def is_there() -> bool:
        share = share_of(page)
        seen.extend(() if share is None else (share,))
        return share is not None and above < share < below

    wait_until(is_there, PATIENCE)
    return seen[-1]


def wait_until_it_moves(burst: Locator) -> None:
    """Until progress and count of sent requests have both grown before our eyes."""
    bar, sent = burst.locator("progress"), burst.locator("[data-count=sent]")
    was = float(bar.get_attribute("value") or 0), number_of(sent)
    wait_until(lambda: float(bar.get_attribute("value") or 0) > was[0], PATIENCE)
    wait_until(lambda: number_of(sent) > was[1], PATIENCE)


def stop(burst: Locator) -> float:
    """Click Stop; returns the seconds until the page said stopped."""
    began = time.monotonic()
    burst.get_by_role("button", name="Stop").click()
    expect(state_of(burst)).to_have_text("stopped")
    return time.monotonic() - began


def send_custom_burst(page: Page, **fields: str) -> Locator:
    """Fill the form of an own burst in and start it; ``fields`` by their names in the form."""
    for name, value in fields.items():
        page.locator(f"#custom-{name}").fill(value)
    burst = the_burst(page)
    before = burst.get_attribute("id") if burst.count() else ""
    page.get_by_role("button", name="Start custom burst").click()
    expect(burst).not_to_have_id(before or "")
    expect(burst.get_by_role("heading")).to_have_text("Custom burst")
    return burst


def open_burst(page: Page) -> None:
    """Go to the page of the burst that this page shows."""
    the_burst(page).get_by_role("heading").get_by_role("link").click()
    expect(page.get_by_role("link", name="All bursts")).to_be_visible()
