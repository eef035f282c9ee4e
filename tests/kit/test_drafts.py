"""What is typed into an edit form survives reload, Back and a second tab, until it is saved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from portal.impact import store as impact
from portal.impact.comparison import Statement
from portal.kit.db import db
from portal.objectives.store import save_slo
from portal.slo.objective import SLO, SLIKind
from portal.workbench import store as workbench
from tests.conftest import START
from tests.kit.test_version import hurting_burst
from tests.served import PATIENCE_MS, Served, open_browser, press

pytestmark = pytest.mark.browser
TYPED = "Typed here, not saved"
FORMS = {
    "panel": ("/workbench/panels/1", "#panel-title", "Save the panel"),
    "title": ("/workbench", "#dashboard-title", "Rename"),
    "rules": ("/alerts/rules", "#rule-text", "Validate and apply"),
    "slo": ("/slos/availability", "#why", "Save the changes"),
    "impact": ("/impact", "#sentence", "Compare with what was measured"),
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


def notice(page: Page, words: str) -> Locator:
    return page.locator(".notice", has_text=words)


@pytest.mark.parametrize("form", FORMS)
def test_what_was_typed_is_back_after_reload_and_back_and_can_be_thrown_away(
    context: BrowserContext, served: Served, form: str
) -> None:
    path, field, _ = FORMS[form]
    page = opened(context, served, path)
    saved = page.locator(field).input_value()
    page.locator(field).fill(TYPED)
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
    opened(context, served, path).locator(field).fill(TYPED)
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
