"""Several processes behind one address, known by counters that fall and rise."""

from __future__ import annotations

MANY_FALLS = 3
"""Nothing starts as often within a burst or a minute; each start makes a counter fall once."""

SEVERAL = (
    "The service’s counters fall and rise again without a restart: several processes seem to "
    "answer at its address (like gunicorn with four workers), each with counters of its own, and "
    "each scrape meets another one. No number here can be trusted until it runs as one process, "
    "or its processes share their counters (prometheus_client’s multiprocess mode)."
)
