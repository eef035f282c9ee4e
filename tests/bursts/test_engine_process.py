"""The engine as a process, against real sockets: a mock service, and services that misbehave."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from portal.bursts.engine.control import FELL_SILENT
from portal.bursts.messages import MessageKind, Mode
from portal.bursts.profiles import VISITORS
from tests.bursts.engine_process import PATIENCE, engine, pause, recorded, send, spec_for
from tests.bursts.hostile_services import OK, Service, answering, service
from tests.mockapp.process import MockappProcess, running_mockapp, wait_until


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
    assert (last.kind, last.scheduled, last.sent, last.good) == (
        MessageKind.FINISHED,
        200,
        200,
        200,
    )
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


def test_the_record_by_the_second_is_what_the_service_counted(shop: MockappProcess) -> None:
    before = shop.counts("path"), time.time()
    shop.set_fault(error_ratio=0.2)
    last, record = recorded(shop.url, rate=100, duration_seconds=3, mix=VISITORS)
    assert [(view.sent, view.good, view.failed) for view in record.views()] == [(100, 80, 20)] * 3
    by_path = record.totals_by_path()
    assert {path: counts["sent"] for path, counts in by_path.items()} == added(
        before[0], shop.counts("path")
    )
    assert record.totals()["500"] == last.failed["500"] == 60
    assert record.latencies.quantiles(0.5, 0.99) == [last.p50, last.p99]
    assert before[1] <= record.start <= time.time() - 3


def test_requests_that_hang_are_in_the_second_in_which_they_were_due(shop: MockappProcess) -> None:
    shop.set_fault(hang=True)
    last, record = recorded(shop.url, rate=50, duration_seconds=2, timeout_seconds=1.5)
    assert [(view.sent, view.given_up) for view in record.views()] == [(50, 50)] * 2
    assert last.failed == {"timeout": 100}


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


def test_a_portal_that_falls_silent_ends_it_and_one_that_is_heard_does_not(
    shop: MockappProcess,
) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600, silence_seconds=2).dump())
        while running.hear().elapsed_seconds < 4:
            running.say("here\n")
        last = running.last_words()
    assert (last.kind, last.reason) == (MessageKind.STOPPED, FELL_SILENT)
    assert last.elapsed_seconds < 600


def test_a_machine_that_stands_still_makes_no_portal_silent(shop: MockappProcess) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=4, silence_seconds=3).dump())
        running.hear()
        pause(running, 3.5)
        running.say("here\n")
        assert running.last_words().kind is MessageKind.FINISHED


def test_nothing_is_sent_after_the_portal_s_last_word_grew_old_however_long_it_stood_still(
    shop: MockappProcess,
) -> None:
    """Another portal may have begun a burst by then."""
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600, silence_seconds=3).dump())
        running.say("here\n")
        running.hear_until(lambda message: message.elapsed_seconds > 1)
        pause(running, 4)
        awake = running.hear_until(lambda message: message.elapsed_seconds > 4.5)
        last = running.last_words()
    assert (last.kind, last.reason) == (MessageKind.STOPPED, FELL_SILENT)
    assert last.elapsed_seconds > 6.5, "it is not given its time back"
    assert last.sent == awake.sent


def test_nothing_is_sent_before_the_portal_says_that_the_burst_is_its_own(
    shop: MockappProcess,
) -> None:
    """However long the engine took to start, the portal may have been paused since."""
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600, silence_seconds=30).dump())
        assert running.hear_until(lambda message: message.elapsed_seconds > 1).sent == 0
        running.say(f"here {time.monotonic() - 31}\n")
        assert running.hear_until(lambda message: message.elapsed_seconds > 2).sent == 0
        running.say("here\n")
        running.hear_until(lambda message: message.sent)


def test_a_word_that_is_read_late_is_as_old_as_it_is(shop: MockappProcess) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600, silence_seconds=2).dump())
        running.say("here\n")
        said = running.hear_until(lambda message: message.elapsed_seconds > 1).sent
        old = time.monotonic() - 1.9
        while (heard := running.hear()).elapsed_seconds < 5:
            running.say(f"here {old}\n")
        running.stop()
    assert said <= heard.sent < 350


ASLEEP = """
import sys, time
from portal.bursts.engine import __main__, loop
class Clock:
    # Ahead by an hour from one look on, when many requests were answered.
    def __init__(self, clock): self.clock, self.asked = clock, 0
    def __call__(self): self.asked += 1; return self.clock() + (3600 if self.asked > {look} else 0)
