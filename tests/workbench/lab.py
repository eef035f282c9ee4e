"""A real mock service under real traffic, and a real Prometheus that scrapes it each second."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from portal.clients.prometheus import PrometheusClient
from portal.config import Settings
from portal.services import Services, utc_now
from tests.mockapp.process import running_mockapp, wait_until
from tests.patient import services_at
from tests.ports import take_port
from tests.provision import prometheus as find_prometheus

CONFIG = """\
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: flask-app
    static_configs: [{targets: ["%s"]}]
"""
SOME = "sum(rate(http_requests_total[5s]))"


@dataclass(frozen=True)
class RealLab:
    """Addresses of the mock service and of Prometheus, which has values for both SLIs."""

    mockapp: str
    prometheus: str


def send(url: str, count: int = 20) -> None:
    """Some requests, none of them to /checkout."""
    with requests.Session() as session:
        session.trust_env = False  # it would read the environment, which pytest changes meanwhile
        for _ in range(count):
            for path in ("/", "/search"):
                session.get(f"{url}{path}", timeout=10)


def _send_until(url: str, stopped: threading.Event) -> None:
    while not stopped.wait(0.1):
        send(url, 1)


@contextmanager
def real_lab(folder: Path) -> Iterator[RealLab]:
    """The lab, with traffic as long as it runs."""
    with running_mockapp() as mockapp, running_prometheus(folder, mockapp.url) as prometheus:
        stopped = threading.Event()
        traffic = threading.Thread(target=_send_until, args=(mockapp.url, stopped), daemon=True)
        traffic.start()
        client = PrometheusClient(prometheus, timeout=60)
        wait_until(lambda: client.ready() and client.query(f"{SOME} > 0"))
        yield RealLab(mockapp.url, prometheus)
        stopped.set()
        traffic.join()


@contextmanager
def running_prometheus(folder: Path, target: str) -> Iterator[str]:
    """The address of a Prometheus that scrapes the mock service at ``target`` each second."""
    place = take_port()
    port = int(place.getsockname()[1])
    (folder / "prometheus.yml").write_text(CONFIG % target.removeprefix("http://"))
    command = [
        str(find_prometheus().program),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--query.max-samples=5000000",  # as in the lab: a heavy query must not eat the machine
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _ready(port, process))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)
        place.close()


def _ready(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None
    time.sleep(0.1)
    try:
        return requests.get(f"http://127.0.0.1:{port}/-/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLab]:
    """The running lab, one for all tests of a module."""
    with real_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


def at_lab(settings: Settings, lab: RealLab, **more: str) -> Settings:
    """Settings of a portal that asks this lab, and a Grafana if one is named."""
    urls: dict[str, Any] = {"mockapp_url": lab.mockapp, "prometheus_url": lab.prometheus, **more}
    return replace(settings, scrape_interval=1, **urls)


def services_of(settings: Settings) -> Services:
    """The real clients, at real times."""
    return replace(services_at(settings), clock=utc_now)
