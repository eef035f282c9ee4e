"""Which SLI an expression shows, decided by its syntax tree."""

from __future__ import annotations

from portal.promql.context import Context
from portal.promql.evaluate import evaluate
from portal.promql.findings import Code, Finding, nothing
from portal.promql.interpret import interpret
from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, ParseFailure, parse
from portal.promql.values import Quantity


def classify(expr: str, context: Context | None = None) -> Finding:
    """The finding for an expression without Grafana variables; never raises."""
    try:
        tree = parse(expr)
    except ParseError as error:
        if error.failure is ParseFailure.EMPTY:
            return nothing(Code.NO_QUERY)
        return nothing(Code.UNPARSED, f"({error})")
    return analyse(tree, context)


def analyse(expr: Expr, context: Context | None = None) -> Finding:
    """The finding for a syntax tree, or for a part of one (an alert's left side)."""
    return interpret(evaluate(expr, context or Context()))


def constant(expr: Expr, context: Context | None = None) -> float | None:
    """The number that an expression is whatever happens (``14.4 * 0.01``); None: it isn't one."""
    value = evaluate(expr, context or Context())
    return value.constant if isinstance(value, Quantity) else None
