"""What can become of a request, by the names that the record of a burst keeps; pure."""

from __future__ import annotations

SENT = "sent"
FAST = "fast"
"""Answered well, in time."""

SLOW = "slow"
"""Answered well, but late."""

CUT = "cut"
"""The burst ended while it waited for its answer."""

NOT_SENT = "not_sent"
"""It never left: this machine was out of files, ports or memory. Not among the sent."""

TIMEOUT = "timeout"
"""Nobody waits any longer: the user gave up."""

NO_FAILURES = frozenset({SENT, FAST, SLOW, CUT, NOT_SENT})
"""Any other name is a way to fail: a 5xx status, ``timeout``, ``connection``..."""