time.{clock} = Clock(time.{clock})
sys.exit(__main__.main())
"""


@pytest.mark.parametrize(
    ("clock", "look"), [("time", 100), *(("monotonic", look) for look in range(400, 408))]
)
def test_an_hour_of_sleep_ends_it_and_is_no_latency(
    shop: MockappProcess, clock: str, look: int
) -> None:
    """Wherever in a turn of the engine it begins."""
    with engine(program=["-c", ASLEEP.format(clock=clock, look=look)]) as running:
        running.say(spec_for(shop.url, duration_seconds=600, rate=200).dump())
        last = running.last_words()
    assert last.kind is MessageKind.FAILED
    assert "stood still for 1 h" in last.reason
    assert last.good > 0
    assert last.p99 is not None
    assert last.p99 < 60


def test_a_stop_ends_it_and_what_is_on_its_way_is_named_cut(shop: MockappProcess) -> None:
    shop.set_fault(hang=True)
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is MessageKind.STARTED
        running.hear_until(lambda told: told.sent >= 20)
        asked = time.monotonic()
        last = running.stop()
        assert time.monotonic() - asked < 20
    assert last.kind is MessageKind.STOPPED
    assert last.reason == "It was stopped."
    assert last.cut == last.sent > 0
    assert last.failed == {}


def test_after_a_stop_requests_may_still_end_by_themselves(shop: MockappProcess) -> None:
    before = shop.counts()
    shop.set_fault(latency_seconds=0.3)
    with engine(patient=True) as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        running.hear_until(lambda told: told.sent >= 20)
        last = running.stop()
    assert (last.cut, last.failed) == (0, {})
    assert added(before, shop.counts()) == {"200": last.sent}


def test_the_end_of_its_input_ends_it(shop: MockappProcess) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is MessageKind.STARTED
        assert running.process.stdin
        running.process.stdin.close()
        assert running.last_words().kind is MessageKind.STOPPED
        assert running.process.wait(PATIENCE) == 0


def test_it_ends_when_nobody_reads_its_messages(shop: MockappProcess) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is MessageKind.STARTED
        assert running.process.stdout
        running.process.stdout.close()
        running.process.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(shop: MockappProcess, number: signal.Signals) -> None:
    with engine() as running:
        running.say(spec_for(shop.url, duration_seconds=600).dump())
        assert running.hear().kind is MessageKind.STARTED
        running.process.send_signal(number)
        last = running.last_words()
        assert running.process.wait(PATIENCE) == 0
    assert last.kind is MessageKind.STOPPED
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
        assert running.process.wait(PATIENCE) == 1
    assert last.kind is MessageKind.FAILED
    assert last.reason.endswith(".")
    assert "Traceback" not in last.reason


def test_a_closed_loop_makes_a_connection_for_each_request_one_at_a_time() -> None:
    with service(answering(OK)) as quick:
        last = send(quick.url, mode=Mode.CLOSED, rate=500, duration_seconds=600, max_requests=60)
        assert last.kind is MessageKind.FINISHED
        assert last.sent == last.good == len(quick.requests) == quick.connections == 60


def test_a_closed_loop_is_capped() -> None:
    order = {"mode": Mode.CLOSED, "rate": 50, "duration_seconds": 600}
    with service(answering(OK)) as quick, engine() as running:
        running.say(spec_for(quick.url, **order).dump())
        told = running.hear_until(lambda told: told.sent > 20)
        assert told.sent <= 50 * told.elapsed_seconds + 1


def test_an_open_loop_keeps_its_connections() -> None:
    with service(answering(OK)) as quick, engine() as running:
        running.say(spec_for(quick.url, duration_seconds=PATIENCE).dump())
        running.hear_until(lambda told: told.good > 2 * quick.connections)


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

    with service(handle) as flaky, engine(patient=True) as running:
        running.say(spec_for(flaky.url, duration_seconds=600).dump())
        running.hear_until(lambda told: told.good and told.failed_total)
        last = running.stop()
        assert last.sent == len(flaky.requests)
        assert last.failed == {"connection": last.sent - last.good}


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
    assert last.kind is MessageKind.FINISHED
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

    for handle, kind, timeout in ((drip, "garbage", 30), (drip_head, "timeout", 1)):
        with service(handle) as dripping:
            last = send(dripping.url, rate=20, timeout_seconds=timeout)
        assert last.failed == {kind: 10}


def test_a_service_that_is_not_there_fails_every_request() -> None:
    with socket.socket() as unused:  # nobody else gets the port, and nobody listens
        unused.bind(("127.0.0.1", 0))
        last = send(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert last.kind is MessageKind.FINISHED
    assert (last.sent, last.failed) == (50, {"connection": 50})


def test_a_service_that_goes_and_comes_back_is_told_as_it_was() -> None:
    with running_mockapp() as mockapp, engine(patient=True) as running:
        running.say(spec_for(mockapp.url, rate=50, duration_seconds=600).dump())
        running.hear_until(lambda told: told.good >= 20)
        mockapp.process.kill()
        good = running.hear_until(lambda told: told.failed_total >= 20).good
        port = mockapp.url.rpartition(":")[2]
        with running_mockapp("--port", port):
            running.hear_until(lambda told: told.good >= good + 20)
            last = running.stop()
    assert set(last.failed) == {"connection"}
    assert last.good + last.failed_total == last.sent


def test_requests_that_this_machine_had_no_files_for_are_told_apart() -> None:
    few_files = ("sh", "-c", 'ulimit -n 40 && exec "$@"', "sh")
    may_answer = threading.Event()

    def keep(slow: Service, connection: socket.socket) -> None:
        while slow.read_request(connection):
            may_answer.wait(PATIENCE)
            connection.sendall(OK)

    with service(keep) as slow, engine(*few_files) as running:
        running.say(spec_for(slow.url).dump())
        running.hear_until(lambda told: told.sent + told.not_sent == 50)
        may_answer.set()
        last = running.last_words()
    assert last.kind is MessageKind.FINISHED
    assert last.failed == {}
    assert last.good == last.sent == 50 - last.not_sent
    assert last.not_sent >= 10


def test_a_stall_is_seen_by_all_who_waited() -> None:
    """20 requests/s; for some time nothing is answered."""
    flows = threading.Event()
    flows.set()
    held: list[float] = []

    def stall(service: Service, connection: socket.socket) -> None:
        while service.read_request(connection):
            came = time.monotonic()
            flows.wait(PATIENCE)
            held.append(time.monotonic() - came)
            connection.sendall(OK)

    with service(stall) as stalling, engine(patient=True) as running:
        running.say(spec_for(stalling.url, rate=20, duration_seconds=600, slow_seconds=0.25).dump())
        running.hear_until(lambda told: told.good >= 10)
        flows.clear()
        wait_until(lambda: len(stalling.requests) - len(held) >= 15, PATIENCE)
        time.sleep(0.6)
        flows.set()
        running.hear_until(lambda told: told.good > 2 * told.slow)
        last = running.stop()
        assert len(stalling.requests) == last.good == last.sent
    waited = [seconds for seconds in held if seconds > 0.25]
    assert last.slow >= len(waited) >= 15
    assert last.p99
    assert last.p99 > 0.5


def test_a_pause_of_the_engine_itself_is_told_as_late() -> None:
    with service(answering(OK)) as quick, engine(patient=True) as running:
        running.say(spec_for(quick.url, duration_seconds=PATIENCE).dump())
        assert running.hear().kind is MessageKind.STARTED
        pause(running, 1)
        running.hear_until(lambda told: told.late_p99 and told.late_p99 > 0.5)
        last = running.stop()
        assert last.sent == last.good == len(quick.requests)


def test_a_pause_of_the_engine_itself_is_no_timeout() -> None:
    may_answer = threading.Event()

    def keep(patient: Service, connection: socket.socket) -> None:
        while patient.read_request(connection):
            may_answer.wait(PATIENCE)
            connection.sendall(OK)

    with service(keep) as patient, engine() as running:
        running.say(spec_for(patient.url, rate=2, timeout_seconds=2).dump())
        wait_until(lambda: patient.requests, PATIENCE)
        pause(running, 2.5)
        running.hear_until(lambda told: told.elapsed_seconds > 2.5)  # it has looked at its clock
        may_answer.set()
        last = running.last_words()
    assert (last.sent, last.good) == (1, 1)
