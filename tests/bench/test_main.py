from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.labs import ROOT, wait_until

# Runs a command that inherits SIGINT as ignored, as from a script's "&".
DEAF = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")


def start_bench(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SLO_LAB_")}
    return subprocess.Popen(
        [*DEAF, sys.executable, "-m", "bench", *arguments],
        env={**environ, "TMPDIR": str(folder)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def processes_of(folder: Path) -> list[str]:
    """Processes with the folder in their command or environment, but for those that are over."""
    words = ["ps", "axeww", "-o", "stat=,command="]
    listing = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    mark = f"SLO_LAB_DATA_DIR={folder}"
    return [line for line in listing.splitlines() if mark in line and line[0] != "Z"]


@pytest.mark.stack
def test_the_start_of_the_lab_is_measured(tmp_path: Path) -> None:
    bench = start_bench(tmp_path, "--quick", "--only", "start")
    output, _ = bench.communicate()
    assert bench.returncode == 0, output
    assert "make lab, warm" in output
    assert not processes_of(tmp_path)


@pytest.mark.stack
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_everything_that_was_started_ends_with_it(tmp_path: Path, number: signal.Signals) -> None:
    bench = start_bench(tmp_path, "--only", "pages")
    try:
        wait_until(lambda: len(processes_of(tmp_path)) > 3)
        bench.send_signal(number)
        output, _ = bench.communicate()
    finally:
        bench.kill()
        bench.wait()
    assert bench.returncode != 0, output
    assert not processes_of(tmp_path)
    assert not list(tmp_path.iterdir())
