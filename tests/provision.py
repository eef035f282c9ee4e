"""Gets what the tests run for real: Prometheus, Chromium and PostgreSQL.

Run by ``make test`` before them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from portal.config import Settings
from portal.errors import SLOLabError
from stack.console import Console
from stack.sources import PrometheusInstall, find_prometheus
from tests.promtool import promtool_at_hand
from tests.robustness.postgresql import programs

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600.0


def prometheus() -> PrometheusInstall:
    """The Prometheus that the tests run, from the sources that ``make lab`` has."""
    return find_prometheus(Settings.from_env(), Console())


def promtool() -> str:
    """The promtool that the portal asks; raises PromtoolMissingError where there is none."""
    return str(promtool_at_hand())


def chromium() -> Path:
    """The browser that the tests drive; raises SLOLabError where there is none."""
    found = _chromium_on_path() or _chromium_of_playwright()
    if not found:
        raise SLOLabError("There is no Chromium; `make test` gets one.")
    return found


def provide_chromium() -> Path:
    """Chromium from PATH, else Playwright's own, else the distribution's (as root)."""
    for get in (_nothing, _install_playwrights, _install_distributions):
        get()
        if found := _chromium_on_path() or _chromium_of_playwright():
            return found
    raise SLOLabError(
        "The browser tests need Chromium: there is none on PATH, Playwright can't download its "
        "own, and the distribution's can't be installed (that takes root and apt-get). "
        "Install Chromium or Chrome, then run `make test` again."
    )


def provide_postgresql() -> Path | None:
    """The folder of PostgreSQL's programs; the distribution's are installed (as root) if need be.

    None: its tests are skipped, or fail in CI.
    """
    if programs() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "-q", "update"])
        # At this runlevel no service is started: the tests start a server of their own.
        _run([
            *("env", "RUNLEVEL=1", "apt-get", "-q", "install", "-y"),
            *("--no-install-recommends", "postgresql"),
        ])  # fmt: skip
    return programs()


def _chromium_on_path() -> Path | None:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def _chromium_of_playwright() -> Path | None:
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _nothing() -> None:
    """It may be here already."""


def _install_playwrights() -> None:
    _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _install_distributions() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "-q", "update"])
        _run(["apt-get", "-q", "install", "-y", "--no-install-recommends", "chromium"])


def _run(command: list[str]) -> None:
    """One way to get the browser; when it fails the next is tried."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=environ, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"{command[0]}: {error}\n")


def main() -> None:
    """Get them all, and say which they are."""
    try:
        server, browser = prometheus(), provide_chromium()
        database = provide_postgresql()
    except SLOLabError as error:
        sys.exit(str(error))
    kind = f"PostgreSQL ({database})" if database else "SQLite alone: PostgreSQL is not installed"
    sys.stdout.write(
        f"Testing with Prometheus {server.version} ({server.program}), {browser} and {kind}.\n"
    )


if __name__ == "__main__":
    main()
