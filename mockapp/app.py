"""A small shop that measures itself.

Two metrics are all it takes: a counter of requests, and a histogram of how long they took.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from mockapp import BUCKETS, fault_control, metrics
from mockapp.faults import Faults


def create_app(
    fault_token: str | Path = "",
    faults: Faults | None = None,
) -> Flask:
    """A new shop with counters of its own.

    The token (or the file that holds it) guards /fault.
    """
    app = Flask(__name__, static_folder=None)
    registry = CollectorRegistry()

    requests_total = Counter(
        "http_requests_total",
        "How many requests were answered, and with which status.",
        ["method", "path", "status"],
        registry=registry,
    )
    request_duration = Histogram(
        "http_request_duration_seconds",
        "How long it took to answer, in seconds.",
        ["method", "path"],
        buckets=BUCKETS,
        registry=registry,
    )

    @app.get("/")
    def home() -> str:
        return "Welcome to the shop!\n"

    @app.get("/search")
    def search() -> str:
        return "We found 3 things for you.\n"

    @app.get("/checkout")
    def checkout() -> str:
        return "Thank you for your order!\n"

    @app.before_request
    def start_the_clock() -> None:
        g.started = perf_counter()

    @app.after_request
    def measure(response: Response) -> Response:
        if metrics.is_counted(request):
            labels = metrics.method_of(request), metrics.route_of(request)
            requests_total.labels(*labels, str(response.status_code)).inc()
            took = perf_counter() - g.started
            request_duration.labels(*labels).observe(took)
        return response

    metrics.init_app(app, registry, requests_total, request_duration)
    fault_control.init_app(app, fault_token, faults or Faults())
    return app
