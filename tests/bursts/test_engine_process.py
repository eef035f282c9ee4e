"""The engine as a process, against real sockets: a mock service, and services that misbehave."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from portal.bursts.messages import Kind, Message, Mode, Part, Spec
from portal.bursts.profiles import VISITORS
from tests.bursts.hostile_services import OK, Service, answering, service
from tests.mockapp.process import MockappProcess, running_mockapp, wait_until


class Engine:
    """A running engine process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def say(self, line: str) -> None:
        """Write a line on its stdin."""
        assert self.process.stdin
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def hear(self) -> Message:
        """Its next message."""
        assert self.process.stdout
        return Message.parse(self.process.stdout.readline())

    def last_words(self) -> Message:
        """Its last message; every one before adds up, too."""
        assert self.process.stdout
        messages = [Message.parse(line) for line in self.process.stdout]
        for message in messages:
            assert message.sent == message.good + message.failed_total + message.cut + (
                message.in_flight
            )
        assert [message.is_last for message in messages].index(True) == len(messages) - 1
        return messages[-1]


@contextmanager
def engine(*before: str) -> Iterator[Engine]:
    """The engine; ``before`` is a command that runs it."""
    command = [*before, sys.executable, "-m", "portal.bursts.engine"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Engine(process)
        finally:
            process.kill()


def spec_for(target: str, **change: Any) -> Spec:
    defaults: dict[str, Any] = {
        "mode": Mode.OPEN,
        "rate": 100,
        "duration_seconds": 0.5,
        "mix": (Part("/"),),
    }
    return Spec(target=target, **{**defaults, **change})


def send(target: str, **change: Any) -> Message:
    """Send a burst to its end; returns the last message."""
    with engine() as running:
        running.say(spec_for(target, **change).dump())
        return running.last_words()


@pytest.fixture(scope="module")
def _shop() -> Iterator[MockappProcess]:
    with running_mockapp() as mockapp:
        yield mockapp


@pytest.fixture
def shop(_shop: MockappProcess) -> MockappProcess:
    """A healthy mock service; its counters go on from test to test."""
    _shop.clear_fault()
    return _shop


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}


def test_the_service_counts_what_the_engine_sent_to_the_request(shop: MockappProcess) -> None:
    before = shop.counts(), shop.counts("path")
    last = send(shop.url, duration_seconds=2, mix=VISITORS)
    assert (last.kind, last.scheduled, last.sent, last.good) == (Kind.FINISHED, 200, 200, 200)
    assert last.by_status == {"200": 200} == added(before[0], shop.counts())
    assert added(before[1], shop.counts("path")) == {"/": 120, "/search": 60, "/checkout": 20}


def test_a_fifth_of_an_error_burst_fails_by_status(shop: MockappProcess) -> None:
    before = shop.counts()
    shop.set_fault(error_ratio=0.2)
    last = send(shop.url, rate=200, mix=VISITORS)
    assert last.failed == {"500": 20}
    assert last.error_ratio == 0.2
    assert last.by_status == {"200": 80, "500": 20} == added(before, shop.counts())
    assert last.first_bad_due_at
    assert last.last_bad_end_at
    assert 0 < last.last_bad_end_at - last.first_bad_due_at < last.elapsed_seconds + 0.01


def test_added_latency_makes_good_requests_slow(shop: MockappProcess) -> None:
    shop.set_fault(latency_seconds=0.6)
    last = send(shop.url)
    assert (last.good, last.slow, last.failed) == (50, 50, {})
    assert last.p50
    assert last.p50 >= 0.6


def test_more_requests_may_hang_than_select_knows_files(shop: MockappProcess) -> None:
    shop.set_fault(hang=True)
    last = send(shop.url, rate=500, duration_seconds=3, timeout_seconds=2.8)
    assert last.failed == {"timeout": 1500}
    assert last.p50
    assert last.p50 >= 2.8


def test_a_stop_ends_it_and_what_is_on_its_way_is_named_cut(shop: MockappProcess) -> None:
    shop.set_fault(hang=True)
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is Kind.STARTED
        while running.hear().sent < 20:
            pass
        asked = time.monotonic()
        running.say("stop\n")
        last = running.last_words()
        assert time.monotonic() - asked < 10
    assert last.kind is Kind.STOPPED
    assert last.reason == "It was stopped."
    assert last.cut == last.sent > 0
    assert last.failed == {}


