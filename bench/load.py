"""How well the burst engine keeps its schedule: ``python -m bench.load [SECONDS]``.

Every figure stands beside its aim and beside peers measured in the same run: threads with
``requests``, and ``hey`` where it is on PATH. All on loopback, with a server that notes when
each request came.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import click

from bench.arrivals import STALL_SECONDS
from portal.bursts.messages import Message, Mode, Part, Spec

RATES = (50, 200, 500)
RUNS = 5
HEY = shutil.which("hey") or ""
STALL_RATE = 200
AIM_ACHIEVED = 0.001
AIM_CV = 0.1
AIM_CPU_MS = 0.25
AIM_STALL = 0.02


@dataclass(frozen=True)
class Run:
    """One generator's burst: moments seen by the server (s), CPU of the generator (s)."""

    arrived: list[float]
    answered: list[float]
    cpu_seconds: float
    p95: float | None = None
    p99: float | None = None

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds (user and system, start-up included) for each request."""
        return self.cpu_seconds / max(1, len(self.arrived)) * 1000

    def achieved(self, rate: float) -> float:
        """Achieved / target rate, from the first to the last arrival."""
        return (len(self.arrived) - 1) / (self.arrived[-1] - self.arrived[0]) / rate

    @property
    def cv(self) -> float:
        """Coefficient of variation of the gaps between arrivals: 0 metronome, 1 Poisson."""
        gaps = [b - a for a, b in zip(self.arrived, self.arrived[1:], strict=False)]
        return statistics.pstdev(gaps) / statistics.fmean(gaps)


class Server:
    """The noting server in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self._process = _start([sys.executable, "-m", "bench.arrivals", *arguments])
        self.url = f"http://127.0.0.1:{_output(self._process).readline().strip()}"

    def end(self) -> tuple[list[float], list[float]]:
        """The moments it noted: requests, answers."""
        noted = json.loads(self._process.communicate("")[0])
        return noted["arrived"], noted["answered"]


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _output(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise TypeError("the process was started without a pipe")
    return process.stdout


def _generate(command: list[str], order: str = "") -> tuple[str, float]:
    """Run a generator that gets ``order`` on stdin; returns its output and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = _start(command)
    if order and process.stdin:
        process.stdin.write(order)
        process.stdin.flush()
    output = _output(process).read()
    process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run_engine(rate: float, seconds: float, *server_arguments: str) -> Run:
    """The burst engine, as the portal starts it."""
    server = Server(*server_arguments)
    spec = Spec(
        target=server.url, mode=Mode.OPEN, rate=rate, duration_seconds=seconds, mix=(Part("/"),)
    )
    output, cpu = _generate([sys.executable, "-P", "-m", "portal.bursts.engine"], spec.dump())
    last = Message.parse(output.splitlines()[-1])
    return Run(*server.end(), cpu, last.p95, last.p99)


def run_peer(rate: float, seconds: float, *server_arguments: str) -> Run:
    """Threads and ``requests``."""
    server = Server(*server_arguments)
    command = [sys.executable, "-m", "bench.peer", server.url, str(rate), str(seconds)]
    output, cpu = _generate(command)
    told = json.loads(output)
    return Run(*server.end(), cpu, told["p95"], told["p99"])


def run_hey(rate: float, seconds: float) -> Run:
    """``hey`` with ten workers."""
    server = Server()
    workers = ["-c", "10", "-q", str(rate / 10)]
    _, cpu = _generate([HEY, "-z", f"{seconds}s", *workers, server.url])
    return Run(*server.end(), cpu)


def least_disturbed(
    generator: Callable[[float, float], Run], rate: float, seconds: float, runs: int
) -> Run:
    """The most even of some runs: what else the machine does only ever adds unevenness."""
    return min((generator(rate, seconds) for _ in range(runs)), key=lambda run: run.cv)


def true_percentiles(run: Run, rate: float) -> tuple[float, float]:
    """p95 and p99 in seconds as the server's own log has them, from the due times."""
    start = run.arrived[0]
    took = sorted(end - start - place / rate for place, end in enumerate(sorted(run.answered)))
    return took[len(took) * 95 // 100], took[len(took) * 99 // 100]


def compare_rates(seconds: float, runs: int = RUNS) -> None:
    """Evenness and cost at each rate."""
    click.echo(f"Constant rate, the most even of {runs} runs of {seconds:g} s each")
    click.echo(f"(CPU includes start-up; load of the machine before: {os.getloadavg()[0]:.1f})")
    click.echo(f"{'':>22} {'achieved/target':>16} {'cv':>8} {'CPU ms/request':>15}")
    for rate in RATES:
        click.echo(f"{rate}/s")
        ours = _show("burst engine", least_disturbed(run_engine, rate, seconds, runs), rate)
        peer = _show("threads + requests", least_disturbed(run_peer, rate, seconds, runs), rate)
        if HEY:
            _show("hey", least_disturbed(run_hey, rate, seconds, runs), rate)
        ratios = f"{ours.cv / peer.cv:7.2f}x {ours.cpu_ms / peer.cpu_ms:14.2f}x"
        click.echo(f"{'engine / requests':>22} {'':>16} {ratios}")
        _judge("rate", abs(ours.achieved(rate) - 1), AIM_ACHIEVED)
        _judge("cv", ours.cv, AIM_CV)
        if rate == RATES[-1]:
            _judge("CPU ms", ours.cpu_ms, AIM_CPU_MS)


def _show(name: str, run: Run, rate: float) -> Run:
    click.echo(f"{name:>22} {run.achieved(rate):16.4f} {run.cv:8.3f} {run.cpu_ms:15.3f}")
    return run


def compare_stall(seconds: float) -> None:
    """A stall in the middle: does the generator notice?"""
    click.echo(f"\nThe server stalls for {STALL_SECONDS:g} s in {seconds:g} s at {STALL_RATE}/s")
    click.echo(f"{'':>22} {'requests':>9} {'p95 s (true)':>18} {'p99 s (true)':>18}")
    stall_at = str(seconds / 2 - STALL_SECONDS / 2)
    for name, generator in (("burst engine", run_engine), ("threads + requests", run_peer)):
        run = generator(STALL_RATE, seconds, stall_at)
        p95, p99 = true_percentiles(run, STALL_RATE)
        told95, told99 = run.p95 or 0.0, run.p99 or 0.0
        click.echo(
            f"{name:>22} {len(run.arrived):9} {told95:9.3f} ({p95:.3f}) {told99:10.3f} ({p99:.3f})"
        )
        if generator is run_engine:
            _judge("p95", abs(told95 / p95 - 1), AIM_STALL)
            _judge("p99", abs(told99 / p99 - 1), AIM_STALL)


def _judge(what: str, value: float, aim: float) -> None:
    word = "met" if value <= aim else "MISSED"
    click.echo(f"{'':>22} {what}: {value:.4f}, aim at most {aim:g}: {word}")


def main() -> None:
    """Run everything; an argument sets the seconds of each burst."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    compare_rates(seconds)
    compare_stall(seconds)


if __name__ == "__main__":
    main()
