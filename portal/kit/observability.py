"""The portal watched: ``/healthz``, ``/readyz``, ``/metrics`` and one log line a request."""

from __future__ import annotations

import logging
import sys
import time

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from pythonjsonlogger.json import JsonFormatter
from sqlalchemy import text

from portal.kit.database_file import check_whole
from portal.kit.db import db
from portal.kit.repetition import Repetition

log = logging.getLogger(__name__)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def init_app(app: Flask) -> None:
    """Count and time every request of the portal; add the three endpoints."""
    registry = CollectorRegistry()
    requests = Counter(
        "slo_lab_portal_requests",
        "Requests to the portal.",
        ["method", "endpoint", "status"],
        registry=registry,
    )
    seconds = Histogram(
        "slo_lab_portal_request_seconds",
        "Time the portal took to answer.",
        ["endpoint"],
        buckets=BUCKETS,
        registry=registry,
    )

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        # What a client makes up must not make new series.
        method = request.method if request.method in METHODS else "other"
        took = time.perf_counter() - g.get("started", time.perf_counter())
        requests.labels(method, endpoint, response.status_code).inc()
        seconds.labels(endpoint).observe(took)
        log.debug(
            "request",
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "ms": round(took * 1000, 1),
            },
        )
        return response

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        db.session.execute(text("SELECT 1"))
        check_whole(db.session.connection())
        return jsonify(status="ready")

    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def log_as_json(level: str) -> None:
    """One JSON object a line on stderr, a traceback once; ``level`` as ``SLO_LAB_LOG_LEVEL``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
        )
    )
    handler.addFilter(Repetition())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
