"""Values as JSON keeps them, and back: every part of its declared type, or not at all."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from portal.errors import SLOLabError

Kept = TypeVar("Kept")


class RecordError(SLOLabError, ValueError):
    """What was kept can't be read as what it should be; the sentence says where."""


def write_record(value: Any) -> dict[str, Any]:
    """A dataclass as JSON has it: mappings, lists, texts and numbers."""
    written: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return written


def read_record(kind: type[Kept], kept: Any) -> Kept:
    """The value that was kept: a dataclass from a mapping, times from ISO 8601.

    Fields of another version are passed over, those that it lacks have their defaults. Raises
    RecordError.
    """
    try:
        return msgspec.convert(kept, kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecordError(f"No {kind.__name__} can be read: {error}.") from error
