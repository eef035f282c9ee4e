"""All of the lab, from the first page to the export, on the real stack; ticks by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import path
from tests.e2e.acts import number_of, open_burst, state_of, stop, the_burst, wait_for_share
from tests.e2e.running import Counted
from tests.fakes.boards import classic_board
from tests.stack.labs import Lab, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.stack]


class Learner:
    """Somebody with two tabs: one to work in, one that is only watched and never reloaded."""

    def __init__(self, lab: Lab, context: BrowserContext) -> None:
        self.lab = lab
        self.page = context.new_page()
        self.watched = context.new_page()

    def go(self, where: str) -> Page:
        self.page.bring_to_front()
        self.page.goto(self.lab.settings.portal_base + where)
        return self.page

    def watch(self, step: str, criterion: str) -> None:
        """Open the step in the other tab; it is not met yet."""
        self.watched.goto(f"{self.lab.settings.portal_base}/steps/{step}")
        expect(path.verdict(self.watched, criterion)).to_contain_text("We need")

    def sees_it_met(self, criterion: str, step: str) -> None:
        path.is_met(self.watched, criterion)
        path.ticked(self.watched, step)


@pytest.fixture
def learner(fresh_lab: Lab, new_context: Callable[..., BrowserContext]) -> Learner:
    return Learner(fresh_lab, new_context(viewport={"width": 1440, "height": 900}))


def test_the_whole_lab(learner: Learner, tmp_path: Path) -> None:
    begin(learner)
    counted = send_traffic(learner)
    learner.watch("dashboard", "dashboard")
    hand_in(learner, tmp_path)
    learner.sees_it_met("dashboard", "Dashboard")
    define_an_slo(learner)
    guard_it(learner)
    six_hundred_came(learner, counted)
    record = break_it(learner)
    state_the_impact(learner, record)
    reflect(learner)
    exported_all_of_it(learner)
    status, told = path.check_json(learner.lab)
    assert (status, told["complete"]) == (0, True), told
    is_gone_with_its_object(learner)


def begin(learner: Learner) -> None:
    page = learner.go("/")
    page.get_by_role("link", name="Start: Preflight").click()
    path.is_met(page, "preflight")
    path.ticked(page, "Preflight")
    # Before there is traffic: a machine that stands still makes any burst slow for its users.
    page = learner.go("/steps/break-it")
    expect(page.locator("#incident")).to_contain_text("No user was hurt yet")
    page = learner.go("/steps/preflight")
    page.get_by_role("link", name="Meet the service", exact=False).last.click()
    page.get_by_role("button", name="Done, next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Traffic")
    path.ticked(page, "Meet the service")


def send_traffic(learner: Learner) -> Counted:
    """Start the steady burst; it goes on while we go on."""
    page, counted = learner.page, Counted(learner.lab)
    page.get_by_role("button", name="Start steady traffic").click()
    path.is_met(page, "traffic")
    path.ticked(page, "Traffic")
    assert wait_for_share(page, above=0.99) == 1.0
    learner.go("/steps/read-your-slis").get_by_role("button", name="Done, next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    return counted


def hand_in(learner: Learner, folder: Path) -> None:
    page = learner.go("/workbench")
    page.get_by_label("JSON file").set_input_files(path.write_board(folder, classic_board()))
    page.get_by_role("button", name="Hand it in").click()
    expect(page.get_by_text("Handed in: my-slis.json")).to_be_visible()


def define_an_slo(learner: Learner) -> None:
    learner.watch("slo", "slo")
    page = learner.go("/slos")
    path.fill_slo(page)
    expect(page.get_by_text("What this would mean")).to_be_visible()
    page.get_by_role("button", name="Save this SLO").click()
    expect(page.locator("#slo-list")).to_contain_text("99 % over 1 hour")
    learner.sees_it_met("slo", "SLO")


def six_hundred_came(learner: Learner, counted: Counted) -> None:
    """What users saw and what Prometheus counted agree to the request."""
    page = learner.go("/bursts/1")
    expect(state_of(the_burst(page))).to_have_text("finished", timeout=120_000)
    expect(page.get_by_text("Both counted the same requests and failures")).to_be_visible()
    row = page.get_by_role("row", name="requests")
    expect(row.get_by_role("cell")).to_have_text(["600", "600"])
    assert counted.since() == {"200": 600}


def break_it(learner: Learner) -> dict[str, str]:
    """An error burst, stopped once it hurt; returns what its page says."""
    page = learner.go("/steps/break-it")
    page.get_by_role("button", name="Start error burst").click()
    burst = the_burst(page)
    wait_until(lambda: number_of(burst.locator("[data-count=failed]")) >= 12)
    wait_for_share(page, below=0.99)
    stop(burst)
    expect(page.locator("#incident")).to_contain_text("You broke it")
    path.ticked(page, "Break it")
    open_burst(page)
    expect(page.get_by_text("Both counted the same requests and failures")).to_be_visible()
    return path.read_record(page)


def guard_it(learner: Learner) -> None:
    learner.watch("alert", "alert")
    page = learner.go("/alerts/rules")
    page.get_by_label("Your rule file").fill(path.RULE)
    page.get_by_role("button", name="Validate and apply").click()
    expect(page.get_by_text("Prometheus has loaded this text")).to_be_visible()
    expect(page.locator("#loaded-rules")).to_contain_text("ShopFails")
    learner.sees_it_met("alert", "Alert")


def state_the_impact(learner: Learner, record: dict[str, str]) -> None:
    learner.watch("user-impact", "impact")
    page = learner.go("/steps/user-impact")
    path.fill_impact(page, record)
    expect(page.get_by_text("Your statement is kept")).to_be_visible()
    learner.sees_it_met("impact", "User impact")


def reflect(learner: Learner) -> None:
    learner.watch("what-you-learned", "reflection")
    page = learner.go("/reflections")
    for question, answer in path.ANSWERS.items():
        page.locator(f"#text-{question}").fill(answer)
    for question in path.ANSWERS:
        expect(page.locator(f"#saved-{question}")).to_contain_text("✓ saved")
    page.reload()
    for question, answer in path.ANSWERS.items():
        expect(page.locator(f"#text-{question}")).to_have_value(answer)
    page.get_by_role("button", name="Submit").click()
    learner.sees_it_met("reflection", "What you learned")


def exported_all_of_it(learner: Learner) -> None:
    page = learner.go("/reflections")
    markdown = path.downloaded(page, "Markdown")
    document: dict[str, Any] = json.loads(path.downloaded(page, "JSON"))
    for answer in path.ANSWERS.values():
        assert answer.split("<")[0] in markdown
    assert "<b>" not in markdown
    text = json.dumps(document, ensure_ascii=False)
    for piece in (*path.ANSWERS.values(), path.WHY, path.SENTENCE, "Error burst"):
        assert json.dumps(piece, ensure_ascii=False)[1:-1] in text


def is_gone_with_its_object(learner: Learner) -> None:
    """What was met is not met any more; the first time stays."""
    page = learner.go("/slos")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted “")).to_be_visible()
    learner.go("/workbench").get_by_role("button", name="Remove my-slis.json").click()
    expect(page.get_by_text("Removed.")).to_be_visible()
    path.is_no_longer_met(page, "dashboard")
    path.is_no_longer_met(learner.go("/steps/slo"), "slo")
    assert path.check_json(learner.lab)[0] == 1
