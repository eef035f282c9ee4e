"""The nodes of a Grafana alert rule as one PromQL tree.

Queries, reduce, math, threshold and classic conditions become one expression, in which Grafana's
comparisons stand as comparisons with ``bool``; the rule fires while it is not 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeGuard

from portal.clients.grafana import UNLISTED, SourceBook, SourceTrouble
from portal.clients.shape import number, text
from portal.durations import prometheus_seconds
from portal.errors import SLOLabError
from portal.promql.context import Context
from portal.promql.expressions import is_expression
from portal.promql.nodes import (
    COMPARISONS,
    Binary,
    Call,
    Expr,
    Negation,
    Number,
    Selector,
    walk,
)
from portal.promql.parser import ParseError, parse
from portal.promql.variables import Times, substitute
from portal.shop import SCRAPE_INTERVAL_S
from portal.tie.codes import TieCode
from portal.tie.idle import Idle, UnknownValueError, computed, idle_value

MAX_DEPTH = 20
LEAST_MS = 1000.0
MOST_POINTS, SAFE_POINTS = 43_200, 11_000
"""Of the points that are asked for, and of those that Grafana lets a query have."""
TROUBLES = {
    SourceTrouble.MISSING: TieCode.NO_SUCH_SOURCE,
    SourceTrouble.PLACEHOLDER: TieCode.NO_SUCH_SOURCE,
    SourceTrouble.FOREIGN: TieCode.OTHER_SOURCE,
    SourceTrouble.ANOTHER: TieCode.OTHER_SOURCE,
}
"""A source that is silent is no trouble of the rule: Grafana itself tells that it fails."""
_KEEPS_VALUE = frozenset({"last", "mean", "avg", "min", "max", "median", "last_not_null"})
_RANGES = {
    "within_range": (">", "*", "<"),
    "within_range_included": (">=", "*", "<="),
    "outside_range": ("<", "+", ">"),
    "outside_range_included": ("<=", "+", ">="),
}
_REFERENCE = re.compile(r"\$\{([^}]+)\}|\$(\w+)")
_PLACEHOLDER = "grafana:ref:"


class GraphError(SLOLabError):
    """The rule can't be followed back to its queries; ``code`` says what that makes it."""

    def __init__(self, message: str, code: TieCode = TieCode.UNPARSED) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class GrafanaQuery:
    """One entry of a rule's ``data``: a query of a data source, or an expression.

    ``source`` is the data source's uid; ``range_s``: how many seconds of time it is about.
    """

    ref: str
    source: str
    model: Mapping[str, Any]
    range_s: float = 600.0

    @property
    def kind(self) -> str:
        """The expression's type (reduce, math...), empty for a data query."""
        return str(self.model.get("type", "")) if self.is_expression else ""

    @property
    def is_expression(self) -> bool:
        """Whether Grafana computes it, and no data source."""
        inner = self.model.get("datasource")
        uid = inner.get("uid") if isinstance(inner, Mapping) else inner
        return is_expression(self.source) or is_expression(uid)

    def times(self, scrape_interval_s: float) -> Times:
        """What Grafana's macros stand for when it evaluates a rule (9.4: ``models/query.go``).

        Nothing is drawn, so ``$__interval`` is no panel's: it is one second where none is set.
        """
        least = prometheus_seconds(text(self.model.get("interval")))
        least = least or (number(self.model.get("intervalMs")) or LEAST_MS) / 1000
        points = min(number(self.model.get("maxDataPoints")) or MOST_POINTS, SAFE_POINTS)
        interval = max(least, self.range_s / max(points, 1))
        return Times(scrape_interval_s, interval, self.range_s)


