"""An expression with what a dashboard adds to all of its queries.

Ad hoc filters put matchers on every selector, *group by* variables put labels to every aggregation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class Narrowing:
    """Matchers for every selector, and labels that every aggregation is split by."""

    matchers: tuple[Matcher, ...] = ()
    labels: tuple[str, ...] = ()


def narrowed(text: str, more: Narrowing) -> str:
    """The PromQL with all of this; as it is without any.

    Raises ParseError for what can't be read, and ValueError for ``@``, which can't be written.
    """
    return written(_with(parse(text), more)) if more != Narrowing() else text


def _with(expr: Expr, more: Narrowing) -> Expr:
    match expr:
        case Selector():
            return replace(expr, matchers=(*expr.matchers, *more.matchers))
        case Subquery() | Negation():
            return replace(expr, expr=_with(expr.expr, more))
        case Call():
            return replace(expr, args=tuple(_with(arg, more) for arg in expr.args))
        case Aggregation():
            param = None if expr.param is None else _with(expr.param, more)
            inner = replace(expr, expr=_with(expr.expr, more), param=param)
            return _split(inner, more.labels)
        case Binary():
            return replace(expr, left=_with(expr.left, more), right=_with(expr.right, more))
    return expr


def _split(expr: Aggregation, labels: tuple[str, ...]) -> Aggregation:
    """Grafana adds the labels to whichever list there is, that of ``without`` as well."""
    if expr.without is not None:
        return replace(expr, without=tuple(dict.fromkeys((*expr.without, *labels))))
    if not labels:
        return expr
    return replace(expr, by=tuple(dict.fromkeys((*(expr.by or ()), *labels))))
