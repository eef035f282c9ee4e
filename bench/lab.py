"""The real lab, started for the benchmarks on ports and in a folder of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bench.visitors import Browser
from portal.clients.http import Http
from portal.clients.prometheus import PrometheusClient
from tests.stack.labs import SLO_LAB, Lab, start_again, start_lab

COMMAND = (*SLO_LAB, "--until-parent-ends")
BURST_RATE = 500
MAX_WAIT_SECONDS = 30.0


class NotInTimeError(Exception):
    """The lab did not get there."""


@dataclass(frozen=True)
class BenchLab:
    """A running lab and ways to ask it."""

    lab: Lab
    browser: Browser
    prometheus: PrometheusClient

    @property
    def port(self) -> int:
        """The portal's."""
        return self.lab.settings.port

    def start_burst(self, **wanted: object) -> str:
        """A burst of the learner's own (fields as in the form); returns its card."""
        form = {"rate": BURST_RATE, "duration": 60, **wanted, "key": uuid4().hex}
        return self.browser.post("/bursts/custom", **form)

    def stop_burst(self) -> None:
        """Stop the burst that runs, and wait until it has ended."""
        card = self.browser.get("/bursts/active")
        path = next((part for part in card.split('"') if part.endswith("/stop")), None)
        if path is not None:
            self.browser.post(path)
        self.wait_for(lambda: "/stop" not in self.browser.get("/bursts/active"))

    def wait_for_burst(self) -> None:
        """Until requests are being sent."""
        mark = 'data-count="sent">0<'
        self.wait_for(lambda: mark not in self.browser.get("/bursts/active"))

    def wait_for_scrape(self) -> None:
        """Until the moment after the next scrape of the mock service."""
        before = self._last_scrape()
        self.wait_for(lambda: self._last_scrape() != before, 0.02)

    def _last_scrape(self) -> object:
        targets = self.prometheus.targets()
        return next((t.last_scrape for t in targets if t.job == "flask-app"), None)

    def queries(self) -> int:
        """How many queries Prometheus has answered since its start."""
        http = Http("Prometheus", self.lab.settings.prometheus_base)
        lines = http.get("/metrics").text.splitlines()
        http.close()
        mark = 'prometheus_http_requests_total{code="200",handler="/api/v1/query'
        return round(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(mark)))

    @staticmethod
    def wait_for(condition: Callable[[], object], pause: float = 0.1) -> None:
        """Until the condition holds; raises NotInTimeError."""
        until = time.monotonic() + MAX_WAIT_SECONDS
        while not condition():
            if time.monotonic() > until:
                raise NotInTimeError("The lab did not get there in time.")
            time.sleep(pause)


@contextmanager
def running_lab(folder: Path, **settings: str) -> Iterator[BenchLab]:
    """A lab that is ready; it ends with the block."""
    lab = start_lab(folder, COMMAND, **settings, **compiled_in(folder))
    with stopped_at_the_end(lab):
        lab.wait_until_ready()
        prometheus = PrometheusClient(lab.settings.prometheus_base)
        yield BenchLab(lab, Browser(lab.settings.port), prometheus)


def compiled_in(folder: Path) -> dict[str, str]:
    """Environment in which Python keeps compiled modules below the folder.

    An installed lab has them; a machine told to write none would be measured compiling.
    """
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


@contextmanager
def stopped_at_the_end(lab: Lab) -> Iterator[Lab]:
    """Whatever happens in the block, the lab is gone after it."""
    try:
        yield lab
    finally:
        if lab.process.poll() is None:
            try:
                lab.stop()
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                lab.process.kill()
                lab.process.wait()


def started_again(folder: Path, environ: dict[str, str]) -> Lab:
    """A start on the data of an earlier one; returns at once."""
    return start_again(folder, environ, COMMAND)
