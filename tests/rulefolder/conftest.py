"""A real Prometheus that reads a folder of rule files, reloaded when the folder changes."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from portal.clients.prometheus import PrometheusClient
from portal.config import Settings
from portal.limits import RoomLimits
from portal.rulefolder.folder import RuleFolder
from portal.services import Services, utc_now
from stack.prometheus_config import Fingerprint, fingerprint
from tests.patient import services_at
from tests.ports import take_port
from tests.provision import prometheus as find_prometheus

CONFIG = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [rules/*.yml, rules/*.yaml]
scrape_configs:
  - job_name: itself
    static_configs: [{targets: ["127.0.0.1:%d"]}]
"""

GOOD = """\
groups:
  - name: lab
    interval: 5s
    rules:
      - alert: TooManyErrors
        expr: vector(1) > 2
        labels: {severity: page}
"""


PATIENCE = 30
"""Seconds for Prometheus to read its rules on a busy machine; it takes less than one."""


@dataclass(frozen=True)
class Lab:
    """Prometheus' process, its client, and the folder it reads rules from."""

    process: subprocess.Popen[bytes]
    prometheus: PrometheusClient
    config: Path
    rules: Path
    log: Path

    def reload(self) -> None:
        """What the supervisor does when the folder changed."""
        self.process.send_signal(signal.SIGHUP)

    def write(self, name: str, text: str) -> None:
        """A rule file by somebody's hand, there all at once: none is read half written."""
        draft = self.rules / f"{name}.draft"
        draft.write_text(text)
        draft.replace(self.rules / name)


def _start(folder: Path, port: int) -> Lab:
    log, config = folder / "prometheus.log", folder / "prometheus.yml"
    (folder / "rules").mkdir()
    config.write_text(CONFIG % port)
    command = [
        str(find_prometheus().program),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    client = PrometheusClient(f"http://127.0.0.1:{port}", timeout=PATIENCE)
    lab = Lab(process, client, config, folder / "rules", log)
    deadline = time.monotonic() + PATIENCE
    while not client.ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return lab


def _watch(lab: Lab, read: Fingerprint, stopped: threading.Event) -> None:
    while not stopped.wait(0.1):
        now = fingerprint(lab.config, lab.rules)
        if now != read:
            read = now
            lab.reload()


@pytest.fixture(scope="session")
def _running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    place = take_port()
    lab = _start(tmp_path_factory.mktemp("lab"), int(place.getsockname()[1]))
    # Taken before any test can write: a file that is in the first look would never be loaded.
    read, stopped = fingerprint(lab.config, lab.rules), threading.Event()
    watcher = threading.Thread(target=_watch, args=(lab, read, stopped), daemon=True)
    watcher.start()
    yield lab
    stopped.set()
    watcher.join()
    lab.process.terminate()
    lab.process.wait(PATIENCE)
    place.close()


@pytest.fixture
def lab(_running_lab: Lab) -> Iterator[Lab]:
    """The running Prometheus, with no rules before and after."""
    yield _running_lab
    for path in _running_lab.rules.iterdir():
        path.unlink()
    deadline = time.monotonic() + PATIENCE
    while _running_lab.prometheus.rules():
        assert time.monotonic() < deadline, _running_lab.log.read_text()
        time.sleep(0.05)


@pytest.fixture
def lab_settings(settings: Settings, lab: Lab) -> Settings:
    """Settings of a lab whose Prometheus runs."""
    base = lab.prometheus.base_url
    return replace(settings, prometheus_url=base, rules_dir=str(lab.rules), rules_wait=PATIENCE)


@pytest.fixture
def lab_services(lab_settings: Settings) -> Services:
    """The real clients, asking the running Prometheus at real times."""
    return replace(services_at(lab_settings), clock=utc_now)


@pytest.fixture
def folder(lab_settings: Settings) -> RuleFolder:
    """The folder as the portal sees it."""
    return RuleFolder.of(lab_settings, RoomLimits())
