"""Visitors of the portal: each asks for its address on schedule, on a connection kept alive.

The time of an answer counts from the moment the request was due, so that a portal that makes
visitors wait can't hide it.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

PATIENCE_SECONDS = 30.0


class AnswerError(Exception):
    """The portal answered something else than a page."""


@dataclass(frozen=True)
class Visit:
    """Ask for ``path`` each ``every`` seconds, the first time after ``phase`` seconds."""

    path: str
    every: float
    phase: float = 0.0


@dataclass
class Waits:
    """Seconds from due to answered, by path; ``failures`` are sentences."""

    by_path: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        """Of all paths."""
        return [wait for waits in self.by_path.values() for wait in waits]


def visit(port: int, visits: Iterable[Visit], seconds: float) -> Waits:
    """Send all visitors for that long; returns what they waited, when all are answered."""
    waits, start = Waits(), time.monotonic()
    threads = [
        threading.Thread(target=_come, args=(port, one, start, seconds, waits), daemon=True)
        for one in visits
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def _come(port: int, one: Visit, start: float, seconds: float, waits: Waits) -> None:
    browser = Browser(port)
    due = start + one.phase
    while due < start + seconds:
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            browser.get(one.path)
        except (AnswerError, OSError, http.client.HTTPException) as error:
            waits.failures.append(f"{one.path}: {error!r}")
            browser.close()
        waits.by_path[one.path].append(time.monotonic() - due)
        due += one.every
    browser.close()


class Browser:
    """Asks the portal on one connection, as a page that is open does."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

    def get(self, path: str) -> str:
        """The page."""
        return self._ask("GET", path)

    def post(self, path: str, **form: object) -> str:
        """Send a form, as htmx does; returns the fragment."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        return self._ask("POST", path, urlencode(form), headers)

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> str:
        self._connection.request(method, path, body, headers or {})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise AnswerError(f"{method} {path} answered {answer.status}")
        return text


class _Polls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.visits: list[Visit] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every element that asks for itself again and again."""
        given = dict(attrs)
        path, triggers = given.get("hx-get"), given.get("hx-trigger") or ""
        for trigger in triggers.split(","):
            words = trigger.split()
            if path and words[:1] == ["every"]:
                self.visits.append(Visit(path, float(words[1].removesuffix("s"))))


def polls(html: str) -> list[Visit]:
    """What an open page asks for again and again, and how often."""
    parser = _Polls()
    parser.feed(html)
    return parser.visits
