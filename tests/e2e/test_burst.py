"""Bursts as the learner sees them, against what Prometheus counted."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.acts import (
    number_of,
    open_burst,
    send_custom_burst,
    state_of,
    stop,
    the_burst,
    wait_for_share,
    wait_until_it_moves,
)
from tests.e2e.running import Counted
from tests.stack.labs import Lab

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture
def bursts(page: Page, lab: Lab) -> Page:
    """The page of the bursts."""
    page.goto(f"{lab.settings.portal_base}/bursts")
    return page


def test_availability_falls_in_an_error_burst_and_recovers(bursts: Page) -> None:
    bursts.get_by_role("button", name="Start error burst").click()
    burst = the_burst(bursts)
    expect(state_of(burst)).to_have_text("running")
    fallen = wait_for_share(bursts, below=0.95)
    wait_until_it_moves(burst)
    assert number_of(burst.locator("[data-count=failed]")) > 0
    stop(burst)
    custom = send_custom_burst(bursts, rate="100", duration="600")
    wait_for_share(bursts, above=(1 + fallen) / 2)
    stop(custom)


def test_stop_ends_a_burst_at_once(bursts: Page) -> None:
    bursts.get_by_role("button", name="Start steady traffic").click()
    burst = the_burst(bursts)
    wait_until_it_moves(burst)
    assert stop(burst) < 20
    open_burst(bursts)
    assert 0 < number_of(bursts.locator("[data-count=sent]")) < 600
    expect(bursts.get_by_text("Both counted the same requests and failures")).to_be_visible()


def test_a_double_click_starts_one_burst(bursts: Page) -> None:
    rows = bursts.locator("main tbody tr")
    before = rows.count()
    bursts.get_by_role("button", name="Start steady traffic").dblclick()
    stop(the_burst(bursts))
    expect(rows.first).to_contain_text("stopped")
    expect(rows).to_have_count(before + 1)


def test_the_same_button_starts_the_next_burst_without_a_reload(bursts: Page) -> None:
    button = bursts.get_by_role("button", name="Start steady traffic")
    names = []
    for _ in range(2):
        button.click()
        burst = the_burst(bursts)
        expect(state_of(burst)).to_have_text("running")
        stop(burst)
        names.append(burst.get_attribute("id"))
    assert names[0] != names[1]


def test_another_start_during_a_burst_says_one_at_a_time(bursts: Page) -> None:
    bursts.get_by_role("button", name="Start error burst").click()
    wait_until_it_moves(the_burst(bursts))
    bursts.get_by_role("button", name="Start slow burst").click()
    expect(bursts.locator("#problem")).to_contain_text("One burst at a time: Error burst")
    expect(the_burst(bursts).get_by_role("heading")).to_have_text("Error burst")
    bursts.locator("#problem").get_by_role("link", name="Error burst").click()
    expect(bursts).to_have_url(re.compile(r"/bursts/\d+$"))
    stop(the_burst(bursts))


def test_a_burst_stays_in_view_wherever_on_a_phone_it_was_started(
    new_context: Callable[..., BrowserContext], lab: Lab
) -> None:
    phone = new_context(viewport={"width": 360, "height": 740}).new_page()
    phone.goto(f"{lab.settings.portal_base}/bursts")
    phone.get_by_role("button", name="Start brownout").click()
    burst = the_burst(phone)
    expect(burst.locator("progress")).to_be_in_viewport()
    stop(burst)
    expect(burst.get_by_role("heading")).to_have_text("Brownout")
    expect(state_of(burst)).to_be_in_viewport()


def test_a_burst_of_a_step_has_its_stop_in_view(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.settings.portal_base}/steps/traffic")
    page.get_by_role("button", name="Start steady traffic").click()
    burst = the_burst(page)
    expect(burst.get_by_role("button", name="Stop")).to_be_in_viewport(ratio=1)
    stop(burst)


def test_a_refused_burst_of_ones_own_is_told_at_its_fields_until_a_burst_begins(
    bursts: Page, forgiven: list[str]
) -> None:
    forgiven.append("422")
    bursts.locator("#custom-rate").fill("9999")
    bursts.get_by_role("button", name="Start custom burst").click()
    expect(bursts.get_by_role("alert")).to_have_text("The rate must be from 0.1 to 500 requests/s.")
    stop(send_custom_burst(bursts, rate="7"))
    expect(bursts.get_by_role("alert")).to_have_count(0)
    expect(bursts.locator("#custom-rate")).to_have_value("7")


def test_a_refused_prediction_is_told_at_its_field_until_a_burst_begins(
    bursts: Page, forgiven: list[str]
) -> None:
    forgiven.append("422")
    card = bursts.get_by_role("region", name="Error burst")
    typed, start = card.get_by_label("Failing requests, %"), card.get_by_role("button")
    card.get_by_text("Predict first").click()
    typed.fill("150")
    start.click()
    expect(card.get_by_role("alert")).to_contain_text("from 0 to 100 %")
    expect(typed).to_have_value("150")
    typed.fill("20")
    start.click()
    expect(the_burst(bursts).locator("progress")).to_be_visible()
    expect(card.get_by_role("alert")).to_have_count(0)
    stop(the_burst(bursts))


def test_an_error_burst_agrees_with_prometheus_by_status(bursts: Page, lab: Lab) -> None:
    counted = Counted(lab)
    send_custom_burst(bursts, rate="60", duration="5", error_percent="20")
    expect(state_of(the_burst(bursts))).to_have_text("finished")
    open_burst(bursts)
    expect(bursts.get_by_text("Both counted the same requests and failures")).to_be_visible()
    by_status = counted.since()
    good = number_of(bursts.locator("[data-count=good]"))
    assert by_status == {"200": good, "500": 300 - good}
    assert number_of(bursts.locator("[data-count=failed]")) == 300 - good > 0


def test_what_came_just_before_a_burst_is_not_counted_as_its_own(bursts: Page) -> None:
    for _ in range(2):
        send_custom_burst(bursts, rate="150", duration="1")
        expect(state_of(the_burst(bursts))).to_have_text("finished")
    open_burst(bursts)
    expect(bursts.get_by_text("Both counted the same requests and failures")).to_be_visible()
