"""The variables and times of a dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from portal.durations import UNITS
from portal.promql.parser import MAX_LENGTH
from portal.promql.variables import ALL, Variable

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])")
SECONDS = UNITS | {"M": 2_592_000}
"""Grafana's units: Prometheus', and months of thirty days."""
MAX_OPTIONS = 100
TOO_LONG = MAX_LENGTH + 1


def seconds(text: Any) -> float | None:
    """``30s``, ``>10s`` or ``1m30s`` in seconds; None for anything else."""
    if not isinstance(text, str) or len(text) > 50:
        return None
    found = DURATION.findall(text)
    return sum(float(number) * SECONDS[unit] for number, unit in found) if found else None


def opening_range(start: Any, end: Any) -> float:
    """The dashboard's time range in seconds, an hour where it can't be told."""
    if isinstance(start, str) and start.startswith("now-") and end in ("now", None, ""):
        return seconds(start.removeprefix("now-")) or 3600.0
    return 3600.0


def variables(entries: Iterable[Any]) -> dict[str, Variable]:
    """The variables by name, from classic entries or from the ``spec`` of schema v2."""
    found = (_variable(entry) for entry in entries if isinstance(entry, Mapping))
    return {variable.name: variable for variable in found if variable is not None}


def _variable(entry: Mapping[str, Any]) -> Variable | None:
    name, kind = entry.get("name"), str(entry.get("type", ""))
    if not isinstance(name, str) or not name or kind == "adhoc":
        return None
    options = _options(entry, kind)
    values = _values(entry, kind, options)
    multi = bool(entry.get("multi")) or bool(entry.get("includeAll"))
    all_value = entry.get("allValue")
    text = all_value if isinstance(all_value, str) else ""
    return Variable(name, _bounded(values), _bounded(options), text[:TOO_LONG], multi, kind)


def _bounded(texts: Iterable[str]) -> tuple[str, ...]:
    """As many as an expression can hold, and a character too much where there are more."""
    kept: list[str] = []
    room = TOO_LONG
    for text in texts:
        kept.append(text[: max(room, 0)])
        room -= len(text)
    return tuple(filter(None, kept))


def _options(entry: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    listed = entry.get("options")
    found: list[str] = []
    for option in listed if isinstance(listed, list) else []:
        found += _texts(option.get("value") if isinstance(option, Mapping) else option)
    query = entry.get("query")
    if not found and kind in {"custom", "interval"} and isinstance(query, str):
        found = [part.rpartition(" : ")[2].strip() for part in query.split(",")]
    return tuple(value for value in found if value and value != ALL)[:MAX_OPTIONS]


def _values(entry: Mapping[str, Any], kind: str, options: tuple[str, ...]) -> tuple[str, ...]:
    current = entry.get("current")
    chosen = _texts(current.get("value")) if isinstance(current, Mapping) else _texts(current)
    if chosen:
        return tuple(chosen[:MAX_OPTIONS])
    if kind in {"constant", "textbox"}:
        return tuple(_texts(entry.get("query")))
    return options[:1] if kind in {"custom", "interval"} else ()


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [str(value)]
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str) and item]
