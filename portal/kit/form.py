"""What every form has: its fields as typed, and one reason for each that can't be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from portal.numbers import read_number


@dataclass
class TypedForm:
    """The fields as typed: every one with a text as its default; ``errors`` by the field's name."""

    errors: dict[str, str] = field(default_factory=dict, kw_only=True)

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Self:
        """The form as it was sent; what it does not name stays as it is at first."""
        names = [one.name for one in fields(cls) if isinstance(one.default, str)]
        given: dict[str, Any] = {name: plain(typed[name]) for name in names if name in typed}
        return cls(**given)

    def number(self, name: str, otherwise: str = "Type a number.") -> float | None:
        """The number in a field; where it is none, None, and ``otherwise`` is its error."""
        found = read_number(getattr(self, name))
        if found is None:
            self.errors[name] = otherwise
        return found


def plain(typed: str) -> str:
    """The text without blank ends, with the line ends of everybody, and without NUL."""
    return typed.replace("\0", "").replace("\r\n", "\n").strip()
