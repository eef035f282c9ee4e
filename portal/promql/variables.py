"""Filling in Grafana's variables, so that an expression can be parsed, validated and run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.durations import prometheus_duration
from portal.promql.parser import MAX_LENGTH
from portal.promql.text import pieces
from portal.shop import SCRAPE_INTERVAL_S

REFERENCE = re.compile(
    r"\$(?P<plain>\w+)"
    r"|\[\[(?P<square>\w+?)(?::(?P<square_format>\w+))?\]\]"
    r"|\$\{(?P<braced>\w+)(?:\.[^:^}]+)?(?::(?P<format>[^}]+))?\}"
)
ALL = "$__all"
UNKNOWN_DURATION_S = 300.0
DEFAULT_INTERVAL_S = 15.0
"""Grafana's smallest ``$__interval`` where the data source sets none."""


@dataclass(frozen=True)
class Variable:
    """One dashboard variable; ``values`` are the current ones, empty: not known."""

    name: str
    values: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    all_value: str = ""
    multi: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Times:
    """What Grafana's time macros stand for, in seconds."""

    scrape_interval_s: float = SCRAPE_INTERVAL_S
    interval_s: float = DEFAULT_INTERVAL_S
    range_s: float = 3600.0

    @property
    def rate_interval_s(self) -> float:
        """``$__rate_interval`` as Grafana computes it."""
        return max(self.interval_s + self.scrape_interval_s, 4 * self.scrape_interval_s)

    def macros(self) -> dict[str, str]:
        """Name without the dollar sign -> text."""
        return {
            "__rate_interval": prometheus_duration(self.rate_interval_s),
            "__rate_interval_ms": str(round(self.rate_interval_s * 1000)),
            "__interval": prometheus_duration(self.interval_s),
            "__interval_ms": str(round(self.interval_s * 1000)),
            "__range": prometheus_duration(self.range_s),
            "__range_s": str(round(self.range_s)),
            "__range_ms": str(round(self.range_s * 1000)),
        }


GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*$", re.IGNORECASE)
"""What stands in front of the brackets of a list of labels."""


@dataclass(frozen=True)
class Filled:
    """An expression without variables; ``unknown`` names those whose value is not known."""

    text: str
    unknown: tuple[str, ...] = ()


def substitute(
    text: str, variables: Mapping[str, Variable] | None = None, times: Times | None = None
) -> Filled:
    """The expression with every variable filled in.

    A value that is not known becomes a match for anything inside a string, five minutes where a
    duration stands, and stays as it is elsewhere.
    """
    if "$" not in text and "[[" not in text:
        return Filled(text)
    filler = _Filler(dict(variables or {}), (times or Times()).macros())
    return filler.fill(text)


