"""The mock service: small enough to be read as the example of the lesson.

``mockapp.app`` is that example. This module imports nothing, so that ``python -m mockapp``
can prepare its server before anything else is loaded.
"""

from __future__ import annotations

BUCKETS: tuple[float, ...] = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3,
    0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0,
)  # fmt: skip
"""Upper bounds of the latency histogram in seconds; the lab's thresholds are among them."""
