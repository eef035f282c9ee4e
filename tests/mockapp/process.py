"""The real mock service as a process, on a port of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-for-the-tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class MockappProcess:
    """A running mock service."""

    url: str
    process: subprocess.Popen[str]

    def counts(self, label: str = "status") -> dict[str, int]:
        """How many requests it has counted, by a label; zeros are left out."""
        found: dict[str, int] = {}
        text = requests.get(f"{self.url}/metrics", timeout=10).text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "http_requests_total" and sample.value:
                    value = sample.labels[label]
                    found[value] = found.get(value, 0) + int(sample.value)
        return found

    def set_fault(self, lifetime_seconds: float = 60.0, **fault: Any) -> None:
        """Break it."""
        content = {**fault, "lifetime_seconds": lifetime_seconds}
        answer = requests.put(f"{self.url}/fault", json=content, headers=HEADERS, timeout=10)
        answer.raise_for_status()

    def clear_fault(self) -> None:
        """Mend it."""
        requests.delete(f"{self.url}/fault", headers=HEADERS, timeout=10).raise_for_status()

    def fault(self) -> dict[str, Any]:
        """The fault in effect now."""
        state: dict[str, Any] = requests.get(f"{self.url}/fault", timeout=10).json()
        return state

    def hung_requests(self) -> int:
        """How many requests hang in it now."""
        return int(self.fault()["hung_requests"])


@contextmanager
def running_mockapp(*arguments: str, before: tuple[str, ...] = ()) -> Iterator[MockappProcess]:
    """The mock service on a free port; ``before`` is a command that runs it."""
    command = [*before, sys.executable, "-m", "mockapp", "--port", "0", *arguments]
    environ = {**os.environ, "SLO_LAB_FAULT_TOKEN": TOKEN}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            yield MockappProcess(line.split()[-1], process)
        finally:
            process.terminate()


def wait_until(holds: Any, seconds: float = 60.0) -> None:
    """Wait for something that is bound to happen."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)