@dataclass
class _Filler:
    variables: dict[str, Variable]
    macros: dict[str, str]
    unknown: list[str] = field(default_factory=list)
    done: str = ""
    brackets: int = 0
    room: int = MAX_LENGTH
    """Characters that values may still take; no expression longer than that is read."""

    def fill(self, text: str) -> Filled:
        for quoted, piece in pieces(text):
            if self.room < 0:
                break
            if quoted:
                filled = self._string(piece)  # may mend the operator in front of it
                self.done += filled
            else:
                self._code(piece)
        return Filled(self.done, tuple(dict.fromkeys(self.unknown)))

    def _code(self, piece: str) -> None:
        position = 0
        for found in REFERENCE.finditer(piece):
            if self.room < 0:
                return
            self._add(piece[position : found.start()])
            self._add(self._fitting(self._in_code(found)))
            position = found.end()
        self._add(piece[position:])

    def _add(self, code: str) -> None:
        self.done += code
        self.brackets += code.count("[") - code.count("]")

    def _fitting(self, value: str) -> str:
        """The value, or as much of it as makes the expression too long to be read."""
        value = value[: self.room + 1]
        self.room -= len(value)
        return value

    def _in_code(self, found: re.Match[str]) -> str:
        name = _name(found)
        if name in self.macros:
            return self.macros[name]
        variable = self.variables.get(name)
        if self._expects_duration():
            return self._duration(name, variable)
        values = _current(variable)
        if values:
            return ", ".join(QUOTED.get(_style(found), str)(value) for value in values)
        self.unknown.append(name)
        return "unknown" if self._expects_label() else found.group()

    def _expects_duration(self) -> bool:
        return self.brackets > 0 or bool(re.search(r"\boffset\s+-?\s*$", self.done[-40:]))

    def _expects_label(self) -> bool:
        tail = self.done[-400:]
        opened = tail.rfind("(")
        before = tail[max(0, opened - 30) : opened]
        return opened > tail.rfind(")") and bool(GROUPING.search(before))

    def _duration(self, name: str, variable: Variable | None) -> str:
        values = _current(variable)
        usable = [value for value in values if re.fullmatch(r"(\d+(ms|[smhdwy]))+|\d+", value)]
        if usable:
            return usable[0]
        if not name.startswith("__"):
            self.unknown.append(name)
        return prometheus_duration(UNKNOWN_DURATION_S)

    def _string(self, piece: str) -> str:
        if piece.startswith("#"):
            return piece
        whole = REFERENCE.fullmatch(piece[1:-1])
        if whole and self._is_unknown(_name(whole)):
            return self._anything(piece, _name(whole))
        known = len(self.unknown)
        place = self._in_raw_string if piece[0] == "`" else self._in_string
        filled = piece[0] + REFERENCE.sub(place, piece[1:-1]) + piece[-1]
        if len(self.unknown) > known:
            self._compare_by_pattern()
        return filled

    def _compare_by_pattern(self) -> None:
        code = self.done.rstrip()
        if code.endswith("!="):
            self.done = code[:-1] + "~"
        elif code.endswith("="):
            self.done = code + "~"

    def _is_unknown(self, name: str) -> bool:
        variable = self.variables.get(name)
        known = name in self.macros or _current(variable) or (variable and variable.all_value)
        return not known and not name.isdigit()

    def _anything(self, piece: str, name: str) -> str:
        self.unknown.append(name)
        code = self.done.rstrip()
        if code.endswith(("!=", "!~")):
            return piece[0] + piece[-1]
        if not code.endswith(("=", "=~")):
            return piece
        self._compare_by_pattern()
        return f"{piece[0]}.+{piece[-1]}"

    def _in_string(self, found: re.Match[str]) -> str:
        return self._fitting(self._value_in_string(found)) if self.room >= 0 else ""

    def _value_in_string(self, found: re.Match[str]) -> str:
        name = _name(found)
        if name in self.macros:
            return self.macros[name]
        if self._is_unknown(name):
            self.unknown.append(name)
            return ".+"
        if name not in self.variables:
            return found.group()
        return _formatted(self.variables[name], _style(found))

    def _in_raw_string(self, found: re.Match[str]) -> str:
        """In `backticks` nothing is escaped."""
        return self._in_string(found).replace('\\"', '"').replace("\\\\", "\\")


def _name(found: re.Match[str]) -> str:
    return found["plain"] or found["square"] or found["braced"]


def _style(found: re.Match[str]) -> str:
    return found["format"] or found["square_format"] or ""


def _current(variable: Variable | None) -> tuple[str, ...]:
    """The values that are chosen now; for All every option there is."""
    if variable is None:
        return ()
    if ALL in variable.values or (
        variable.multi and not variable.values and variable.options and not variable.all_value
    ):
        return tuple(option for option in variable.options if option != ALL)
    return tuple(value for value in variable.values if not value.startswith("$__auto"))


def _formatted(variable: Variable, style: str) -> str:
    values = _current(variable)
    if ALL in variable.values and variable.all_value:
        return _in_quotes(variable.all_value)
    if not values and variable.all_value:
        return _in_quotes(variable.all_value)
    return FORMATS.get(style.partition(":")[0], _default_format)(variable, values)


def _default_format(variable: Variable, values: Sequence[str]) -> str:
    if not variable.multi and len(values) == 1:
        return _in_quotes(values[0])
    return _regex(variable, values)


def _regex(_variable: Variable, values: Sequence[str]) -> str:
    escaped = [_in_quotes(re.sub(r"([\\^$.|?*+()\[\]{}])", r"\\\1", value)) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _in_quotes(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _joined(separator: str) -> Callable[[Variable, Sequence[str]], str]:
    return lambda _variable, values: separator.join(_in_quotes(value) for value in values)


def _glob(_variable: Variable, values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else "{" + ",".join(values) + "}"


QUOTED: dict[str, Callable[[str], str]] = {
    "doublequote": lambda value: f'"{_in_quotes(value)}"',
    "singlequote": lambda value: "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'",
}
"""The formats that bring quotes of their own."""

FORMATS: dict[str, Callable[[Variable, Sequence[str]], str]] = {
    "regex": _regex,
    "pipe": _joined("|"),
    "csv": _joined(","),
    "raw": _joined(","),
    "text": _joined(" + "),
    "glob": _glob,
    "json": lambda _variable, values: json.dumps(list(values)).replace('"', '\\"'),
}
