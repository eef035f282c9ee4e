"""An expression with further matchers on every selector, as Grafana's ad hoc filters add them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from portal.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Matcher,
    Negation,
    Selector,
    Subquery,
)
from portal.promql.notation import written
from portal.promql.parser import parse


def narrowed(text: str, matchers: Sequence[Matcher]) -> str:
    """The PromQL with these matchers; as it is without any.

    Raises ParseError for what can't be read, and ValueError for ``@``, which can't be written.
    """
    return written(_with(parse(text), tuple(matchers))) if matchers else text


def _with(expr: Expr, more: tuple[Matcher, ...]) -> Expr:
    match expr:
        case Selector():
            return replace(expr, matchers=(*expr.matchers, *more))
        case Subquery() | Negation():
            return replace(expr, expr=_with(expr.expr, more))
        case Call():
            return replace(expr, args=tuple(_with(arg, more) for arg in expr.args))
        case Aggregation():
            param = None if expr.param is None else _with(expr.param, more)
            return replace(expr, expr=_with(expr.expr, more), param=param)
        case Binary():
            return replace(expr, left=_with(expr.left, more), right=_with(expr.right, more))
    return expr
