"""The supervisor with a tiny portal and mock app, and no Prometheus of its own."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from portal.config import Settings
from stack.sources.releases import PROMETHEUS, prometheus_release
from tests.stack.labs import PATIENCE, ROOT, TINY_LAB, Lab, environment, start_again, wait_until
from tests.stack.sources.releases import ReleaseServer

ELSEWHERE = "http://127.0.0.1:9"  # no Prometheus is started when one is named
Start = Callable[..., Lab]


@pytest.fixture
def tiny(lab: Start) -> Lab:
    started = lab(SLO_LAB_PROMETHEUS_URL=ELSEWHERE)
    started.wait_until_ready()
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(tiny: Lab, number: int) -> None:
    assert len(tiny.processes()) == 7  # supervisor, two of: guardian, server, its child
    assert tiny.stop(number) == 0
    tiny.leaves_nothing()
    assert {server.status for server in tiny.state.servers.values()} == {"stopped", "absent"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_inherited_as_ignored_end_it_all_the_same(tmp_path: Path, number: int) -> None:
    script = (
        "import os, signal, sys;"
        "numbers = {signal.SIGINT, signal.SIGTERM};"
        "[signal.signal(number, signal.SIG_IGN) for number in numbers];"
        "signal.pthread_sigmask(signal.SIG_BLOCK, numbers);"
        f"os.execv(sys.executable, {list(TINY_LAB)!r})"
    )
    environ = environment(tmp_path, SLO_LAB_PROMETHEUS_URL=ELSEWHERE)
    lab = start_again(tmp_path, environ, (sys.executable, "-c", script))
    lab.wait_until_ready()
    assert lab.stop(number) == 0
    lab.leaves_nothing()


def test_a_server_that_ignores_its_end_is_killed(lab: Start) -> None:
    started = lab(SLO_LAB_PROMETHEUS_URL=ELSEWHERE, TINY_PORTAL="--stubborn")
    started.wait_until_ready()
    assert started.stop() == 0
    started.leaves_nothing()


def test_a_killed_supervisor_leaves_nothing(tiny: Lab) -> None:
    tiny.process.kill()
    tiny.process.wait()
    tiny.leaves_nothing()


def test_a_killed_guardian_takes_its_server_along_and_it_starts_again(tiny: Lab) -> None:
    before = tiny.state.servers["mockapp"].pid
    os.kill(tiny.guardian_of("mockapp"), signal.SIGKILL)
    tiny.wait_until_up("mockapp", other_than=before)
    assert len(tiny.processes()) == 7
    assert tiny.stop() == 0
    tiny.leaves_nothing()


def test_a_killed_server_starts_again_and_the_state_tells(tiny: Lab) -> None:
    before = tiny.state.servers["portal"].pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    tiny.wait_until_up("portal", other_than=before)
    state = tiny.state
    assert state.servers["portal"].restarts == 1
    assert [event.text for event in state.events] == [
        "The portal ended by itself (SIGKILL); it starts again."
    ]


def test_a_server_that_fails_at_its_start_stops_the_lab_with_its_reason(lab: Start) -> None:
    started = lab(SLO_LAB_PROMETHEUS_URL=ELSEWHERE, TINY_PORTAL="--no-such-option")
    assert started.process.wait(PATIENCE) == 1
    assert "The portal ended by itself (exit status 2)" in started.text
    assert "unrecognized arguments: --no-such-option" in started.text
    started.leaves_nothing()


def test_a_second_lab_on_the_same_data_says_that_one_runs(tiny: Lab, tmp_path: Path) -> None:
    second = start_again(tmp_path, tiny.environ)
    assert second.process.wait(PATIENCE) == 1
    assert f"The lab already runs (process {tiny.process.pid})" in second.text
    assert tiny.process.poll() is None


def test_a_taken_port_is_named_with_its_holder_and_setting(tmp_path: Path) -> None:
    environ = environment(tmp_path, SLO_LAB_PROMETHEUS_URL=ELSEWHERE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ["SLO_LAB_MOCKAPP_PORT"] = str(taken.getsockname()[1])
        lab = start_again(tmp_path, environ)
        assert lab.process.wait(PATIENCE) == 1
    assert f"Port {environ['SLO_LAB_MOCKAPP_PORT']}, needed for the mock app, is taken" in lab.text
    assert f"(process {os.getpid()})" in lab.text
    assert "set SLO_LAB_MOCKAPP_PORT to a free port." in lab.text
    assert not (tmp_path / "data" / "run" / "state.json").exists()


def test_a_second_start_keeps_secrets_and_replaces_the_state(tiny: Lab, tmp_path: Path) -> None:
    secrets = tiny.settings.data_dir / "secrets"
    before = {path.name: path.read_text() for path in secrets.iterdir()}
    assert tiny.stop() == 0
    again = start_again(tmp_path, tiny.environ)
    again.wait_until_ready()
    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    assert sorted(before) == ["fault-token", "grafana-password", "secret-key"]
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
    assert again.state.pid == again.process.pid
    assert again.stop() == 0


def test_what_a_killed_supervisor_and_killed_guardians_left_is_ended(
    tiny: Lab, tmp_path: Path
) -> None:
    guardians = [tiny.guardian_of(name) for name in ("portal", "mockapp")]
    tiny.process.send_signal(signal.SIGSTOP)  # so that it can't put things right itself
    for pid in guardians:
        os.kill(pid, signal.SIGKILL)
    tiny.process.kill()
    tiny.process.wait()
    wait_until(lambda: len(tiny.processes()) == 4)
    again = start_again(tmp_path, tiny.environ)
    again.wait_until_ready()
    assert "Ended what a killed lab had left: mockapp, portal." in again.text
    assert len(again.processes()) == 7
    assert again.stop() == 0


def test_it_ends_with_its_parent_where_that_is_wanted(tmp_path: Path) -> None:
    environ = environment(tmp_path, SLO_LAB_PROMETHEUS_URL=ELSEWHERE)
    command = f"{sys.executable} -m tests.stack.tiny_lab --until-parent-ends & wait"
    lab = start_again(tmp_path, environ, ("sh", "-c", command))
    lab.wait_until_ready()
    lab.process.kill()
    lab.process.wait()
    lab.leaves_nothing()


def test_a_closed_terminal_does_not_stop_it(tmp_path: Path) -> None:
    environ = environment(tmp_path, SLO_LAB_PROMETHEUS_URL=ELSEWHERE)
    with subprocess.Popen(TINY_LAB, env=environ, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        state = tmp_path / "data" / "run" / "state.json"
        wait_until(lambda: state.exists() and state.read_text().count('"up"') == 2)
        process.terminate()
        assert process.wait(PATIENCE) == 0


@contextmanager
def in_a_terminal(tmp_path: Path, on_hang_up: str) -> Iterator[tuple[Lab, int]]:
    """A lab whose parent is the first process of a terminal and waits for it, as make does."""
    environ = environment(tmp_path, SLO_LAB_PROMETHEUS_URL=ELSEWHERE)
    script = (
        "import fcntl, signal, subprocess, termios;"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        f"signal.signal(signal.SIGHUP, {on_hang_up});"
        f"subprocess.run({[*TINY_LAB, '--until-parent-ends']!r})"
    )
    master, terminal = pty.openpty()
    output = tmp_path / "output"
    with os.fdopen(terminal, "rb", closefd=True) as stdin, output.open("w") as file:
        process = subprocess.Popen(
            (sys.executable, "-c", script),
            env=environ,
            cwd=ROOT,
            stdin=stdin,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
    lab = Lab(process, environ, output)
    try:
        lab.wait_until_ready()
        yield lab, master
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_terminal_that_closes_ends_the_lab_whoever_waits_for_it(tmp_path: Path) -> None:
    with in_a_terminal(tmp_path, "lambda *_: None") as (lab, terminal):
        os.close(terminal)
        assert lab.process.wait(PATIENCE) == 0
        lab.leaves_nothing()


def test_a_terminal_that_closes_is_nothing_to_a_lab_under_nohup(tmp_path: Path) -> None:
    with in_a_terminal(tmp_path, "signal.SIG_IGN") as (lab, terminal):
        os.close(terminal)
        before = lab.state.servers["mockapp"].pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        lab.wait_until_up("mockapp", other_than=before)
        os.kill(lab.state.pid, signal.SIGTERM)
        assert lab.process.wait(PATIENCE) == 0
        lab.leaves_nothing()


def test_a_download_that_is_stopped_leaves_nothing(
    tmp_path: Path, releases: ReleaseServer, settings: Settings
) -> None:
    archive = f"/v{PROMETHEUS}/{prometheus_release(settings).archive}"
    releases.publish(archive, b"x" * 100_000, f"/v{PROMETHEUS}/sha256sums.txt")
    releases.stalled.add(archive)
    environ = environment(
        tmp_path,
        SLO_LAB_CACHE_DIR=str(tmp_path / "cache"),
        SLO_LAB_PROMETHEUS_SOURCE="download",
        SLO_LAB_PROMETHEUS_DOWNLOAD_URL=releases.url,
    )
    lab = start_again(tmp_path, environ)
    wait_until(lambda: archive in releases.asked)
    assert lab.stop() == 0
    assert lab.text.splitlines()[-1] == "Stopped."
    assert list((tmp_path / "cache").iterdir()) == []
    lab.leaves_nothing()