class Graph:
    """The nodes of one rule, by refId; ``book`` tells what its queries ask."""

    def __init__(self, queries: Sequence[GrafanaQuery], book: SourceBook = UNLISTED) -> None:
        self.nodes = {query.ref: query for query in queries}
        self.book = book

    def tree(self, ref: str, depth: int = 0) -> Expr:
        """The node as a PromQL tree; raises ``GraphError``."""
        node = self._node(ref, depth)
        match node.kind:
            case "":
                return self._query(node)
            case "reduce":
                return self._reduced(node, depth)
            case "resample":
                return self.tree(_reference(node), depth + 1)
            case "threshold":
                return self._threshold(node, depth)
            case "math":
                return self._math(node, depth)
            case "classic_conditions":
                return self._classic(node, depth)
        raise GraphError(f"Expressions of type {node.kind!r} are not understood.")

    def fires_when_idle(self, ref: str, context: Context) -> str:
        """What the rule has without traffic: ``nan`` or a ``number`` other than 0 (it fires),
        ``empty``, or nothing that is known to matter.
        """
        try:
            value = self._idle(ref, context)
        except (GraphError, UnknownValueError):
            return ""
        if value is None:
            return "empty"
        if math.isnan(value):
            return "nan"
        return "number" if value else ""

    @staticmethod
    def filters(tree: Expr) -> bool:
        """Whether a comparison without ``bool`` makes the result vanish while all is well."""
        return any(_filters(node) and not _is_guard(node) for node in walk(tree))

    @staticmethod
    def compares(tree: Expr) -> bool:
        """Whether there is a comparison anywhere in it."""
        return any(isinstance(node, Binary) and node.op in COMPARISONS for node in walk(tree))

    def _node(self, ref: str, depth: int) -> GrafanaQuery:
        if depth > MAX_DEPTH:
            raise GraphError("Its expressions lead back to themselves.")
        if ref not in self.nodes:
            raise GraphError(f"It refers to {ref!r}, and there is no such query.")
        return self.nodes[ref]

    def asked(self) -> list[str]:
        """The PromQL that its queries are, Grafana's variables filled in; raises GraphError."""
        queries = (node for node in self.nodes.values() if not node.is_expression)
        return [self._filled(node) for node in queries]

    def _query(self, node: GrafanaQuery) -> Expr:
        """The tree of a Prometheus query."""
        try:
            return parse(self._filled(node))
        except ParseError as error:
            raise GraphError(str(error)) from None

    def _filled(self, node: GrafanaQuery) -> str:
        expr, meant = node.model.get("expr"), self.book.meant(node.source)
        if meant.trouble in TROUBLES:
            raise GraphError(meant.why, TROUBLES[meant.trouble])
        if not isinstance(expr, str) or (meant.source is None and _is_foreign(node)):
            raise GraphError("It asks another data source than Prometheus.", TieCode.NOT_AN_SLI)
        scraped_s = meant.source.scrape_interval_s if meant.source else SCRAPE_INTERVAL_S
        filled = substitute(expr, times=node.times(scraped_s))
        if filled.unknown:
            names = ", ".join(f"${name}" for name in filled.unknown)
            raise GraphError(
                f"It uses {names}: an alert rule knows no variables of a dashboard, so Prometheus "
                "is asked for just that.",
                TieCode.NOT_AN_SLI,
            )
        return filled.text

    def _reduced(self, node: GrafanaQuery, depth: int) -> Expr:
        inner = self.tree(_reference(node), depth + 1)
        reducer = str(node.model.get("reducer", "last"))
        return inner if reducer in _KEEPS_VALUE else Call(f"grafana_{reducer}", (inner,))

    def _threshold(self, node: GrafanaQuery, depth: int) -> Expr:
        inner = self.tree(_reference(node), depth + 1)
        return _evaluated(inner, _first_evaluator(node))

    def _math(self, node: GrafanaQuery, depth: int) -> Expr:
        text, refs = _promql_of(str(node.model.get("expression", "")))
        try:
            tree = parse(text)
        except ParseError as error:
            raise GraphError(f"Its math expression can't be read: {error}") from None
        return _in_grafana(tree, {ref: self.tree(ref, depth + 1) for ref in refs})

    def _classic(self, node: GrafanaQuery, depth: int) -> Expr:
        conditions = node.model.get("conditions")
        entries = conditions if isinstance(conditions, list) else []
        arms = [entry for entry in entries if isinstance(entry, Mapping)]
        if not arms:
            raise GraphError("Its classic condition is empty.")
        trees = [self._classic_arm(arm, depth) for arm in arms]
        joined = list(zip(arms[1:], trees[1:], strict=True))
        return reduce(lambda left, arm: Binary(_joint(arm[0]), left, arm[1]), joined, trees[0])

    def _classic_arm(self, arm: Mapping[str, Any], depth: int) -> Expr:
        query, reducer = arm.get("query"), arm.get("reducer")
        params = query.get("params") if isinstance(query, Mapping) else None
        if not isinstance(params, list) or not params:
            raise GraphError("Its classic condition names no query.")
        inner = self.tree(str(params[0]), depth + 1)
        kind = str(reducer.get("type", "last")) if isinstance(reducer, Mapping) else "last"
        value = inner if kind in _KEEPS_VALUE else Call(f"grafana_{kind}", (inner,))
        return _evaluated(value, arm.get("evaluator"))

    # Without traffic

    def _idle(self, ref: str, context: Context, depth: int = 0) -> Idle:
        node = self._node(ref, depth)
        match node.kind:
            case "":
                return idle_value(self._query(node), context)
            case "reduce" | "resample":
                value = self._idle(_reference(node), context, depth + 1)
                return _replaced(node, value)
            case "threshold":
                return self._idle_threshold(node, context, depth)
            case "math":
                return self._idle_math(node, context, depth)
        return None  # classic conditions leave NaN out: no data

    def _idle_threshold(self, node: GrafanaQuery, context: Context, depth: int) -> Idle:
        value = self._idle(_reference(node), context, depth + 1)
        if value is None or math.isnan(value):
            return value
        return idle_value(_evaluated(Number(value), _first_evaluator(node)), context)

    def _idle_math(self, node: GrafanaQuery, context: Context, depth: int) -> Idle:
        text, refs = _promql_of(str(node.model.get("expression", "")))
        values = {ref: self._idle(ref, context, depth + 1) for ref in refs}
        if any(value is None for value in values.values()):
            return None
        if any(value is not None and math.isnan(value) for value in values.values()):
            return math.nan
        try:
            return _idle_tree(parse(text), values)
        except ParseError:
            raise UnknownValueError from None


