"""How old a stamp is, in one place, because time may jump.

A stamp beyond now was set before the clock went back, nobody knows how long ago: it counts as
old, or whatever waits for it to age would wait until the clock is there again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from portal.durations import duration

AHEAD = timedelta(seconds=1)
"""So much later than ``now`` may a stamp be that somebody set meanwhile."""


def is_old(stamp: datetime, now: datetime, limit: timedelta) -> bool:
    """Whether the stamp is more than ``limit`` ago, or as far beyond now."""
    return now - stamp > limit or stamp - now > max(limit, AHEAD)


def old(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[Any],
    now: datetime,
    limit: timedelta,
) -> ColumnElement[bool]:
    """The same as a condition for rows."""
    return or_(column < now - limit, column > now + max(limit, AHEAD))


def seconds_since(stamp: datetime, now: datetime) -> float | None:
    """The stamp's age in seconds, never negative; None where the clock went back meanwhile."""
    if stamp - now > AHEAD:
        return None
    return max(0.0, (now - stamp).total_seconds())


def ago(stamp: datetime, now: datetime) -> str:
    """``4 s ago``; never a negative age."""
    seconds = seconds_since(stamp, now)
    return "before the clock was set back" if seconds is None else f"{duration(seconds)} ago"