def test_after_a_stop_requests_may_still_end_by_themselves(shop: MockappProcess) -> None:
    before = shop.counts()
    shop.set_fault(latency_seconds=0.3)
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        while running.hear().sent < 20:
            pass
        running.say("stop\n")
        last = running.last_words()
    assert (last.cut, last.failed) == (0, {})
    assert added(before, shop.counts()) == {"200": last.sent}


def test_the_end_of_its_input_ends_it(shop: MockappProcess) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is Kind.STARTED
        assert running.process.stdin
        running.process.stdin.close()
        assert running.last_words().kind is Kind.STOPPED
        assert running.process.wait(20) == 0


def test_it_ends_when_nobody_reads_its_messages(shop: MockappProcess) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is Kind.STARTED
        assert running.process.stdout
        running.process.stdout.close()
        running.process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(shop: MockappProcess, number: signal.Signals) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is Kind.STARTED
        running.process.send_signal(number)
        last = running.last_words()
        assert running.process.wait(20) == 0
    assert last.kind is Kind.STOPPED
    assert last.reason


@pytest.mark.parametrize(
    "order",
    [
        "hello\n",
        '{"v": 2}\n',
        spec_for("http://127.0.0.1:9").dump().replace('"rate": 100', '"rate": 1e9'),
        spec_for("https://127.0.0.1:9").dump(),
        spec_for("http://nowhere.invalid").dump(),
    ],
    ids=["garbage", "version", "rate", "https", "unknown host"],
)
def test_an_order_of_no_use_fails_with_a_sentence(order: str) -> None:
    with engine() as running:
        running.say(order)
        last = running.last_words()
        assert running.process.wait(20) == 1
    assert last.kind is Kind.FAILED
    assert last.reason.endswith(".")
    assert "Traceback" not in last.reason


def test_a_closed_loop_makes_a_connection_for_each_request_one_at_a_time() -> None:
    with service(answering(OK)) as quick:
        last = send(quick.url, mode=Mode.CLOSED, rate=500, duration_seconds=10, max_requests=60)
        assert last.kind is Kind.FINISHED
        assert last.sent == last.good == len(quick.requests) == quick.connections == 60


def test_a_closed_loop_is_capped() -> None:
    with service(answering(OK)) as quick:
        last = send(quick.url, mode=Mode.CLOSED, rate=50, duration_seconds=1)
        assert 1 < last.sent <= 50


def test_an_open_loop_keeps_its_connections() -> None:
    with service(answering(OK)) as quick:
        assert send(quick.url, rate=50).good == 25
        assert quick.connections < 25


def test_an_open_loop_has_a_new_connection_where_the_service_closes() -> None:
    with service(
        answering(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), keep=False)
    ) as one:
        last = send(one.url)
        assert last.good == len(one.requests) == one.connections == 50


def test_a_service_that_closes_without_a_word_is_never_asked_twice() -> None:
    """The first request of a connection is answered, the second is read and dropped."""

    def handle(flaky: Service, connection: socket.socket) -> None:
        flaky.read_request(connection)
        connection.sendall(OK)
        flaky.read_request(connection)

    with service(handle) as flaky:
        last = send(flaky.url)
        assert last.sent == len(flaky.requests) == 50
        assert last.failed == {"connection": 50 - last.good}
        assert 0 < last.good < 50


def test_kept_connections_that_a_service_closes_at_once_lose_nothing() -> None:
    """The answer says nothing of closing, but the connection closes behind it."""
    with service(answering(OK, keep=False)) as hasty:
        last = send(hasty.url)
        assert last.good == last.sent == len(hasty.requests) == 50


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("pieces", "failed"),
    [
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), "garbage"),
        ((HEAD + b"Content-Length: 100\r\n\r\nhalf",), "connection"),
        ((HEAD[:10],), "connection"),
        ((), "connection"),
        ((HEAD + b"\r\n", *[b"x" * 65536] * 20), "too_large"),
        ((HEAD + b"Content-Length: 10000000000\r\n\r\n",), "too_large"),
        ((HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",), "connection"),
    ],
    ids=["garbage", "half body", "half head", "nothing", "endless", "huge", "half chunk"],
)
def test_an_answer_that_is_none_is_a_failure_of_its_kind(
    pieces: tuple[bytes, ...], failed: str
) -> None:
    with service(answering(*pieces, keep=False)) as hostile:
        last = send(hostile.url, rate=40)
    assert last.kind is Kind.FINISHED
    assert last.failed == {failed: 20}
    assert last.p50 is None


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"\r\nall there is",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n", b"0\r\n\r\n"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",),
    ],
    ids=["until close", "chunked", "404"],
)
def test_other_answers_are_good(pieces: tuple[bytes, ...]) -> None:
    with service(answering(*pieces, keep=False)) as odd:
        assert send(odd.url).good == 50


