"""Which SLI an expression shows, decided by its syntax tree."""

from __future__ import annotations

from portal.promql.context import Context
from portal.promql.evaluate import evaluate, metrics
from portal.promql.events import EventKind, kind_of
from portal.promql.findings import Code, Finding, nothing
from portal.promql.interpret import interpret
from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, ParseFailure, parse
from portal.promql.values import Quantity

SAID_OF_ANY_METRIC = frozenset(
    {Code.ABSENCE, Code.UNKNOWN_RULE, Code.RANGE_VECTOR, Code.OTHER_METRIC, Code.UP}
)


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
    context = context or Context()
    finding = interpret(evaluate(expr, context))
    if finding.sli is None and finding.code not in SAID_OF_ANY_METRIC:
        return _of_other_metrics(expr, context) or finding
    return finding


def _of_other_metrics(expr: Expr, context: Context) -> Finding | None:
    """Where nothing of the lab is read, that is what to say, not what is done to it."""
    names = metrics(expr, context)
    if not names or any(kind_of(n) is not EventKind.OTHER or n in context.rules for n in names):
        return None
    if names == {"up"}:
        return nothing(Code.UP)
    known = ", ".join(sorted(name for name in names if name))
    return nothing(Code.OTHER_METRIC, f"It is {known}." if known else "")


def constant(expr: Expr, context: Context | None = None) -> float | None:
    """The number that an expression is whatever happens (``14.4 * 0.01``); None: it isn't one."""
    value = evaluate(expr, context or Context())
    return value.constant if isinstance(value, Quantity) else None
