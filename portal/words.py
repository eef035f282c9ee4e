"""Words around numbers and lists: one bad request, two bad requests; a, b and c."""

from __future__ import annotations

from collections.abc import Iterable

from portal.numbers import count, exact


def counted(number: float, one: str, several: str = "") -> str:
    """``1 bad request``, ``1,200 bad requests``; ``several`` where an s is not enough."""
    return f"{count(number)} {plural(round(number), one, several)}"


def measured(number: float, one: str, several: str = "") -> str:
    """``0.5 requests``, ``1 request``, ``2.5 requests``: what need not be whole."""
    return f"{exact(number)} {plural(number, one, several)}"


def plural(number: float, one: str, several: str = "") -> str:
    """The form of a word that fits the number: 1 request, but 0.9 requests."""
    return one if number == 1 else several or f"{one}s"


def listed(words: Iterable[str], joint: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; "" for nothing."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} {joint} {last}" if first else last
