"""A server that notes when each request came and was answered: ``python -m bench.arrivals``.

Prints its port, serves until its stdin ends, then prints the moments as JSON. With an argument
it stalls: that many seconds after the first request it does nothing at all for 2 seconds.
"""

from __future__ import annotations

import json
import select
import selectors
import socket
import sys
import time

STALL_SECONDS = 2.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"


class Arrivals:
    """One thread, non-blocking; moments are seconds of the monotonic clock."""

    def __init__(self, stall_after: float | None) -> None:
        self.arrived: list[float] = []
        self.answered: list[float] = []
        self._stall_after = stall_after
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Serve until stdin ends."""
        watched = [self._selector.fileno(), sys.stdin.fileno()]
        while sys.stdin.fileno() not in select.select(watched, [], [])[0]:
            for key, _ in self._selector.select(0):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._answer(key.fileobj)
            self._stall()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, selectors.EVENT_READ)

    def _answer(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(4096)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(connection)
            connection.close()
            return
        self.arrived.append(time.monotonic())
        connection.send(ANSWER)
        self.answered.append(time.monotonic())

    def _stall(self) -> None:
        if self._stall_after is None or not self.arrived:
            return
        if time.monotonic() - self.arrived[0] >= self._stall_after:
            self._stall_after = None
            time.sleep(STALL_SECONDS)


def main() -> None:
    """Serve, then tell."""
    server = Arrivals(float(sys.argv[1]) if len(sys.argv) > 1 else None)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve()
    sys.stdout.write(json.dumps({"arrived": server.arrived, "answered": server.answered}))


if __name__ == "__main__":
    main()
