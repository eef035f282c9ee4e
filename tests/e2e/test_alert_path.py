"""From an SLO to an alert that a burst makes pending, firing and resolved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import path
from tests.e2e.acts import open_burst, send_custom_burst, stop, the_burst
from tests.stack.labs import Lab

pytestmark = [pytest.mark.browser, pytest.mark.stack]

WITH_FOR = path.RULE.replace("        labels:", "        for: 5s\n        labels:", 1).replace(
    "[1m]", "[20s]"
)
A_MINUTE_AND_MORE = 120_000


@pytest.fixture
def guarded(page: Page, grafana_lab: Lab) -> Page:
    """An SLO with the alerts that the lab makes for it, and one written by hand."""
    base = grafana_lab.settings.portal_base
    page.goto(f"{base}/slos")
    path.fill_slo(page)
    page.get_by_role("button", name="Save this SLO").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Details and edit").click()
    page.get_by_text("Burst planner: what would it take to fire them?").click()
    page.get_by_role("button", name="Do it for me: apply these rules").click()
    expect(page.get_by_text("Prometheus has loaded them")).to_be_visible()
    page.goto(f"{base}/alerts/rules")
    page.get_by_label("Your rule file").fill(WITH_FOR)
    page.get_by_role("button", name="Validate and apply").click()
    expect(page.locator("#loaded-rules")).to_contain_text("AvailabilityPage5m")
    path.is_met(page, "alert")
    page.goto(f"{base}/bursts")
    return page


def states(page: Page, alert: str) -> Locator:
    """The states that the alert went through, as the burst's page lists them."""
    card = page.locator("#alert-transitions article").filter(
        has=page.get_by_role("heading", name=alert, exact=True)
    )
    return card.locator("tbody tr td:first-child")


def seconds(page: Page, alert: str) -> list[int]:
    """How long after the burst's start each of them began."""
    cells = states(page, alert).locator("xpath=../td[3]").all_inner_texts()
    return [int(re.sub(r" s.*", "", text)) for text in cells]


def test_a_burst_takes_an_alert_from_pending_to_firing_to_resolved(guarded: Page) -> None:
    page = guarded
    send_custom_burst(page, rate="20", duration="600", error_percent="50")
    open_burst(page)
    written = states(page, "ShopFails")
    expect(written).to_have_text(["pending", "firing"], timeout=A_MINUTE_AND_MORE)
    expect(states(page, "AvailabilityPage5m")).to_have_text(["firing"], timeout=A_MINUTE_AND_MORE)
    stop(the_burst(page))
    page_alert = states(page, "AvailabilityPage5m")
    expect(page_alert).to_have_text(["firing", "resolved"], timeout=A_MINUTE_AND_MORE)
    expect(written).to_have_text(["pending", "firing", "resolved"], timeout=A_MINUTE_AND_MORE)
    pending, firing, resolved = seconds(page, "ShopFails")
    assert 0 < pending < firing < resolved
    assert firing - pending >= 5
    began, ended = seconds(page, "AvailabilityPage5m")
    assert 0 < began < ended
