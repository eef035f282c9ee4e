"""From the syntax tree of the library to our own; parentheses vanish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import promql_parser as promql

from portal.promql import nodes
from portal.promql.nodes import Matcher, MatchOp
from portal.promql.patterns import compiled, fully_matches

MAX_DEPTH = 100
MANY = {"ManyToOne": "left", "OneToMany": "right"}
OPERATORS = {
    "MatchOp.Equal": MatchOp.EQUAL,
    "MatchOp.NotEqual": MatchOp.NOT_EQUAL,
    "MatchOp.Re": MatchOp.MATCHES,
    "MatchOp.NotRe": MatchOp.NOT_MATCHES,
}


class TooDeepError(ValueError):
    """The tree has more levels than any query of a dashboard needs."""


class Translation:
    """One tree; each of its strings is asked for its text."""

    def __init__(self, spoken: Callable[[str], str]) -> None:
        self._spoken = spoken

    def node(self, node: Any, depth: int = 0) -> nodes.Expr:
        """Raises ValueError for what is not understood, TooDeepError for too many levels."""
        while isinstance(node, promql.ParenExpr):
            node = node.expr
        if depth > MAX_DEPTH:
            raise TooDeepError(f"nested deeper than {MAX_DEPTH} levels")
        return self._translated(node, depth + 1)

    def _translated(self, node: Any, depth: int) -> nodes.Expr:
        match node:
            case promql.NumberLiteral():
                return nodes.Number(node.val)
            case promql.StringLiteral():
                return nodes.Text(self._spoken(node.val))
            case promql.VectorSelector():
                return self._selector(node)
            case promql.MatrixSelector():
                return self._selector(node.vector_selector, _seconds(node.range))
            case promql.SubqueryExpr():
                return self._subquery(node, depth)
            case promql.Call():
                args = tuple(self.node(arg, depth) for arg in node.args)
                return nodes.Call(node.func.name, args)
            case promql.AggregateExpr():
                return self._aggregation(node, depth)
            case promql.BinaryExpr():
                return self._binary(node, depth)
            case promql.UnaryExpr():
                return nodes.Negation(self.node(node.expr, depth))
        raise ValueError(f"unknown syntax: {type(node).__name__}")

    def _selector(self, node: Any, range_s: float | None = None) -> nodes.Selector:
        if node.matchers.or_matchers:
            raise ValueError("alternatives between label matchers are not understood")
        name, matchers = node.name, tuple(self._matcher(m) for m in node.matchers.matchers)
        if name is None and all(_passes(matcher, "") for matcher in matchers):
            raise ValueError("vector selector must contain at least one non-empty matcher")
        for matcher in matchers:
            if matcher.label == "__name__" and matcher.op is MatchOp.EQUAL:
                name = matcher.value
                matchers = tuple(m for m in matchers if m is not matcher)
                break
        offset_s = _seconds(node.offset) or 0.0
        return nodes.Selector(name, matchers, range_s, offset_s, _moment(node.at))

    def _matcher(self, matcher: Any) -> Matcher:
        name, value = self._spoken(matcher.name), self._spoken(matcher.value)
        read = Matcher(name, OPERATORS[str(matcher.op)], value)
        if read.op in {MatchOp.MATCHES, MatchOp.NOT_MATCHES} and compiled(value) is None:
            raise ValueError(f"{read} holds no regular expression that can be read")
        return read

    def _subquery(self, node: Any, depth: int) -> nodes.Subquery:
        return nodes.Subquery(
            self.node(node.expr, depth),
            node.range.total_seconds(),
            _seconds(node.step),
            _seconds(node.offset) or 0.0,
            _moment(node.at),
        )

    def _aggregation(self, node: Any, depth: int) -> nodes.Aggregation:
        by, without = self._labels(node.modifier)
        param = None if node.param is None else self.node(node.param, depth)
        op = str(node.op).lower()
        return nodes.Aggregation(op, self.node(node.expr, depth), param, by, without)

    def _binary(self, node: Any, depth: int) -> nodes.Binary:
        modifier = node.modifier
        return nodes.Binary(
            str(node.op).lower(),
            self.node(node.lhs, depth),
            self.node(node.rhs, depth),
            self._matching(modifier) if modifier else nodes.Matching(),
            bool(modifier and modifier.return_bool),
        )

    def _matching(self, modifier: Any) -> nodes.Matching:
        on, ignoring = self._labels(modifier.matching)
        many = MANY.get(str(modifier.card).rpartition(".")[2])
        include = self._names(modifier.group_labels or ()) if many else ()
        return nodes.Matching(on, ignoring, many, tuple(sorted(include)))

    def _labels(self, modifier: Any) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """The labels of ``by``/``on`` and of ``without``/``ignoring``; None: not written."""
        if modifier is None:
            return None, None
        kind, names = str(modifier.type).rpartition(".")[2], self._names(modifier.labels)
        return (names, None) if kind in {"By", "Include", "On"} else (None, names)

    def _names(self, labels: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._spoken(label) for label in labels)


def _passes(matcher: Matcher, value: str) -> bool:
    if matcher.op in {MatchOp.EQUAL, MatchOp.NOT_EQUAL}:
        return (matcher.value == value) is (matcher.op is MatchOp.EQUAL)
    found = fully_matches(matcher.value, [value])
    return bool(found) is (matcher.op is MatchOp.MATCHES)


def _seconds(span: Any) -> float | None:
    return None if span is None else float(span.total_seconds())


def _moment(at: Any) -> str | None:
    return None if at is None else f"{at.type} {at.at}"
