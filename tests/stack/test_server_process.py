from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from stack import server_process
from stack.layout import Layout
from stack.server_process import ManagedServer
from stack.state import ServerStatus
from tests.stack.labs import free_ports, wait_until
from tests.stack.tiny_lab import tiny

Make = Callable[..., ManagedServer]


@pytest.fixture
def events() -> list[str]:
    return []


@pytest.fixture
def make(layout: Layout, events: list[str]) -> Iterator[Make]:
    made: list[ManagedServer] = []

    def start(*options: str) -> ManagedServer:
        server = tiny("portal", free_ports(1)[0], *options)
        made.append(ManagedServer(server, layout, lambda _, text: events.append(text)))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.kill()


def reach(server: ManagedServer, *wanted: ServerStatus) -> None:
    def reached() -> bool:
        server.tick()
        return server.state.status in wanted

    wait_until(reached)


def test_it_is_up_once_it_answers(make: Make) -> None:
    server = make()
    assert server.state.status is ServerStatus.STARTING
    reach(server, ServerStatus.UP)
    assert server.state.pid
    assert server.state.born


def test_it_starts_again_after_longer_and_longer_pauses_and_is_then_given_up(
    make: Make, events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_process, "DELAYS", (0.01, 0.02))
    server = make()
    reach(server, ServerStatus.UP)
    for _ in range(2):
        assert server.state.pid
        os.kill(server.state.pid, signal.SIGTERM)
        reach(server, ServerStatus.RESTARTING)
        reach(server, ServerStatus.UP)
    os.kill(server.state.pid or 0, signal.SIGTERM)
    reach(server, ServerStatus.FAILED)
    assert server.state.restarts == 2
    again = "The portal ended by itself (SIGTERM); it starts again."
    given_up = "The portal ended by itself (SIGTERM) 3 times within 120 s."
    assert events == [again, again, given_up]


def test_a_failure_at_the_first_start_is_not_tried_again_and_its_last_words_are_kept(
    make: Make, events: list[str]
) -> None:
    server = make("--no-such-option")
    reach(server, ServerStatus.FAILED)
    assert server.state.detail.startswith("ended by itself (exit status 2): ")
    assert server.state.detail.endswith("unrecognized arguments: --no-such-option")
    assert events == []


def test_a_server_that_says_in_its_own_sentence_why_it_can_not_start_is_believed(
    make: Make,
) -> None:
    sentence = "The database belongs to another version of SLO Lab. " + "Do this. " * 40
    server = make("--refuse", f"portal: {sentence}")
    reach(server, ServerStatus.FAILED)
    assert server.state.detail == f"can't start. {sentence.strip().rstrip('.')}"


def test_a_program_that_is_not_there_fails_with_a_sentence(layout: Layout) -> None:
    missing = replace(tiny("portal", 1), command=("/nowhere/at-all",))
    server = ManagedServer(missing, layout, lambda *_: None)
    server.start()
    assert server.state.status is ServerStatus.FAILED
    assert "/nowhere/at-all can't be started: No such file" in server.state.detail


def test_a_stopped_server_is_not_started_again(make: Make) -> None:
    server = make()
    reach(server, ServerStatus.UP)
    server.end()
    wait_until(server.gone)
    assert not server.tick()
    assert server.state.status is ServerStatus.STOPPED
    assert (server.state.pid, server.state.born) == (None, "")


def test_it_is_not_told_to_read_its_configuration_before_it_is_up(make: Make) -> None:
    server = make()  # SIGHUP would end a program that has no handler yet
    server.hang_up()
    reach(server, ServerStatus.UP)
    server.hang_up()
    reach(server, ServerStatus.RESTARTING)
    assert "SIGHUP" in server.state.detail


def test_a_long_log_is_put_aside_and_one_old_one_is_kept(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_process, "LOG_LIMIT", 10)
    log = layout.log("portal")
    log.write_text("short")
    server_process.put_long_log_aside(log)
    assert log.read_text() == "short"
    log.write_text("longer than ten")
    server_process.put_long_log_aside(log)
    assert not log.exists()
    assert layout.logs.joinpath("portal.old.log").read_text() == "longer than ten"
