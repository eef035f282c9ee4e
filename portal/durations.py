"""Durations: as people read them, and as Prometheus writes and reads them."""

from __future__ import annotations

import math
import re

from portal.numbers import count, exact, number

UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_SHOWN = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[ywdhms])")


def duration(seconds: float) -> str:
    """95 as ``1 min 35 s``, 45 as ``45 s``, 7200 as ``2 h``; the two largest units."""
    parts: list[str] = []
    rest = round(seconds)
    for size, unit in _SHOWN:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount:,} {unit}")
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"


def minutes(number: float) -> str:
    """0.6 minutes as ``36 s``, 40.3 as ``40 min 18 s``."""
    return duration(number * 60)


def milliseconds(seconds: float) -> str:
    """The time of an answer: 0.0143 as ``14 ms``, 1.94 as ``1.9 s``, 95 as ``1 min 35 s``."""
    if seconds >= 60:
        return duration(seconds)
    if round(seconds, 3) >= 1:
        return f"{number(seconds, 2)} s"
    shown = seconds * 1000
    return f"{count(shown) if shown >= 10 else number(shown, 2)} ms"


def spelled_seconds(seconds: float) -> str:
    """83.42 as ``83.4 s (1 min 23 s)``: what is calculated with, and as it is told elsewhere."""
    shown = f"{exact(round(seconds, 1 if abs(seconds) < 100 else None))} s"
    return shown if abs(seconds) < 60 else f"{shown} ({duration(seconds)})"


def prometheus_duration(seconds: float) -> str:
    """Seconds as Prometheus reads them: 90 as ``90s``, 0.5 as ``500ms``; never nothing."""
    if seconds != int(seconds):
        return f"{max(1, round(seconds * 1000))}ms"
    return f"{int(seconds)}s"


def prometheus_seconds(written: str) -> float | None:
    """The seconds of a duration as Prometheus writes it (``1m30s``); None when it is none."""
    parts = _PART.findall(written)
    if not parts or "".join(amount + unit for amount, unit in parts) != written:
        return None
    seconds = sum(float(amount) * UNITS[unit] for amount, unit in parts)
    return seconds if math.isfinite(seconds) else None
