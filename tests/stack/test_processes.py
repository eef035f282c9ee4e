"""Leftovers of a killed lab are ended, and nobody else who got the number of one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import processes
from stack.processes import born, end_leftovers
from stack.state import ServerState, ServerStatus, State

SLEEPER = (sys.executable, "-c", "print(flush=True); input()")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()",
)


class Started:
    """A process in a group of its own, whose end is noticed at once, as init would."""

    def __init__(self, command: tuple[str, ...]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        self.reaper = threading.Thread(target=self.process.wait)
        self.reaper.start()

    def state(self, was_born: str) -> State:
        """What a supervisor wrote of a server with this process' id."""
        server = ServerState(
            "portal", "portal", ServerStatus.UP, "", 0.0, pid=self.process.pid, born=was_born
        )
        return State(servers={"portal": server})

    @property
    def is_alive(self) -> bool:
        """Whether it runs still."""
        return self.reaper.is_alive()

    def end(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.reaper.join(60)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Started]:
    one = Started(getattr(request, "param", SLEEPER))
    yield one
    one.end()


@pytest.mark.parametrize("started", [SLEEPER, STUBBORN], indirect=True, ids=["meek", "stubborn"])
def test_a_process_that_was_left_is_ended(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.5)
    pid = started.process.pid
    assert end_leftovers(started.state(born(pid))) == ["portal"]
    started.reaper.join(60)
    assert not started.is_alive


@pytest.mark.parametrize("was_born", ["1", ""], ids=["at another time", "nobody knows when"])
def test_another_process_that_got_the_number_since_is_left_alone(
    started: Started, was_born: str
) -> None:
    assert end_leftovers(started.state(was_born)) == []
    started.reaper.join(0.2)
    assert started.is_alive


def test_a_process_that_is_gone_was_never_born(started: Started) -> None:
    pid = started.process.pid
    assert born(pid)
    started.end()
    assert born(pid) == ""
    assert end_leftovers(started.state("")) == []


def test_processes_that_began_at_different_times_differ_whatever_they_are_called(
    started: Started,
) -> None:
    assert born(started.process.pid) != born(os.getpid())
    assert born(os.getpid()) == born(os.getpid())


def test_a_name_with_spaces_and_brackets_hides_no_time(tmp_path: Path) -> None:
    odd = tmp_path / "a) b (c"
    odd.symlink_to(Path(sys.executable).resolve())
    started = Started((str(odd), *SLEEPER[1:]))
    stat = Path(f"/proc/{started.process.pid}/stat").read_text()
    assert "(a) b (c)" in stat
    assert born(started.process.pid) == stat.rpartition(") ")[2].split()[19]
    started.end()


def test_where_there_is_no_proc_the_system_is_asked_for_the_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "Path", lambda path: tmp_path / path.lstrip("/"))
    assert born(os.getpid()).count(":") == 2