def test_a_redirect_is_not_followed() -> None:
    with service(answering(OK)) as elsewhere:
        location = f"Location: {elsewhere.url}/\r\n".encode()
        redirect = b"HTTP/1.1 302 Found\r\n" + location + b"Content-Length: 0\r\n\r\n"
        with service(answering(redirect)) as hostile:
            last = send(hostile.url)
        assert last.by_status == {"302": 50}
        assert elsewhere.connections == 0


def test_an_answer_that_drips_times_out() -> None:
    def drip(slow: Service, connection: socket.socket) -> None:
        slow.read_request(connection)
        while not slow.is_closing.wait(0.05):
            connection.sendall(b"H")

    def drip_head(slow: Service, connection: socket.socket) -> None:
        slow.read_request(connection)
        connection.sendall(HEAD + b"X: ")
        while not slow.is_closing.wait(0.05):
            connection.sendall(b"x")

    for handle, kind in ((drip, "garbage"), (drip_head, "timeout")):
        with service(handle) as dripping:
            last = send(dripping.url, rate=20, timeout_seconds=1)
        assert last.failed == {kind: 10}


def test_a_service_that_is_not_there_fails_every_request() -> None:
    with service(answering(OK)) as gone:
        pass
    last = send(gone.url)
    assert last.kind is Kind.FINISHED
    assert (last.sent, last.failed) == (50, {"connection": 50})


def test_a_service_that_goes_and_comes_back_is_told_as_it_was() -> None:
    with running_mockapp() as mockapp, engine() as running:
        running.say(spec_for(mockapp.url, rate=50, duration_seconds=600).dump())
        while running.hear().good < 20:
            pass
        mockapp.process.kill()
        while running.hear().failed_total < 20:
            pass
        port = mockapp.url.rpartition(":")[2]
        with running_mockapp("--port", port):
            good = running.hear().good
            while running.hear().good < good + 20:
                pass
            running.say("stop\n")
            last = running.last_words()
    assert set(last.failed) == {"connection"}
    assert last.good + last.failed_total == last.sent


def test_requests_that_this_machine_had_no_files_for_are_told_apart() -> None:
    few_files = ("sh", "-c", 'ulimit -n 40 && exec "$@"', "sh")

    def hang(slow: Service, connection: socket.socket) -> None:
        slow.is_closing.wait(60)

    with service(hang) as slow, engine(*few_files) as running:
        running.say(spec_for(slow.url, timeout_seconds=2).dump())
        last = running.last_words()
    assert last.kind is Kind.FINISHED
    assert last.failed["other"] + last.failed["timeout"] == last.sent == 50
    assert last.failed["other"] >= 10


def test_a_stall_is_seen_by_all_who_waited() -> None:
    """20 requests/s for 2 s; from 0.5 s on nothing is answered for a second."""
    began: list[float] = []

    def stall(service: Service, connection: socket.socket) -> None:
        while service.read_request(connection):
            began.append(time.monotonic())
            since = began[-1] - began[0]
            if 0.5 < since < 1.5:
                time.sleep(1.5 - since)
            connection.sendall(OK)

    with service(stall) as stalling:
        last = send(stalling.url, rate=20, duration_seconds=2, slow_seconds=0.25)
        assert len(stalling.requests) == last.good == 40
    assert 10 <= last.slow <= 25
    assert last.p99
    assert last.p99 > 0.9


def test_a_pause_of_the_engine_itself_is_told_as_late() -> None:
    with service(answering(OK)) as quick, engine() as running:
        running.say(spec_for(quick.url, duration_seconds=3).dump())
        assert running.hear().kind is Kind.STARTED
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        running.process.send_signal(signal.SIGCONT)
        last = running.last_words()
        wait_until(lambda: len(quick.requests) == 300)
    assert last.sent == last.good == 300
    assert last.late_p99
    assert last.late_p99 > 0.5
