"""An action that fails says why on the page, and what was typed stays."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from tests.stack.labs import Lab

pytestmark = pytest.mark.browser
WHY = "Because users notice it – below that they leave."


def fill_in(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.settings.portal_base}/slos")
    page.get_by_label("Objective", exact=True).fill("99")
    page.get_by_label("Why this number?").fill(WHY)


def test_a_full_disk_is_told_and_the_form_stays(page: Page, lab: Lab, forgiven: list[str]) -> None:
    forgiven.append("503")
    sentence = "The disk is full, so nothing could be saved – free some space."

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        route.fulfill(status=503, headers={"X-Problem": quote(sentence)}, body="<p>no</p>")

    fill_in(page, lab)
    page.route("**/slos", refuse)
    page.get_by_role("button", name="Save this SLO").click()
    expect(page.locator("#problem")).to_have_text(sentence)
    expect(page.get_by_label("Why this number?")).to_have_value(WHY)


def test_a_portal_that_is_away_is_told_and_the_form_stays(
    page: Page, lab: Lab, forgiven: list[str]
) -> None:
    forgiven += ["ERR_FAILED", "htmx:error: Failed to fetch"]
    fill_in(page, lab)
    page.route(
        "**/slos",
        lambda route: route.abort() if route.request.method == "POST" else route.fallback(),
    )
    page.get_by_role("button", name="Save this SLO").click()
    expect(page.locator("#problem")).to_contain_text("The portal does not answer")
    expect(page.get_by_label("Why this number?")).to_have_value(WHY)


def test_a_refusal_is_told_where_it_is_seen(page: Page, lab: Lab, forgiven: list[str]) -> None:
    forgiven.append("422")
    page.goto(f"{lab.settings.portal_base}/bursts")
    page.locator("input[name=preset][value=steady]").evaluate("one => one.value = 'unknown'")
    page.get_by_role("button", name="Start steady traffic").click()
    expect(page.locator("#problem")).to_contain_text("There is no preset of that name")
    expect(page.locator("#active-burst")).to_be_visible()


def test_a_refusal_leaves_a_text_field_that_was_drawn_larger_to_the_csp_s_liking(
    page: Page, lab: Lab, forgiven: list[str]
) -> None:
    """htmx's settling would write the old field's ``style`` into the new one."""
    forgiven.append("status of 422")
    fill_in(page, lab)
    page.get_by_label("Objective", exact=True).fill("999")
    why = page.get_by_label("Why this number?")
    # As the browser does when its corner is drawn; the preview moves the field meanwhile.
    why.evaluate("field => { field.style.height = '160px'; }")
    expect(why).to_have_attribute("style", re.compile("height"))
    page.get_by_role("button", name="Save this SLO").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    expect(why).to_have_value(WHY)
