"""A whole lab, seen from outside: by its pages, its database, its processes."""

from __future__ import annotations

import html
import json
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import requests

from tests.stack.labs import PATIENCE, SLO_LAB, Lab, start_again, start_lab, wait_until

ENGINE = "portal.bursts.engine"
FAST = {"SLO_LAB_SCRAPE_INTERVAL": "1", "SLO_LAB_HTMX": "vendored"}
ERROR_BURST = {"rate": "20", "duration": "600", "error_percent": "100", "latency_ms": "0"}


@dataclass(frozen=True)
class Record:
    """A burst as the database keeps it."""

    state: str
    reason: str
    counts: dict[str, Any]

    @property
    def sent(self) -> int:
        return int(self.counts.get("sent", 0))


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Lab]:
    """The shipped ``slo-lab up``; at the end nothing of it is left."""
    lab = start_lab(folder, SLO_LAB, **FAST, **settings)
    with ended(lab):
        lab.wait_until_ready()
        yield lab


@contextmanager
def running_again(folder: Path, before: Lab) -> Iterator[Lab]:
    """The same lab, started anew on its data."""
    lab = start_again(folder, before.environ, SLO_LAB)
    with ended(lab):
        lab.wait_until_ready()
        yield lab


@contextmanager
def ended(lab: Lab) -> Iterator[None]:
    try:
        yield
    finally:
        if lab.process.poll() is None:
            lab.process.send_signal(signal.SIGINT)
            with suppress(TimeoutExpired):
                lab.process.wait(PATIENCE)
            lab.process.kill()
            lab.process.wait()


def page(lab: Lab, path: str) -> str:
    """The words of a page of the portal."""
    answer = requests.get(f"http://127.0.0.1:{lab.settings.port}{path}", timeout=PATIENCE)
    text = re.sub(r"<[^>]+>", " ", answer.text)
    return " ".join(html.unescape(text).split())


def post(lab: Lab, path: str, **form: str) -> requests.Response:
    """POST a form as a browser without JavaScript does."""
    url = f"http://127.0.0.1:{lab.settings.port}{path}"
    return requests.post(url, data=form, timeout=PATIENCE, allow_redirects=False)


def start_error_burst(lab: Lab) -> int:
    """A burst in which every request fails; its number, once it is under way."""
    answer = post(lab, "/bursts/custom", **ERROR_BURST)
    assert answer.status_code == 303, answer.text
    number = int(answer.headers["Location"].partition("?")[0].rpartition("/")[2])
    wait_until(lambda: record(lab, number).sent > 20)
    # It may have ended while the machine stood still; the portal renews it.
    wait_until(lambda: fault(lab)["error_ratio"] == 1)
    return number


def record(lab: Lab, number: int) -> Record:
    """The burst of that number."""
    path = lab.settings.data_dir / "slo-lab.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        query = "SELECT state, reason, counts FROM burst WHERE id = ?"
        state, reason, counts = connection.execute(query, (number,)).fetchone()
    return Record(state, reason, json.loads(counts))


def fault(lab: Lab) -> dict[str, Any]:
    """What is wrong with the mock app now."""
    state: dict[str, Any] = requests.get(
        f"{lab.settings.mockapp_base}/fault", timeout=PATIENCE
    ).json()
    return state


def is_well(lab: Lab) -> bool:
    """Whether the mock app is there, with no fault on."""
    try:
        return not fault(lab)["error_ratio"]
    except requests.ConnectionError:
        return False


def engines(lab: Lab) -> list[int]:
    """The processes that send bursts."""
    return [int(line.split()[0]) for line in lab.processes() if ENGINE in line]
