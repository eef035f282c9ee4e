"""A lab that runs for a while, ended as Ctrl-C ends it; and what Prometheus counted in it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import TimeoutExpired

from portal.clients.prometheus import PrometheusClient
from tests.patience import SECONDS
from tests.stack.labs import PATIENCE, SLO_LAB, Lab, start_lab, wait_until

PATIENCE_MS = 45_000


@contextmanager
def running_lab(folder: Path, **settings: str) -> Iterator[Lab]:
    """The shipped lab, scraping each second; at the end nothing of it is left."""
    lab = start_lab(
        folder, SLO_LAB, SLO_LAB_SCRAPE_INTERVAL="1", **{"SLO_LAB_HTMX": "vendored", **settings}
    )
    try:
        lab.wait_until_ready()
        yield lab
        assert lab.stop(signal.SIGINT) == 0
        lab.leaves_nothing()
    finally:
        end(lab)


def end(lab: Lab) -> None:
    """Make sure that the lab is gone."""
    if lab.process.poll() is None:
        lab.process.terminate()
        try:
            lab.process.wait(PATIENCE)
        except TimeoutExpired:
            lab.process.kill()
            lab.process.wait()


class Counted:
    """What Prometheus counts from now on, by status; begins when the past is all scraped."""

    def __init__(self, lab: Lab) -> None:
        self._prometheus = PrometheusClient(lab.settings.prometheus_base, timeout=SECONDS)
        now = time.time()
        wait_until(lambda: self._last_scrape() > now)
        self._before = self._counters()

    def since(self) -> dict[str, int]:
        """The raw counters' growth, as far as it is scraped."""
        now = self._counters()
        grown = {status: n - self._before.get(status, 0) for status, n in now.items()}
        return {status: n for status, n in grown.items() if n}

    def _counters(self) -> dict[str, int]:
        query = 'sum by (status) (http_requests_total{job="flask-app"})'
        return {s.labels["status"]: round(s.value) for s in self._prometheus.query(query)}

    def _last_scrape(self) -> float:
        """When the service was scraped last (unix seconds); 0 before the first time."""
        samples = self._prometheus.query('timestamp(up{job="flask-app"})')
        return max((sample.value for sample in samples), default=0.0)
