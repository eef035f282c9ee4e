"""The portal is paused, or the lab ends, while a burst runs on an open page."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.acts import state_of, the_burst
from tests.stack.labs import Lab

pytestmark = [pytest.mark.browser, pytest.mark.stack]
SINCE = re.compile(r"stand still since \d\d:\d\d:\d\d \S+: the portal does not answer")


def test_a_paused_portal_and_an_ended_lab_leave_no_page_that_looks_alive(
    page: Page, fresh_lab: Lab, forgiven: list[str]
) -> None:
    forgiven += ["htmx:error", "ERR_", "Failed to load resource"]
    page.goto(f"{fresh_lab.settings.portal_base}/steps/traffic")
    page.get_by_role("button", name="Start steady traffic").click()
    burst, note = the_burst(page), page.locator("#standstill")
    expect(state_of(burst)).to_have_text("running")
    portal = fresh_lab.state.servers["portal"].pid
    assert portal is not None
    os.kill(portal, signal.SIGSTOP)
    try:
        expect(note).to_have_text(SINCE)
        expect(state_of(burst)).to_be_hidden()
    finally:
        os.kill(portal, signal.SIGCONT)
    expect(note).to_be_hidden()
    expect(state_of(burst)).to_be_visible()
    assert fresh_lab.stop(signal.SIGINT) == 0
    expect(note).to_have_text(SINCE)
    expect(burst).not_to_contain_text("One burst at a time.", use_inner_text=True)
