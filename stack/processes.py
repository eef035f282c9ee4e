"""Processes that an earlier supervisor left behind when it and its guardians were killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from stack.state import State

PATIENCE = 5.0  # seconds for them to end by themselves


def born(pid: int) -> str:
    """When the process was started, in whatever words the system has; empty: there is none."""
    stat = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError, IndexError):
        return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        words = ["ps", "-o", "lstart=", "-p", str(pid)]
        run = subprocess.run(words, capture_output=True, text=True, timeout=5, check=False)
        return run.stdout.strip()
    return ""


def end_leftovers(state: State) -> list[str]:
    """End the servers of a state whose supervisor is gone; returns the titles of those found."""
    found = [
        server
        for server in state.servers.values()
        if server.pid and server.born and born(server.pid) == server.born
    ]
    groups = [server.pid for server in found if server.pid]
    _send(groups, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while any(born(pid) for pid in groups) and time.monotonic() < until:
        time.sleep(0.05)
    _send(groups, signal.SIGKILL)
    return [server.title for server in found]


def _send(groups: list[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, number)
