"""PromQL's syntax tree as frozen values of our own (the parser's nodes live in another process)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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


def from_json(tree: dict[str, Any]) -> Expr:
    """The node that the parser child described; children first."""
    match tree["node"]:
        case "number":
            return Number(float(tree["value"]))
        case "text":
            return Text(tree["value"])
        case "selector":
            return _selector(tree)
        case "subquery":
            expr = from_json(tree["expr"])
            return Subquery(expr, tree["range"], tree["step"], tree["offset"], tree["at"])
        case "call":
            return Call(tree["function"], tuple(from_json(arg) for arg in tree["args"]))
        case "aggregation":
            return _aggregation(tree)
        case "binary":
            return _binary(tree)
        case "negation":
            return Negation(from_json(tree["expr"]))
    raise ValueError(f"unknown node {tree['node']!r}")


def _selector(tree: dict[str, Any]) -> Selector:
    matchers = tuple(Matcher(label, MatchOp(op), value) for label, op, value in tree["matchers"])
    name = tree["name"]
    for matcher in matchers:
        if matcher.label == "__name__" and matcher.op is MatchOp.EQUAL:
            name = matcher.value
            matchers = tuple(m for m in matchers if m is not matcher)
            break
    return Selector(name, matchers, tree["range"], tree["offset"], tree["at"])


def _aggregation(tree: dict[str, Any]) -> Aggregation:
    param = from_json(tree["param"]) if tree["param"] else None
    by, without = tree["by"], tree["without"]
    return Aggregation(
        tree["op"],
        from_json(tree["expr"]),
        param,
        None if by is None else tuple(by),
        None if without is None else tuple(without),
    )


def _binary(tree: dict[str, Any]) -> Binary:
    on, ignoring = tree["on"], tree["ignoring"]
    matching = Matching(
        None if on is None else tuple(on),
        None if ignoring is None else tuple(ignoring),
        tree["many"],
        tuple(tree["include"]),
    )
    left, right = from_json(tree["left"]), from_json(tree["right"])
    return Binary(tree["op"], left, right, matching, tree["bool"])
