"""Reading JSON that somebody else wrote: decode with care, never trust a shape."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

Member = TypeVar("Member", bound=StrEnum)

LAST_YEAR = 9999
_MAX_DIGITS = 40
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def decode_json(body: bytes) -> Any:
    """The value in ``body``; ValueError for NaN, endless nesting, numbers beyond reason.

    Halves of surrogate pairs become "?", so that every text can be shown and stored.
    """
    try:
        value = _loads(body.decode("utf-8-sig", "replace"))
        if _LONE_SURROGATE.search(body):
            shown = json.dumps(value, ensure_ascii=False)
            value = _loads(shown.encode("utf-8", "replace").decode())
        return value
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _loads(text: str) -> Any:
    return json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int)


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number beyond reason")
    return value


def _int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("a number beyond reason")
    return int(text)


def record(value: object) -> dict[str, Any]:
    """The JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[dict[str, Any]]:
    """The JSON objects in a list, anything else in it left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """The text, or "" for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def labels(value: object) -> dict[str, str]:
    """The object's members that are texts."""
    return {name: item for name, item in record(value).items() if isinstance(item, str)}


def number(value: object) -> float | None:
    """The number; None for anything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def numeral(value: object) -> float | None:
    """The number that a text spells, "NaN" and "+Inf" included; None for anything else."""
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """The time that an RFC 3339 text names; None for anything else and for Go's zero time."""
    try:
        at = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    if not 1 < at.year < LAST_YEAR:  # beyond it another zone's time is none any more
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def member(kind: type[Member], value: object, otherwise: Member) -> Member:
    """The enumeration's member of that value, or ``otherwise``."""
    return kind(text(value)) if text(value) in {str(one) for one in kind} else otherwise
