"""What the example leaves out: good label values, series that exist from the start, /metrics."""

from __future__ import annotations

from itertools import product

from flask import Flask, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)

METHODS = ("GET",)
STATUSES = ("200", "404", "500")
UNMATCHED = "unmatched"
NOT_COUNTED = frozenset({"/metrics", "/fault", "/healthz"})

_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_app(
    app: Flask, registry: CollectorRegistry, requests_total: Counter, request_duration: Histogram
) -> None:
    """Make every series the lab uses, and the pages that only machines read."""
    paths = {rule.rule for rule in app.url_map.iter_rules()} | {UNMATCHED}
    # A series that is born with a value is invisible to rate(): it has to be seen at 0 first.
    for method, path in product(METHODS, sorted(paths)):
        request_duration.labels(method, path)
        for status in STATUSES:
            requests_total.labels(method, path, status)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok\n"


def is_counted(request: Request) -> bool:
    """Whether the request is a user's, not one of Prometheus or of the portal."""
    return request.path not in NOT_COUNTED


def method_of(request: Request) -> str:
    """The method, or ``OTHER``: what a client makes up must not make new series."""
    return request.method if request.method in _KNOWN_METHODS else "OTHER"


def route_of(request: Request) -> str:
    """The route's template, never the raw URL: one series for each route, not for each visitor."""
    return request.url_rule.rule if request.url_rule else UNMATCHED