def _is_foreign(node: GrafanaQuery) -> bool:
    source = node.model.get("datasource")
    kind = source.get("type", "prometheus") if isinstance(source, Mapping) else "prometheus"
    return kind != "prometheus"


def _reference(node: GrafanaQuery) -> str:
    return str(node.model.get("expression", "")).strip().removeprefix("$").strip("{}")


def _first_evaluator(node: GrafanaQuery) -> Any:
    conditions = node.model.get("conditions")
    first = conditions[0] if isinstance(conditions, list) and conditions else None
    return first.get("evaluator") if isinstance(first, Mapping) else None


def _evaluated(inner: Expr, evaluator: Any) -> Expr:
    """An evaluator (gt, lt, ranges) as comparisons that are 0 or 1."""
    kind = evaluator.get("type") if isinstance(evaluator, Mapping) else None
    params = evaluator.get("params") if isinstance(evaluator, Mapping) else None
    entries = params if isinstance(params, list) else []
    numbers = [Number(float(n)) for n in entries if isinstance(n, int | float) and abs(n) < 1e300]
    simple = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}
    if kind in simple and numbers:
        return Binary(simple[kind], inner, numbers[0], return_bool=True)
    if kind in _RANGES and len(numbers) > 1:
        low, high = sorted(numbers[:2], key=lambda number: number.value)
        of_low, joint, of_high = _RANGES[kind]
        at_low = Binary(of_low, inner, low, return_bool=True)
        return Binary(joint, at_low, Binary(of_high, inner, high, return_bool=True))
    raise GraphError(f"Thresholds of type {kind!r} are not understood.")


