"""``make bench``: each figure beside its aim. ``--quick`` for a first look, ``--only`` for a part.

Everything runs on loopback, in a temporary folder and on ports of its own; whatever was started
ends with it. Nothing here passes or fails: machines differ, so compare figures of one run.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from bench import audience, beside, checks, clicks, load, metronome, offline, starts
from bench.checks import learners_grafana
from bench.figures import Figure, show
from bench.lab import running_lab

BUSY_SHARE = 0.3  # of the CPUs
PARTS = ("load", "clicks", "pages", "audience", "checks", "offline", "start")


@dataclass(frozen=True)
class Length:
    """How long each part takes: seconds, or runs."""

    load: float = 4.0
    load_runs: int = 3
    stall: float = 6.0
    clicks: int = 3
    rounds: int = 3
    pages: float = 15.0
    queries: float = 20.0
    waits: float = 15.0
    runs: int = 5


QUICK = Length(
    load=1.0,
    load_runs=1,
    stall=3.0,
    clicks=1,
    rounds=1,
    pages=4.0,
    queries=5.0,
    waits=4.0,
    runs=1,
)


@click.command()
@click.option("--quick", is_flag=True, help="Short runs: less than 90 s, less sure.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Just this part.")
def main(quick: bool, only: tuple[str, ...]) -> None:
    """Measure the lab on this machine."""
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" hands it on ignored
    begin, length, parts = time.monotonic(), QUICK if quick else Length(), only or PARTS
    click.echo(f"{machine()}\n")
    if "load" in parts:
        load.compare_rates(length.load, length.load_runs)
        show(metronome.measure(length.load, length.load_runs))
        load.compare_stall(length.stall)
        click.echo()
    if set(parts) - {"load"}:
        figures = show(measure_lab(length, parts))
        missed = sum(figure.verdict == "MISSED" for figure in figures)
        aims = sum(figure.aim is not None for figure in figures)
        click.echo(f"\n{missed} of {aims} aims of the lab missed.")
    click.echo(f"\n{time.monotonic() - begin:.0f} s in all.")


def leave(number: int, frame: FrameType | None) -> None:
    """End by an exception, so that what was started is ended."""
    sys.exit(128 + number)


def machine() -> str:
    """What this is measured on, and whether it has other things to do."""
    cores, busy = os.cpu_count() or 1, os.getloadavg()[0]
    words = f"{cores} CPUs, {platform.system()}, Python {platform.python_version()}"
    words += f", load average {busy:.1f} before the run"
    if busy > cores * BUSY_SHARE:
        words += "\nThe machine is busy with other things: p99 and cv will tell of those."
    return words


def measure_lab(length: Length, parts: tuple[str, ...]) -> Iterator[Figure]:
    """The figures of a lab that is started for them, and once more for its start."""
    with (
        tempfile.TemporaryDirectory(prefix="slo-lab-bench-") as name,
        learners_grafana() as grafana,
    ):
        folder = Path(name)
        with running_lab(folder, SLO_LAB_GRAFANA_URL=grafana.url) as lab:
            if "clicks" in parts:
                yield from clicks.measure(lab, length.clicks)
            if "audience" in parts:
                yield from audience.measure_queries(lab, length.queries)
            if "pages" in parts:
                yield from beside.measure(lab, length.rounds, length.pages)
            if "audience" in parts:
                yield from audience.measure_waits(lab, length.waits)
            if "checks" in parts:
                yield from checks.measure(lab, grafana, length.runs)
                yield from checks.measure_known(grafana, length.runs)
        if "offline" in parts:
            yield from offline.measure(folder, lab.lab.environ, length.runs)
        if "start" in parts:
            yield from starts.measure(folder, lab.lab.environ, length.runs)


if __name__ == "__main__":
    main()
