"""The portal as a process of its own, without a lab around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.robustness.portals import NOBODY
from tests.stack.labs import free_ports, wait_until


@dataclass(frozen=True)
class PortalProcess:
    """A running portal; ``log`` is what it writes."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> requests.Response:
        """The answer to a GET."""
        return requests.get(f"{self.url}{path}", timeout=60)

    def post(self, path: str, **form: str) -> requests.Response:
        """The answer to a form, as a browser without JavaScript sends it."""
        return requests.post(f"{self.url}{path}", data=form, timeout=60, allow_redirects=False)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=10).ok
        except requests.RequestException:
            return False


@contextmanager
def portal_process(data: Path, log: Path, **settings: str) -> Iterator[PortalProcess]:
    """``python -m portal.wsgi`` on a free port, until it answers; ``settings`` are variables."""
    (port,) = free_ports(1)
    kept = {name: v for name, v in os.environ.items() if not name.startswith("SLO_LAB_")}
    systems = ("SLO_LAB_MOCKAPP_URL", "SLO_LAB_PROMETHEUS_URL")
    environ = {
        **kept,
        **dict.fromkeys(systems, NOBODY),
        "SLO_LAB_DATA_DIR": str(data),
        "SLO_LAB_PORT": str(port),
        "SLO_LAB_HTMX": "vendored",
        **settings,
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.wsgi"], env=environ, stdout=output, stderr=output
        )
    portal = PortalProcess(f"http://127.0.0.1:{port}", process, log)
    try:
        wait_until(lambda: portal.answers() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield portal
    finally:
        process.kill()
        process.wait()
