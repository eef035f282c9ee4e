"""The portal as a process that can be killed and is soon there again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.stack.labs import free_ports

START_SECONDS = 60.0
LAUNCHER = """
import os, sys
from importlib import import_module
from portal.features import FEATURES
from portal.wsgi import main
for name in FEATURES:
    import_module(name)
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        main()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""
"""Imports once, then forks a portal for each line it reads: a start takes far less time."""


class PortalProcess:
    """``python -m portal.wsgi`` on a free port, with its data in ``data_dir``."""

    def __init__(self, data_dir: Path) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = data_dir / "portal.log"
        self._child: int | None = None
        with self._log.open("ab") as log:
            self._launcher = subprocess.Popen(
                [sys.executable, "-c", LAUNCHER],
                env=self._environ(data_dir),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _environ(self, data_dir: Path) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SLO_LAB_")}
        return kept | {
            "SLO_LAB_DATA_DIR": str(data_dir),
            "SLO_LAB_PORT": str(self.port),
            "SLO_LAB_PROMETHEUS_URL": "http://127.0.0.1:9",
            "SLO_LAB_MOCKAPP_URL": "http://127.0.0.1:9",
            "SLO_LAB_HTMX": "vendored",
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self._launcher.stdin is not None
        self._launcher.stdin.write("start\n")
        self._launcher.stdin.flush()
        self._child = int(self._said())
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text(encoding="utf-8")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, wherever it is."""
        if self._child is not None:
            os.kill(self._child, signal.SIGKILL)
            assert self._said() == "gone"
            self._child = None

    def close(self) -> None:
        """End it and the launcher."""
        self.kill()
        assert self._launcher.stdin is not None
        assert self._launcher.stdout is not None
        self._launcher.stdin.close()
        self._launcher.wait()
        self._launcher.stdout.close()

    def _said(self) -> str:
        assert self._launcher.stdout is not None
        return self._launcher.stdout.readline().strip()

    def _answers(self) -> bool:
        try:
            requests.get(f"{self.url}/static/icon.svg", timeout=START_SECONDS)
        except requests.ConnectionError:
            return False
        return True
