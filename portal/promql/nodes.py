"""PromQL's syntax tree as frozen values of our own (the library's compare by identity)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
"""What a comparison reads from right to left."""


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


SEVERAL = frozenset({"topk", "bottomk", "limitk", "limit_ratio", "count_values"})
"""Aggregations that leave several series of a group."""


def children(expr: Expr) -> tuple[Expr, ...]:
    """What a node is made of."""
    match expr:
        case Subquery() | Negation():
            return (expr.expr,)
        case Call():
            return expr.args
        case Aggregation():
            return (expr.expr,) if expr.param is None else (expr.param, expr.expr)
        case Binary():
            return (expr.left, expr.right)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and all that it is made of, from the outside in."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def gives_one_series(expr: Expr) -> bool:
    """Whether its result is one series at most, whatever series there are."""
    match expr:
        case Selector():
            return False
        case Aggregation():
            grouped = expr.by or expr.without is not None or expr.op in SEVERAL
            return not grouped or gives_one_series(expr.expr)
        case Call(function="scalar"):
            return True
    return all(map(gives_one_series, children(expr)))


def selectors(expr: Expr) -> Iterator[Selector]:
    """Every selector in an expression."""
    return (node for node in walk(expr) if isinstance(node, Selector))
