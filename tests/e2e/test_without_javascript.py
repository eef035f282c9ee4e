"""The same way through the lab with JavaScript off: forms, redirects and reloads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e import path
from tests.e2e.acts import the_burst
from tests.fakes.boards import classic_board
from tests.stack.labs import Lab, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.stack]
RELOAD_SECONDS = 0.5
"""A person waits longer; one page after the other without a pause keeps a core busy."""


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], fresh_lab: Lab) -> Page:
    context = new_context(java_script_enabled=False, base_url=fresh_lab.settings.portal_base)
    return context.new_page()


def press(page: Page, button: Locator) -> None:
    """Click, and come to the page it leads to: what follows must not overtake it."""
    with page.expect_navigation():
        button.click()


def reload_until(page: Page, seen: Locator) -> None:
    """Reload the page until it is there."""

    def is_there() -> bool:
        page.reload()
        return seen.count() > 0

    wait_until(is_there, every=RELOAD_SECONDS)


def check_until_met(page: Page, step: str, criterion: str) -> None:
    """Open the step and click *check again* until it is met."""
    page.goto(f"/steps/{step}")

    def is_met() -> bool:
        press(page, path.verdict(page, criterion).get_by_role("button", name="check again"))
        return page.locator(f"#verdict-{criterion}.met").count() > 0

    wait_until(is_met, every=RELOAD_SECONDS)
    assert page.url.endswith(f"/steps/{step}")


def send_burst(page: Page, **fields: str) -> None:
    """A custom burst, watched to its end by reloads; ends on the burst's page."""
    page.goto("/bursts")
    for name, value in fields.items():
        page.locator(f"#custom-{name}").fill(value)
    press(page, page.get_by_role("button", name="Start custom burst"))
    reload_until(page, the_burst(page).locator(".badge", has_text="finished"))
    reload_until(page, page.get_by_text("Both counted the same requests and failures"))


def test_the_whole_lab_without_javascript(
    page: Page, fresh_lab: Lab, tmp_path: Path, forgiven: list[str]
) -> None:
    forgiven.append("status of 422")
    page.goto("/")
    press(page, page.get_by_role("link", name="Start: Preflight"))
    check_until_met(page, "preflight", "preflight")
    for step in ("meet-the-service", "read-your-slis"):
        page.goto(f"/steps/{step}")
        press(page, page.get_by_role("button", name="Done, next"))
    start_and_stop(page)
    send_burst(page, rate="50", duration="4")
    check_until_met(page, "traffic", "traffic")
    make_a_dashboard(page, tmp_path)
    make_an_slo(page)
    send_burst(page, rate="50", duration="3", error_percent="40")
    record = path.read_record(page)
    page.goto("/steps/break-it")
    expect(page.locator("#incident")).to_contain_text("You broke it")
    make_an_alert(page)
    page.goto("/steps/user-impact")
    path.fill_impact(page, record)
    expect(page.get_by_text("Your statement is kept")).to_be_visible()
    check_until_met(page, "user-impact", "impact")
    answer_and_export(page)
    status, told = path.check_json(fresh_lab)
    assert (status, told["complete"]) == (0, True), told


def start_and_stop(page: Page) -> None:
    page.goto("/bursts")
    press(page, page.get_by_role("button", name="Start steady traffic"))
    press(page, the_burst(page).get_by_role("button", name="Stop"))
    reload_until(page, the_burst(page).locator(".badge", has_text="stopped"))


def make_a_dashboard(page: Page, folder: Path) -> None:
    page.goto("/workbench")
    page.get_by_label("JSON file").set_input_files(path.write_board(folder, classic_board()))
    press(page, page.get_by_role("button", name="Hand it in"))
    expect(page.get_by_text("Handed in: my-slis.json")).to_be_visible()
    check_until_met(page, "dashboard", "dashboard")


def make_an_slo(page: Page) -> None:
    page.goto("/slos")
    path.fill_slo(page)
    page.get_by_label("Objective").fill("100 %")
    press(page, page.get_by_role("button", name="Save this SLO"))
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    expect(page.get_by_label("Why this number?")).to_have_value(path.WHY)
    page.get_by_label("Objective").fill("99 %")
    press(page, page.get_by_role("button", name="Save this SLO"))
    check_until_met(page, "slo", "slo")


def make_an_alert(page: Page) -> None:
    page.goto("/alerts/rules")
    page.get_by_label("Your rule file").fill(path.RULE)
    press(page, page.get_by_role("button", name="Validate and apply"))
    expect(page.get_by_text("Prometheus has loaded this text")).to_be_visible()
    check_until_met(page, "alert", "alert")


def answer_and_export(page: Page) -> None:
    page.goto("/reflections")
    for question, answer in path.ANSWERS.items():
        page.locator(f"#text-{question}").fill(answer)
    press(page, page.get_by_role("button", name="Submit"))
    check_until_met(page, "what-you-learned", "reflection")
    page.goto("/reflections")
    document = json.loads(path.downloaded(page, "JSON"))
    assert [q["answer"] for q in document["questions"]] == list(path.ANSWERS.values())
    assert "Every fifth visitor" in path.downloaded(page, "Markdown")
