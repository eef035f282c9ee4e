"""From bytes to the part of a document that is the dashboard, with caps on everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from portal.dashboards.errors import UnreadableDashboardError
from portal.numbers import number

MAX_BYTES = 5 << 20
MAX_WRAPPERS = 4
WRAPPERS = ("dashboard", "spec")
BODY_KEYS = frozenset(
    {"panels", "rows", "elements", "schemaVersion", "templating", "timeSettings", "layout"}
    | {"__inputs", "__requires", "gnetId", "title"}
)


def load(text: str | bytes) -> Any:
    """The JSON of a file; raises UnreadableDashboardError with one clear sentence."""
    if len(text) > MAX_BYTES:
        raise UnreadableDashboardError(too_large(len(text)))
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableDashboardError("The JSON is nested too deeply for a dashboard.") from error
    except UnicodeDecodeError as error:
        raise UnreadableDashboardError("The file is not text in UTF-8.") from error
    except ValueError as error:
        where = getattr(error, "lineno", None)
        place = f" in line {where}" if where else ""
        raise UnreadableDashboardError(f"The file is not valid JSON{place}.") from error


def too_large(size: int) -> str:
    """The sentence for a file of ``size`` bytes."""
    limit = MAX_BYTES >> 20
    return f"The file has {number(size / (1 << 20), 3)} MB, a dashboard has less than {limit} MB."


def body(document: Any) -> Mapping[str, Any]:
    """The dashboard itself, out of whatever wraps it; raises UnreadableDashboardError."""
    for _ in range(MAX_WRAPPERS):
        if not isinstance(document, dict):
            break
        inner = next((document[key] for key in WRAPPERS if _wraps(document, key)), None)
        if inner is None:
            break
        if "elements" not in inner and isinstance(document.get("__elements"), dict | list):
            inner = {**inner, "__elements": document["__elements"]}
        document = inner
    if not isinstance(document, dict) or not document.keys() & BODY_KEYS:
        raise UnreadableDashboardError("The JSON is no Grafana dashboard: it has no panels.")
    return document


def _wraps(document: Mapping[str, Any], key: str) -> bool:
    return isinstance(document.get(key), dict) and not document.keys() & {
        "panels",
        "rows",
        "elements",
    }


def is_v2(dashboard: Mapping[str, Any]) -> bool:
    """Schema v2 keeps its panels in ``elements``."""
    return isinstance(dashboard.get("elements"), dict)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where the value is no list."""
    items = value if isinstance(value, list | tuple) else []
    return [item for item in items if isinstance(item, Mapping)]