def _joint(arm: Mapping[str, Any]) -> str:
    operator = arm.get("operator")
    kind = operator.get("type") if isinstance(operator, Mapping) else "and"
    return "+" if kind == "or" else "*"


def _promql_of(expression: str) -> tuple[str, list[str]]:
    """A math expression in PromQL's spelling, and the refIds it uses."""
    refs = list(dict.fromkeys(m[1] or m[2] for m in _REFERENCE.finditer(expression)))

    def placeholder(found: re.Match[str]) -> str:
        return f"{_PLACEHOLDER}{refs.index(found[1] or found[2])}"

    text = _REFERENCE.sub(placeholder, expression)
    text = text.replace("&&", " and ").replace("||", " or ").replace("**", "^")
    return text, refs


def _in_grafana(tree: Expr, refs: Mapping[str, Expr]) -> Expr:
    """A math expression's tree: references filled in, comparisons 0 or 1, and/or as products."""
    names = list(refs)
    match tree:
        case Selector(name=str(name)) if name.startswith(_PLACEHOLDER):
            return refs[names[int(name.removeprefix(_PLACEHOLDER))]]
        case Binary():
            left, right = _in_grafana(tree.left, refs), _in_grafana(tree.right, refs)
            if tree.op in {"and", "or"}:
                return Binary("*" if tree.op == "and" else "+", _truth(left), _truth(right))
            return Binary(tree.op, left, right, return_bool=tree.op in COMPARISONS)
        case Negation():
            return Negation(_in_grafana(tree.expr, refs))
        case Call():
            return replace(tree, args=tuple(_in_grafana(arg, refs) for arg in tree.args))
        case Number():
            return tree
    raise GraphError("Its math expression can't be read.")


def _truth(tree: Expr) -> Expr:
    already = isinstance(tree, Binary) and (tree.return_bool or tree.op in {"*", "+"})
    return tree if already else Binary("!=", tree, Number(0.0), return_bool=True)


def _idle_tree(tree: Expr, values: Mapping[str, Idle]) -> float:
    numbers = list(values.values())
    match tree:
        case Number():
            return tree.value
        case Selector(name=str(name)) if name.startswith(_PLACEHOLDER):
            return numbers[int(name.removeprefix(_PLACEHOLDER))] or 0.0
        case Binary():
            left, right = _idle_tree(tree.left, values), _idle_tree(tree.right, values)
            if math.isnan(left) or math.isnan(right):
                return math.nan
            if tree.op in COMPARISONS:
                compared = Binary(tree.op, Number(left), Number(right), return_bool=True)
                return idle_value(compared, Context()) or 0.0
            if tree.op in {"and", "or"}:
                return float(bool(left and right) if tree.op == "and" else bool(left or right))
            return computed(tree.op, left, right)
    raise UnknownValueError


def _replaced(node: GrafanaQuery, value: Idle) -> Idle:
    """``replaceNN`` puts a number where NaN was; ``dropNN`` was seen to leave NaN."""
    settings = node.model.get("settings")
    if value is None or not math.isnan(value) or not isinstance(settings, Mapping):
        return value
    if settings.get("mode") != "replaceNN":
        return value
    number = settings.get("replaceWithValue", 0)
    return float(number) if isinstance(number, int | float) else value


def _filters(node: Expr) -> TypeGuard[Binary]:
    return isinstance(node, Binary) and node.op in COMPARISONS and not node.return_bool


def _is_guard(node: Binary) -> bool:
    """``sum(rate(total)) > 0`` vanishes without traffic only."""
    return node.op == ">" and isinstance(node.right, Number) and node.right.value == 0
