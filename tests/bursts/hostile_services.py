"""Services on loopback that answer as a test tells them to, byte for byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"


class Service:
    """Calls ``handle`` with each connection, in a thread of its own, and counts requests read."""

    def __init__(self, handle: Callable[[Service, socket.socket], None]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.is_closing = threading.Event()
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def read_request(self, connection: socket.socket) -> bool:
        """Read one request; False when the other side has closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(4096)
            if not piece:
                return False
            data += piece
        self.requests.append(data)
        return True

    def close(self) -> None:
        """Take no further connection."""
        self.is_closing.set()
        # Closing alone wouldn't wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(60)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._handle(self, connection)
            except OSError:
                return


@contextmanager
def service(handle: Callable[[Service, socket.socket], None]) -> Iterator[Service]:
    """A service for the length of a test."""
    running = Service(handle)
    try:
        yield running
    finally:
        running.close()


def answering(*pieces: bytes, keep: bool = True) -> Callable[[Service, socket.socket], None]:
    """Answer each request with these bytes; close after it unless ``keep``."""

    def handle(service: Service, connection: socket.socket) -> None:
        while service.read_request(connection):
            if not keep:
                # The end leaves together with the close: no request can come between the two.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            for piece in pieces:
                connection.sendall(piece)
            if not keep:
                return

    return handle
