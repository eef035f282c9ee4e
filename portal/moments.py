"""Moments as people read them: in the machine's zone, which is named."""

from __future__ import annotations

from datetime import UTC, datetime


def clock(moment: datetime) -> str:
    """The time of day: ``14:03:11 CET``."""
    return _written(moment, "%H:%M:%S")


def clock_of_seconds(seconds: float) -> str:
    """The time of day of a Unix time."""
    return clock(datetime.fromtimestamp(seconds, UTC))


def day_and_clock(moment: datetime) -> str:
    """Day and time: ``2026-11-22 14:03 CET``."""
    return _written(moment, "%Y-%m-%d %H:%M")


def clock_mark(seconds: float) -> str:
    """The minute of a Unix time, for the end of an axis: ``14:03 CET``."""
    return _written(datetime.fromtimestamp(seconds, UTC), "%H:%M")


def day_mark(seconds: float) -> str:
    """The day of a Unix time, for the end of an axis: ``11-22``."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%m-%d")


def _written(moment: datetime, form: str) -> str:
    local = moment.astimezone()
    return f"{local.strftime(form)} {local.strftime('%Z') or local.strftime('%z')}"
