"""The portal's server and those who hold it: slow heads, endless bodies, many connections."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask

from portal.kit.body_size import ATTRIBUTE, FILE_BYTES, FORM_BYTES, body_limit
from portal.limits import ServerLimits
from tests.served import Served

WATCHDOG_S = 30
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def served(app: Flask, limits: ServerLimits) -> Iterator[Served]:
    portal = Served(app, limits)
    try:
        yield portal
    finally:
        portal.stop()


def connect(portal: Served, begin: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", portal.port), timeout=WATCHDOG_S)
    connection.sendall(begin)
    return connection


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """The status and the body of what comes."""
    head, _, body = b"", b"", b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("closed without an answer")
        head += more
    head, _, body = head.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    [length] = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
    while len(body) < length:
        body += connection.recv(65536)
    return int(lines[0].split()[1]), body


@contextmanager
def traced_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


FORM = b"POST /alerts/rules HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "begin",
    [
        b"GET /healthz HT",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
        FORM + b"Content-Length: 50\r\n\r\ntext=",
        FORM + b"Transfer-Encoding: chunked\r\n\r\n500\r\n",
    ],
)
def test_a_request_that_goes_on_and_on_is_ended_though_bytes_keep_coming(
    app: Flask, begin: bytes
) -> None:
    with served(app, ServerLimits(threads=2, head_s=0.5, body_s=0.5)) as portal:
        with connect(portal, begin) as slow:
            end = time.monotonic() + WATCHDOG_S
            slow.settimeout(0.1)
            while time.monotonic() < end:
                try:
                    slow.sendall(b"1")
                    assert slow.recv(1) == b""
                except TimeoutError:
                    continue
                except ConnectionError:
                    pass
                break
            else:
                pytest.fail("still held")
        with connect(portal, HEALTH) as next_one:
            assert answer(next_one)[0] == 200


def test_a_connection_that_waits_for_its_next_request_is_not_late(app: Flask) -> None:
    with (
        served(app, ServerLimits(threads=2, head_s=0.3, body_s=0.3)) as portal,
        connect(portal, HEALTH) as page,
    ):
        assert answer(page)[0] == 200
        time.sleep(1.5)
        page.sendall(HEALTH)
        assert answer(page)[0] == 200


def test_the_longest_idle_connection_makes_room_for_the_next_one(app: Flask) -> None:
    with (
        served(app, ServerLimits(threads=2, connections=5)) as portal,
        ExitStack() as held,
    ):
        pages = [held.enter_context(connect(portal)) for _ in range(8)]
        for page in pages[3:]:
            page.sendall(HEALTH)
            assert answer(page)[0] == 200
        assert all(is_closed(page) for page in pages[:3])


def test_many_that_hold_a_begun_request_shut_nobody_out_for_longer_than_a_head_may_take(
    app: Flask,
) -> None:
    limits = ServerLimits(threads=2, connections=5, head_s=1.0)
    with served(app, limits) as portal, ExitStack() as held:
        for _ in range(40):
            held.enter_context(connect(portal, b"GET / HTTP/1.1\r\n"))
        with connect(portal, HEALTH) as page:
            assert answer(page)[0] == 200


@pytest.mark.parametrize("path", ["/alerts/rules", "/reflections"])
def test_a_body_over_the_forms_limit_is_answered_by_the_page_and_not_kept(
    app: Flask, path: str
) -> None:
    length = FORM_BYTES + 20_000_000
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with (
        served(app, ServerLimits(threads=2)) as portal,
        connect(portal, (head + kind).encode()) as large,
        traced_memory(),
    ):
        for start in range(0, length, 100_000):
            large.sendall(b"x" * min(100_000, length - start))
        status, body = answer(large)
        _, most = tracemalloc.get_traced_memory()
    assert status == 413
    assert b"more than the portal takes at once" in body
    assert most < FORM_BYTES


def test_a_body_of_no_declared_length_is_cut_off_at_the_forms_limit(app: Flask) -> None:
    head = b"POST /alerts/rules HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000)
    with served(app, ServerLimits(threads=2)) as portal, connect(portal, head) as endless:
        sent = 0
        try:
            while sent < 4 * FORM_BYTES:
                endless.sendall(chunk)
                sent += 100_000
        except ConnectionError:
            pass
    assert sent < 4 * FORM_BYTES


def test_only_pages_that_take_files_take_long_bodies(app: Flask) -> None:
    takers = {name for name, view in app.view_functions.items() if hasattr(view, ATTRIBUTE)}
    assert takers == {"workbench_dashboards.hand_in_dashboard"}
    assert body_limit(app, "POST", "/workbench/hand-in") == FILE_BYTES
    assert body_limit(app, "GET", "/workbench/hand-in") == FORM_BYTES


def test_whether_the_portal_lives_is_told_while_every_thread_waits(app: Flask) -> None:
    """For a database that stands still, say."""
    waiting, go_on = threading.Event(), threading.Event()

    @app.route("/waits")
    def waits() -> str:
        waiting.set()
        assert go_on.wait(WATCHDOG_S)
        return "done"

    with served(app, ServerLimits(threads=1)) as portal:
        held = connect(portal, b"GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert waiting.wait(WATCHDOG_S)
        with connect(portal, HEALTH) as other:
            assert answer(other)[0] == 200
        go_on.set()
        assert answer(held) == (200, b"done")
        held.close()
