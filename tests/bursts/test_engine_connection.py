"""When a request may be repeated: only where nobody can have read it."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from portal.bursts.engine.connection import Connection, SendOutcome
from portal.bursts.engine.target import Request, find_target, make_request
from portal.bursts.messages import Part
from tests.bursts.hostile_services import OK


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        yield listening


@pytest.fixture
def request_() -> Request:
    return make_request(find_target("http://127.0.0.1:9"), Part("/"))


def kept(listener: socket.socket, request: Request) -> tuple[Connection, socket.socket]:
    """A connection that has carried one request, and the service's end of it."""
    connection = Connection(find_target(f"http://127.0.0.1:{listener.getsockname()[1]}"))
    assert connection.carry(request, 0.0, 0.0) is SendOutcome.WAITING
    server, _ = listener.accept()
    select.select([], [connection.socket], [], 60)
    assert connection.on_writable() is SendOutcome.SENT
    assert server.recv(4096) == request.data
    server.sendall(OK)
    assert readable(connection) is SendOutcome.ANSWERED
    connection.rest()
    return connection, server


def readable(connection: Connection) -> SendOutcome:
    select.select([connection.socket], [], [], 60)
    return connection.on_readable()


def test_a_request_that_came_after_the_close_was_read_by_nobody(
    listener: socket.socket, request_: Request
) -> None:
    connection, server = kept(listener, request_)
    server.close()
    assert connection.carry(request_, 1.0, 1.0) in {SendOutcome.SENT, SendOutcome.UNREAD}
    assert readable(connection) is SendOutcome.UNREAD
    connection.socket.close()


def test_a_request_that_was_read_is_never_repeated(
    listener: socket.socket, request_: Request
) -> None:
    connection, server = kept(listener, request_)
    assert connection.carry(request_, 1.0, 1.0) is SendOutcome.SENT
    assert server.recv(4096) == request_.data
    server.close()
    assert readable(connection) is SendOutcome.BROKEN
    connection.socket.close()


def test_a_request_with_half_an_answer_is_never_repeated(
    listener: socket.socket, request_: Request
) -> None:
    connection, server = kept(listener, request_)
    connection.carry(request_, 1.0, 1.0)
    server.recv(4096)
    server.sendall(OK[:-1])
    server.close()
    while (outcome := readable(connection)) is SendOutcome.WAITING:
        pass
    assert outcome is SendOutcome.BROKEN
    connection.socket.close()


def test_an_idle_connection_that_the_service_closes_is_given_up(
    listener: socket.socket, request_: Request
) -> None:
    connection, server = kept(listener, request_)
    server.close()
    assert readable(connection) is SendOutcome.BROKEN
    connection.socket.close()


def test_a_refused_connection_is_broken(request_: Request) -> None:
    with socket.socket() as unused:  # nobody else gets the port, and nobody listens
        unused.bind(("127.0.0.1", 0))
        connection = Connection(find_target(f"http://127.0.0.1:{unused.getsockname()[1]}"))
        connection.carry(request_, 0.0, 0.0)
        select.select([], [connection.socket], [], 60)
        assert connection.on_writable() is SendOutcome.BROKEN
        connection.socket.close()
