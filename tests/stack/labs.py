"""A lab that runs as a process of its own, and what the tests ask of it."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from portal.config import Settings
from stack.state import State, read_state

TINY_LAB = (sys.executable, "-m", "tests.stack.tiny_lab")
SLO_LAB = (str(Path(sys.executable).with_name("slo-lab")), "up")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


_candidates = iter(random.Random(os.getpid()).sample(range(20_000, 32_000), 12_000))
"""Ports below those that the system hands out to whoever asks for any; each is used once."""


def free_ports(count: int) -> list[int]:
    """Ports that are free, and that nobody is given before a server of the test has them."""
    return list(islice(filter(_is_free, _candidates), count))


def _is_free(port: int) -> bool:
    with socket.socket() as one, suppress(OSError):
        one.bind(("127.0.0.1", port))
        return True
    return False


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a lab below the folder, on ports of its own, without Grafana."""
    names = ("SLO_LAB_PORT", "SLO_LAB_MOCKAPP_PORT", "SLO_LAB_PROMETHEUS_PORT")
    ports = dict(zip(names, map(str, free_ports(3)), strict=True))
    ours = {
        "SLO_LAB_DATA_DIR": str(folder / "data"),
        "SLO_LAB_GRAFANA_SOURCE": "off",
        **ports,
        **more,
    }
    others = {k: v for k, v in os.environ.items() if not k.startswith("SLO_LAB_")}
    return {**others, **ours}


def wait_until(
    condition: Callable[[], object], seconds: float = PATIENCE, every: float = 0.05
) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(every)


@dataclass
class Lab:
    """A started lab. ``environ`` holds its settings."""

    process: subprocess.Popen[str]
    environ: dict[str, str]
    output: Path

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environ)

    @property
    def state(self) -> State:
        state = read_state(self.settings.data_dir / "run" / "state.json")
        assert state is not None
        return state

    @property
    def text(self) -> str:
        """What it printed so far."""
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        wait_until(lambda: "The lab is ready" in self.text or self.process.poll() is not None)
        assert self.process.poll() is None, self.text

    def wait_until_up(self, name: str, *, other_than: int | None) -> None:
        """Until the server is up in a process other than that one."""

        def is_up() -> bool:
            server = self.state.servers[name]
            return server.status == "up" and server.pid != other_than

        wait_until(is_up)

    def processes(self) -> list[str]:
        """All processes of this lab, told by its data folder in their environment."""
        mark = f"SLO_LAB_DATA_DIR={self.environ['SLO_LAB_DATA_DIR']}"
        words = ["ps", "axeww", "-o", "pid=,stat=,command="]
        listing = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        lines = [line.split() for line in listing.splitlines() if mark in line.split()]
        return [" ".join(words[:6]) for words in lines if not words[1].startswith("Z")]

    def guardian_of(self, name: str) -> int:
        words = ["ps", "-o", "ppid=", "-p", str(self.state.servers[name].pid)]
        return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask it to end; returns its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def leaves_nothing(self) -> None:
        """Until none of its processes is left; a killed one needs its turn to die."""
        wait_until(lambda: not self.processes())


def start_lab(folder: Path, command: Sequence[str] = TINY_LAB, **settings: str) -> Lab:
    environ = environment(folder, **settings)
    return start_again(folder, environ, command)


def start_again(folder: Path, environ: dict[str, str], command: Sequence[str] = TINY_LAB) -> Lab:
    output = folder / f"output-{time.monotonic_ns()}"
    with output.open("w") as file:
        process = subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, text=True
        )
    return Lab(process, environ, output)
