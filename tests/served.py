"""A portal that a real browser can visit, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright
from waitress.server import BaseWSGIServer

from portal.limits import ServerLimits
from portal.server import create_server
from tests.provision import chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 45_000
SERVER = ServerLimits(threads=4)


@contextmanager
def open_browser(*further_flags: str) -> Iterator[Browser]:
    """Chromium; the page is given a busy machine's time."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        program = str(chromium())
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *further_flags])
        yield browser
        browser.close()


def press(page: Page, button: str) -> Response:
    """Press the button of a form and wait until all that follows is over; the form's answer.

    An answer may send the browser to another page: whoever goes on before that page stands
    has two navigations at once, and either may end the other.
    """
    page.evaluate("window.isBefore = true")
    with page.expect_response(lambda one: one.request.method == "POST") as waiting:
        page.get_by_role("button", name=button).click()
    if "hx-redirect" in waiting.value.headers:
        page.wait_for_function("() => !window.isBefore && document.readyState === 'complete'")
    return waiting.value


class Served:
    """The portal behind waitress, in a thread; it can be stopped and started again."""

    def __init__(self, app: Flask, limits: ServerLimits = SERVER) -> None:
        self._app, self._limits = app, limits
        self.port = 0
        self.start()

    def start(self) -> None:
        """Serve, on the same port as before."""
        server = create_server(self._app, "127.0.0.1", self.port, self._limits)
        assert isinstance(server, BaseWSGIServer)
        self._server = server
        self.port = self._server.effective_port
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection.

        Whoever answers a request wakes the server too, and may do so between the two halves of
        our own call. The server must not close the pipe before we have written to it.
        """
        woken = threading.Event()

        def close() -> None:
            woken.wait()
            self._close()

        self._server.trigger.pull_trigger(close)
        woken.set()
        self._thread.join(timeout=60)
        self._server.task_dispatcher.shutdown()

    def _close(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()

    def url(self, path: str) -> str:
        """The address of one of its pages."""
        return f"http://127.0.0.1:{self.port}{path}"
