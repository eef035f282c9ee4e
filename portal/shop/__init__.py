"""The service under test: what it is called, what it exposes, how its SLIs are asked for.

Pure facts, in one place; a test holds them against the mock app.
"""

from portal.shop.facts import (
    BUCKETS,
    DURATIONS,
    INSTANCE,
    JOB,
    METHODS,
    PATHS,
    REQUESTS,
    SCRAPE_INTERVAL_S,
    STATUS,
    UNMATCHED,
)

__all__ = [
    "BUCKETS",
    "DURATIONS",
    "INSTANCE",
    "JOB",
    "METHODS",
    "PATHS",
    "REQUESTS",
    "SCRAPE_INTERVAL_S",
    "STATUS",
    "UNMATCHED",
]
