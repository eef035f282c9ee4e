"""Ports for servers of tests that run side by side."""

from __future__ import annotations

import socket


def take_port() -> socket.socket:
    """A socket on a free port of the loopback, which nobody else is given until it is closed.

    It does not listen, so connections are refused; a server that reuses addresses can.
    """
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place
