"""The server of ``python -m mockapp``: greenlets, so that thousands of slow requests are cheap."""

from __future__ import annotations

import os
import resource
import signal
import socket
from contextlib import suppress
from pathlib import Path

import gevent
from flask import Flask
from gevent.event import Event
from gevent.pywsgi import WSGIServer

from mockapp.faults import MAX_HUNG

BACKLOG = 1024
STOP_SECONDS = 1.0
SPARE_FILES = 100

# macOS says that there is no limit, and then refuses more than the second number.
WANTED_FILES = (65536, 10240)


def fault_token() -> str | Path:
    """The token from ``SLO_LAB_FAULT_TOKEN``, or the file that ``..._FILE`` names."""
    if token := os.environ.get("SLO_LAB_FAULT_TOKEN", ""):
        return token
    file = os.environ.get("SLO_LAB_FAULT_TOKEN_FILE", "")
    return Path(file) if file else ""


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; raises OSError when the address can't be had."""
    server = WSGIServer(_listen(host, port), app, log=None)
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopped.set)
    server.start()
    print(f"The mock app listens on http://{host}:{server.server_port}", flush=True)  # noqa: T201
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
    """As many open connections as the system allows (up to 65,536); returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in WANTED_FILES:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= limit:
            break
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return limit
    return WANTED_FILES[0] if soft == resource.RLIM_INFINITY else soft


def most_hung(file_limit: int) -> int:
    """How many requests may hang, so that files are left for those who ask for the metrics."""
    return max(1, min(MAX_HUNG, file_limit - SPARE_FILES))
