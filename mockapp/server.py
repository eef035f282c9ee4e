"""The server of ``python -m mockapp``: greenlets, so that thousands of slow requests are cheap."""

from __future__ import annotations

import os
import resource
import signal
import socket
from pathlib import Path

import gevent
from flask import Flask
from gevent.event import Event
from gevent.pywsgi import WSGIServer

BACKLOG = 1024
STOP_SECONDS = 1.0
WANTED_FILES = 65536


def fault_token() -> str | Path:
    """The token from ``SLO_LAB_FAULT_TOKEN``, or the file that ``..._FILE`` names."""
    if token := os.environ.get("SLO_LAB_FAULT_TOKEN", ""):
        return token
    file = os.environ.get("SLO_LAB_FAULT_TOKEN_FILE", "")
    return Path(file) if file else ""


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; raises OSError when the address can't be had."""
    raise_file_limit()
    server = WSGIServer(_listen(host, port), app, log=None)
    server.start()
    print(f"The mock app listens on http://{host}:{server.server_port}", flush=True)  # noqa: T201
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopped.set)
    stopped.wait()
    server.stop(timeout=STOP_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # Connections inherit this. Head and body of an answer are sent one after the other, and
    # without it a kept connection would hold the body back for 40 ms, waiting for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def raise_file_limit() -> int:
    """As many open connections as the system allows (up to 65,536); returns the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft
