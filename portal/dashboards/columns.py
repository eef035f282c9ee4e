"""Which queries of a panel are left once transformations and overrides have picked fields.

Grafana names a field by its legend, or by what the series is called, which only the data tell.
So a query is kept, gone, or nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_PATTERN = 500
TIME = "time"
CERTAIN = {"alwaysMatch": True, "neverMatch": False, "time": False, "firstTimeField": False}
"""Matchers that pick every number, or none."""
TEMPLATE = re.compile(r"\{\{.*?\}\}|\$\w|\[\[")


class Left(StrEnum):
    """Whether a field is still there."""

    KEPT = "kept"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Column:
    """The names that a query's field may go by; ``fixed``: its legend says the only one."""

    names: frozenset[str]
    fixed: bool = False


Picks = Callable[[Column], bool | None]
"""Whether a matcher picks a column; None: only the data tell."""


def by_names(names: Any) -> Picks:
    """Picks the fields with these names."""
    wanted = {plain(name) for name in names} if isinstance(names, list | tuple | set) else set()
    strange = wanted - {TIME}

    def picks(column: Column) -> bool | None:
        if column.names & wanted:
            return True
        return False if column.fixed or not strange else None

    return picks


def by_pattern(text: Any) -> Picks:
    """Picks the fields whose names match a regular expression."""
    pattern = compiled(_body(text))

    def picks(column: Column) -> bool | None:
        if pattern is None:
            return None
        found = {bool(pattern.search(n)) for n in column.names if not n.startswith("#")}
        if found == {True} or (column.fixed and True in found):
            return True
        return False if column.fixed else None

    return picks


def renamed(name: str, pattern: Any, becomes: Any) -> str:
    """What ``renameByRegex`` makes of a name; the same where that can't be told."""
    found = compiled(_body(pattern))
    if found is None:
        return name
    try:
        return found.sub(re.sub(r"\$(\d)", r"\\\1", str(becomes)), name)
    except (re.error, IndexError):
        return name


def _body(text: Any) -> str:
    """A regular expression without the slashes around it, and without spaces."""
    written = str(text)
    inner = re.sub(r"^/|/[a-z]*$", "", written) if written.startswith("/") else written
    return inner.replace(" ", "")


def compiled(body: str) -> re.Pattern[str] | None:
    """The pattern; None for what can't be read here, or is left alone.

    That are repeated repetitions, which may run for ever, and sets that hold a bracket or an
    operator of sets, which a browser reads in another way.
    """
    repeated = re.search(r"[*+}]\)?[*+{]", body) or body.count("*") + body.count("+") > 8
    if repeated or len(body) > MAX_PATTERN or re.search(r"\[[^\]]*(\[|--|&&|~~|\|\|)", body):
        return None
    try:
        return re.compile(body, re.I)
    except (re.error, OverflowError):
        return None


def matcher(found: Mapping[str, Any]) -> Picks:
    """What one of Grafana's field matchers picks."""
    kind, options = str(found.get("id")), found.get("options")
    if kind == "byName":
        return by_names([options])
    if kind in {"byRegexp", "byRegex"}:
        return by_pattern(options)
    if kind in {"byNames", "byNamesOrPattern", "byNamesRegexp"} and isinstance(options, Mapping):
        picks = by_names(options.get("names"))
        return inverted(picks) if options.get("mode") == "exclude" else picks
    if kind in {"byType", "byTypes", "numeric"}:
        return lambda _column: kind == "numeric" or "number" in str(options)
    if kind in {"byFrameRefID", "byRefId"}:
        return by_refs(options)
    if kind in CERTAIN:
        return lambda _column: CERTAIN[kind]
    return lambda _column: None


def by_refs(options: Any) -> Picks:
    """Picks the queries named in ``A|B`` or ``/^(?:A|B)$/``."""
    named = refs(options)

    def picks(column: Column) -> bool | None:
        found = {named(name[1:]) for name in column.names if name.startswith("#")}
        return True if True in found else None if None in found else False

    return picks


def refs(options: Any) -> Callable[[str], bool | None]:
    """Whether a query's letter is meant: a pattern between slashes, or the letters themselves.

    None where the pattern can't be read.
    """
    text, body = str(options), _body(options)
    if not text.startswith("/"):
        wanted = {plain(name) for name in text.split("|")}
        return lambda ref: plain(ref) in wanted
    pattern = compiled(body)
    return lambda ref: None if pattern is None else pattern.search(ref) is not None


def inverted(picks: Picks) -> Picks:
    """Picks what the other does not."""

    def others(column: Column) -> bool | None:
        picked = picks(column)
        return None if picked is None else not picked

    return others


def left(column: Column, include: Picks | None, exclude: Picks | None) -> Left:
    """Whether a column is left by a filter."""
    included = True if include is None else include(column)
    excluded = False if exclude is None else exclude(column)
    if included is False or excluded is True:
        return Left.GONE
    return Left.KEPT if included and excluded is False else Left.UNKNOWN


def column(ref: str, legend: Any, names: Iterable[str]) -> Column:
    """The column of a query; the ref stands among the names behind a ``#``."""
    fixed = isinstance(legend, str) and legend not in {"", "__auto"}
    fixed = fixed and not TEMPLATE.search(str(legend))
    return Column(frozenset({f"#{plain(ref)}", *map(plain, names)}), fixed)


def plain(name: Any) -> str:
    """A name as it is compared: without spaces, in small letters."""
    return "".join(str(name).split()).lower()
