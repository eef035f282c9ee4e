"""A lab as the learner starts it, and a browser that tells of every error on a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.e2e.running import PATIENCE_MS, running_lab
from tests.fakes.grafana import FakeGrafana
from tests.provision import chromium
from tests.stack.labs import Lab

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CDN = "https://cdn.jsdelivr.net"


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab for the tests that don't mind what the others did in it."""
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="package")
def grafana() -> Iterator[FakeGrafana]:
    """A Grafana with the lab's folder and nothing in it."""
    with FakeGrafana() as grafana:
        grafana.add_folder()
        yield grafana


@pytest.fixture(scope="package")
def grafana_lab(grafana: FakeGrafana, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab that has been given a Grafana, little traffic, and htmx from a CDN out of reach."""
    folder = tmp_path_factory.mktemp("grafana-lab")
    with running_lab(folder, SLO_LAB_GRAFANA_URL=grafana.url, SLO_LAB_HTMX="cdn") as lab:
        grafana.stand_before(lab.settings.prometheus_base)
        yield lab


@pytest.fixture
def fresh_lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab in which nobody did anything yet."""
    with running_lab(tmp_path) as lab:
        yield lab


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def forgiven() -> list[str]:
    """What the console may say in this test (regular expressions)."""
    return [rf"net::ERR_FAILED \({re.escape(CDN)}"]


@pytest.fixture
def new_context(browser: Browser, forgiven: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Open a context with ``new_context(**options)``; a page with an error fails the test."""
    opened: list[BrowserContext] = []
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url')})")

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.route(f"{CDN}/**", lambda route: route.abort())
        context.on("console", on_console)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert [e for e in errors if not any(re.search(one, e) for one in forgiven)] == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of a desktop browser."""
    return new_context(viewport={"width": 1440, "height": 900}).new_page()
