"""A warm start: ``make lab`` on a machine that has run it before."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

from bench.figures import Figure
from bench.lab import started_again, stopped_at_the_end
from bench.visitors import AnswerError, Browser
from stack import bootstrap
from stack.state import ServerStatus
from tests.stack.labs import wait_until

AIM_SECONDS = 3.0


def measure(folder: Path, environ: dict[str, str], runs: int) -> Iterator[Figure]:
    """Starts on the data of a lab that was stopped."""
    first = check_environment()
    portal, everything = zip(*(start(folder, environ) for _ in range(runs)), strict=True)
    took = first + statistics.median(portal)
    beside = f"all servers up: {first + statistics.median(everything):.2f} s"
    yield Figure("make lab, warm, to the portal answering", took, "s", AIM_SECONDS, beside)


def check_environment() -> float:
    """Seconds that ``make lab`` takes to see that .venv is there; 0 where it would make it."""
    if not bootstrap.is_done("lab"):
        return 0.0
    begin = time.monotonic()
    subprocess.run([sys.executable, bootstrap.__file__, "lab"], check=True)
    return time.monotonic() - begin


def start(folder: Path, environ: dict[str, str]) -> tuple[float, float]:
    """Seconds to the portal's first answer, and to every server being up."""
    begin = time.monotonic()
    with stopped_at_the_end(started_again(folder, environ)) as lab:
        browser = Browser(lab.settings.port)
        wait_until(lambda: answers(browser))
        portal = time.monotonic() - begin
        wait_until(
            lambda: all(s.status is not ServerStatus.STARTING for s in lab.state.servers.values())
        )
        return portal, time.monotonic() - begin


def answers(browser: Browser) -> bool:
    """Whether the portal gives its first page."""
    try:
        browser.get("/")
    except (OSError, HTTPException, AnswerError):
        browser.close()
        return False
    return True
