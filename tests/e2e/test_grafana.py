"""A dashboard in Grafana, from the learner's side."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import path
from tests.e2e.acts import send_custom_burst
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.stack.labs import Lab

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_a_dashboard_in_grafana_ticks_by_itself_and_goes_with_it(
    page: Page, grafana_lab: Lab, grafana: FakeGrafana
) -> None:
    base = grafana_lab.settings.portal_base
    page.goto(f"{base}/bursts")
    send_custom_burst(page, rate="20", duration="8")
    page.goto(f"{base}/steps/dashboard")
    expect(path.verdict(page, "dashboard")).to_contain_text("No dashboard yet")
    board = grafana.add_dashboard(classic_board("My SLIs"), "mine", folder="slo-lab")
    path.is_met(page, "dashboard")
    expect(path.verdict(page, "dashboard")).to_contain_text("“My SLIs”, in Grafana")
    path.ticked(page, "Dashboard")
    del grafana.dashboards[board.uid]
    path.verdict(page, "dashboard").get_by_role("button", name="check again").click()
    path.is_no_longer_met(page, "dashboard")


def test_preflight_asks_grafana_too(page: Page, grafana_lab: Lab) -> None:
    page.goto(f"{grafana_lab.settings.portal_base}/steps/preflight")
    path.is_met(page, "preflight")
    expect(path.verdict(page, "preflight")).to_contain_text("Grafana 9.4.0 answers")
