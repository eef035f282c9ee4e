"""PromQL's syntax tree as frozen values of our own (the library's compare by identity)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MatchOp(StrEnum):
    """How a label is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


@dataclass(frozen=True, order=True)
class Matcher:
    """One condition on a label: ``status=~"5.."``."""

    label: str
    op: MatchOp
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{self.op}"{escaped}"'


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Text:
    """A string."""

    value: str


@dataclass(frozen=True)
class Selector:
    """Series picked by name and matchers; with ``range_s`` (seconds) a range vector."""

    name: str | None
    matchers: tuple[Matcher, ...] = ()
    range_s: float | None = None
    offset_s: float = 0.0
    at: str | None = None


@dataclass(frozen=True)
class Subquery:
    """``expr[range:step]``, both in seconds; without a step Prometheus takes its own."""

    expr: Expr
    range_s: float
    step_s: float | None = None
    offset_s: float = 0.0
    at: str | None = None


@dataclass(frozen=True)
class Call:
    """A function call."""

    function: str
    args: tuple[Expr, ...]


@dataclass(frozen=True)
class Aggregation:
    """``op by (by) (expr)`` or ``op without (without) (expr)``; both None: over everything."""

    op: str
    expr: Expr
    param: Expr | None = None
    by: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Matching:
    """``on`` or ``ignoring`` labels, and which side may have many (``left``, ``right``)."""

    on: tuple[str, ...] | None = None
    ignoring: tuple[str, ...] | None = None
    many: str | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class Binary:
    """``left op right``."""

    op: str
    left: Expr
    right: Expr
    matching: Matching = Matching()
    return_bool: bool = False


@dataclass(frozen=True)
class Negation:
    """``-expr``."""

    expr: Expr


Expr = Number | Text | Selector | Subquery | Call | Aggregation | Binary | Negation
