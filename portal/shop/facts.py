"""What the mock app exposes, by its names in Prometheus."""

from __future__ import annotations

JOB = "flask-app"
"""The one job that scrapes the shop, where no running Prometheus tells of others."""
INSTANCE = "localhost:8000"
REQUESTS = "http_requests_total"
DURATIONS = "http_request_duration_seconds"
STATUS = "status"
PATHS = ("/", "/search", "/checkout")
UNMATCHED = "unmatched"
"""The path of requests that lead to no page."""
METHODS = ("GET",)
BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3),
    *(0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0),
)
"""The latency histogram's upper bounds in seconds."""
SCRAPE_INTERVAL_S = 5.0
"""Between two scrapes where no lab says otherwise; no lab scrapes less often."""
