"""A real browser on a page of another origin: it can lead here, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, request
from playwright.sync_api import Page

from portal.clients import calls
from tests.fakes.server import LocalServer, Reply
from tests.served import PATIENCE_MS, Served, open_browser

pytestmark = pytest.mark.browser
WANTED = "/workbench/try?expr=up"
EMBEDS = """
<img src="{0}&by=image"><script src="{0}&by=script"></script><iframe src="{0}&by=frame"></iframe>
<object data="{0}&by=object"></object><link rel="stylesheet" href="{0}&by=style">
<form id="into" target="hidden" action="{1}"><input name="by" value="form"></form>
<iframe name="hidden"></iframe><a id="link" href="{1}?by=link">to the lab</a>
<script>
  document.getElementById("into").submit();
  fetch("{0}&by=fetch", {{mode: "no-cors"}}).catch(() => 0);
  fetch("{0}&by=cors").catch(() => 0);
  navigator.sendBeacon("{0}&by=beacon");
</script>
"""
WAYS = {"image", "script", "frame", "object", "style", "form", "fetch", "cors", "beacon"}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_browser() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page


@pytest.fixture
def answers(app: Flask) -> dict[str, int]:
    """The status of each answer, by how it was asked for."""
    found: dict[str, int] = {}

    @app.after_request
    def note(response):  # type: ignore[no-untyped-def]
        if "by" in request.args:
            found[request.args["by"]] = response.status_code
        return response

    return found


@pytest.fixture
def served(answers: dict[str, int], app: Flask) -> Iterator[Served]:
    served = Served(app)
    yield served
    served.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_has_nothing_done_but_may_lead_here(
    served: Served, page: Page, answers: dict[str, int], host: str
) -> None:
    """Another port of this machine is the same site, and another name of it is not."""
    asked: list[str] = []
    portal = f"http://127.0.0.1:{served.port}"
    body = EMBEDS.format(portal + WANTED, portal + "/slos").encode()
    calls.listeners.append(asked.append)
    try:
        with LocalServer(lambda _: Reply(body=body, content_type="text/html")) as elsewhere:
            page.goto(elsewhere.url.replace("127.0.0.1", host))
            page.wait_for_load_state("networkidle")
    finally:
        calls.listeners.remove(asked.append)
    assert answers == dict.fromkeys(WAYS, 403)
    assert asked == []
    page.goto(f"data:text/html,<a href='{portal}/slos?by=link'>to the lab</a>")
    page.get_by_text("to the lab").click()
    page.wait_for_url(f"{portal}/slos*")
    assert answers["link"] == 200
