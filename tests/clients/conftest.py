"""A real Prometheus that scrapes itself, and a target that isn't there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.clients.prometheus import PrometheusClient
from tests.ports import take_port
from tests.provision import prometheus as find_prometheus

CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: itself
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
  - job_name: gone
    static_configs: [{{targets: ["127.0.0.1:9"]}}]
"""
RULES = """\
groups:
  - name: lab
    interval: 1s
    rules:
      - {record: "lab:up:sum", expr: "sum(up)", labels: {team: a}}
      - alert: Down
        expr: up == 0
        labels: {severity: page}
        annotations: {summary: "{{ $labels.job }} is down"}
      - {alert: Patient, expr: up == 0, for: 1h30m}
      - {record: "lab:broken", expr: "up + on () group_left () up"}
"""


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusClient]:
    """A client for it, when it has scraped and evaluated at least twice."""
    folder, place = tmp_path_factory.mktemp("prometheus"), take_port()
    port = int(place.getsockname()[1])
    (folder / "prometheus.yml").write_text(CONFIG.format(port=port))
    (folder / "rules.yml").write_text(RULES)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(_command(folder, port), stdout=log, stderr=log)
    client = PrometheusClient(f"http://127.0.0.1:{port}", timeout=60)
    try:
        until(client.ready)
        until(lambda: bool(client.query("count_over_time(lab:up:sum[1m]) > 1")))
        until(lambda: all(target.last_scrape for target in client.targets()))
        yield client
    finally:
        process.terminate()
        process.wait(60)
        place.close()


def _command(folder: Path, port: int) -> list[str]:
    install = find_prometheus()
    pages = [f"--web.local-assets={install.pages}"] if install.pages else []
    return [
        str(install.program),
        *pages,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "Prometheus did not get ready."
        time.sleep(0.1)
