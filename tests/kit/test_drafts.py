"""What is typed into an edit form survives reload, Back and a second tab, until it is saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from portal.impact import store as impact
from portal.impact.comparison import Statement
from portal.kit.db import db
from portal.objectives.store import save_slo
from portal.reflections.store import Draft, SaveStatus, kept_answers, save_answer
from portal.slo.objective import SLO, SLIKind
from portal.steps.catalog import load
from portal.workbench import store as workbench
from tests.conftest import START
from tests.kit.test_version import hurting_burst
from tests.served import PATIENCE_MS, Served, open_browser, press

pytestmark = pytest.mark.browser
TEMPLATES = Path(__file__).resolve().parents[2] / "portal" / "templates"
TYPED = "Typed here, not saved"
FORMS = {
    "panel": ("/workbench/panels/1", "#panel-title", "Save the panel"),
    "title": ("/workbench", "#dashboard-title", "Rename"),
    "rules": ("/alerts/rules", "#rule-text", "Validate and apply"),
    "slo": ("/slos/availability", "#why", "Save the changes"),
    "impact": ("/impact", "#sentence", "Compare with what was measured"),
    "new panel": ("/workbench", "#panel-title", "Keep as a panel"),
    "new slo": ("/slos", "#why", "Save this SLO"),
    "openslo": ("/slos", "#openslo-text", "Take over"),
    "hand-in": ("/workbench", "#document", "Hand it in"),
    "burst": ("/bursts", "#custom-rate", "Start custom burst"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    with app.app_context():
        workbench.add_panel(1, "Saved", "up", "none", START)
        save_slo(1, SLO("availability", SLIKind.AVAILABILITY, 0.99, title="All"), START)
        impact.save(1, hurting_burst(), Statement(10, 0, 1, "A" * 50), START)
        db.session.commit()
    served = Served(app)
    yield served
    served.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


def opened(context: BrowserContext, served: Served, path: str) -> Page:
    page = context.new_page()
    page.goto(served.url(path))
    return page


def typed(page: Page, field: str, words: str) -> None:
    """Type into a field that may lie in folds."""
    for fold in page.locator(f"details:not([open]):has({field}) > summary").all():
        fold.click()
    page.locator(field).fill(words)


def notice(page: Page, words: str) -> Locator:
    return page.locator(".notice", has_text=words)


@pytest.mark.parametrize("form", FORMS)
def test_what_was_typed_is_back_after_reload_and_back_and_can_be_thrown_away(
    context: BrowserContext, served: Served, form: str
) -> None:
    path, field, _ = FORMS[form]
    page = opened(context, served, path)
    saved = page.locator(field).input_value()
    typed(page, field, TYPED)
    page.goto(served.url("/criteria"))
    page.goto(served.url(path))
    expect(page.locator(field)).to_have_value(TYPED)
    page.reload()
    expect(page.locator(field)).to_have_value(TYPED)
    page.goto(served.url("/criteria"))
    page.go_back()
    expect(page.locator(field)).to_have_value(TYPED)
    notice(page, "it is not saved yet").get_by_role("button", name="Throw it away").click()
    expect(page.locator(field)).to_have_value(saved)
    page.reload()
    expect(page.locator(field)).to_have_value(saved)


@pytest.mark.parametrize("form", FORMS)
def test_another_tab_is_offered_what_this_one_typed(
    context: BrowserContext, served: Served, form: str
) -> None:
    path, field, _ = FORMS[form]
    typed(opened(context, served, path), field, TYPED)
    second = opened(context, served, path)
    expect(second.locator(field)).not_to_have_value(TYPED)
    notice(second, "in another tab").get_by_role("button", name="Put it into the form").click()
    expect(second.locator(field)).to_have_value(TYPED)


@pytest.mark.parametrize("form", ["panel", "title", "slo", "impact"])
def test_the_later_of_two_tabs_is_shown_what_the_other_saved_and_keeps_its_own(
    context: BrowserContext, served: Served, form: str
) -> None:
    path, field, button = FORMS[form]
    first, second = (opened(context, served, path) for _ in range(2))
    theirs = "Saved by the first of the tabs, long enough for all of the forms."
    first.locator(field).fill(theirs)
    press(first, button)
    second.locator(field).fill(TYPED + ", and long enough to be kept.")
    assert press(second, button).status == 409
    expect(second.locator(field)).to_have_value(TYPED + ", and long enough to be kept.")
    expect(second.locator(".conflict")).to_contain_text(theirs)
    second.reload()
    expect(second.locator(field)).to_have_value(TYPED + ", and long enough to be kept.")
    assert press(second, button).status == 200
    second.goto(served.url(path))
    expect(second.locator(field)).to_have_value(TYPED + ", and long enough to be kept.")
    expect(notice(second, "you had typed")).to_have_count(0)


MADE = {
    "new panel": {"#expr": "up", "#panel-title": TYPED},
    "new slo": {"#objective": "99", "#why": "Long enough to be a reason for that number."},
    "hand-in": {"#document": '{"title": "Mine", "panels": []}'},
}


@pytest.mark.parametrize("form", MADE)
def test_a_form_that_created_something_is_empty_the_next_time(
    context: BrowserContext, served: Served, form: str
) -> None:
    path, field, button = FORMS[form]
    page = opened(context, served, path)
    for where, words in MADE[form].items():
        typed(page, where, words)
    assert press(page, button).status == 200
    page.goto(served.url(path))
    expect(page.locator(field)).to_have_value("")
    expect(notice(page, "had typed")).to_have_count(0)


def test_what_a_form_could_not_create_is_back_after_a_reload(
    context: BrowserContext, served: Served
) -> None:
    page = opened(context, served, "/slos")
    typed(page, "#why", TYPED)
    assert press(page, "Save this SLO").status == 422
    page.goto(served.url("/slos"))
    expect(page.locator("#why")).to_have_value(TYPED)


def test_a_link_that_fills_the_form_is_not_overwritten(
    context: BrowserContext, served: Served
) -> None:
    page = opened(context, served, "/workbench")
    page.locator("#panel-title").fill(TYPED)
    page.goto(served.url("/workbench?expr=up"))
    expect(page.locator("#panel-title")).to_have_value("")
    expect(page.locator("#expr")).to_have_value("up")
    notice(page, "here before").get_by_role("button", name="Put it into the form").click()
    expect(page.locator("#panel-title")).to_have_value(TYPED)


@pytest.mark.parametrize(("scope", "left"), [("slo", ""), ("lab", ""), ("dashboard", TYPED)])
def test_a_reset_forgets_the_drafts_of_what_it_resets(
    context: BrowserContext, served: Served, app: Flask, scope: str, left: str
) -> None:
    page = opened(context, served, "/slos")
    typed(page, "#why", TYPED)
    other = opened(context, served, f"/reset/{scope}")
    other.get_by_role("checkbox").check()
    other.locator("main form button").click()
    expect(notice(other, "You can begin again")).to_have_count(1)
    page.goto(served.url("/slos"))
    expect(page.locator("#why")).to_have_value(left)


def test_an_answer_that_the_portal_never_got_is_back_after_a_reload_and_is_saved(
    context: BrowserContext, served: Served, app: Flask
) -> None:
    page = opened(context, served, "/reflections")
    page.on("dialog", lambda dialog: dialog.accept())
    box, saved = page.locator(".question textarea").first, page.locator(".saved").first
    served.stop()
    box.fill(TYPED)
    expect(saved).to_contain_text("the portal does not answer")
    served.start()
    page.route("**/reflections/*", lambda route: route.abort())  # whatever it still tries
    page.goto("about:blank")
    page.unroute_all()
    page.goto(served.url("/reflections"))
    expect(notice(page, "is being saved")).to_have_count(1)
    expect(saved).to_contain_text("✓ saved")
    page.reload()
    expect(box).to_have_value(TYPED)
    expect(notice(page, "had typed")).to_have_count(0)


def test_an_answer_that_was_saved_is_not_offered_again(
    context: BrowserContext, served: Served, app: Flask
) -> None:
    page = opened(context, served, "/reflections")
    box = page.locator(".question textarea").first
    box.fill(TYPED)
    expect(page.locator(".saved").first).to_contain_text("✓ saved")
    with app.app_context():
        question = str(box.get_attribute("name")).removeprefix("text-")
        newer = Draft.of(question, "Of another tab", version=kept_answers(1)[question].version)
        assert save_answer(1, newer, START).status is SaveStatus.SAVED
    page.reload()
    expect(box).to_have_value("Of another tab")
    expect(notice(page, "you had typed")).to_have_count(0)


def test_every_draft_names_the_step_whose_reset_forgets_it() -> None:
    named = {
        step
        for path in TEMPLATES.rglob("*.html")
        for step in re.findall(r'keeps\("([^"]*)"', path.read_text())
    }
    assert named
    assert named <= {step.id for step in load()}
