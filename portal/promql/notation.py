"""A syntax tree as PromQL again, so that a part of an expression can be asked for by itself."""

from __future__ import annotations

from portal.durations import prometheus_duration
from portal.numbers import promql_number
from portal.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Matching,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
)


def written(expr: Expr) -> str:
    """PromQL with the same meaning; with more brackets than a person would write.

    Raises ValueError for ``@``, of which the tree keeps no more than that it is there.
    """
    match expr:
        case Number(value):
            return promql_number(value) if value >= 0 else f"({promql_number(value)})"
        case Text(value):
            return _quoted(value)
        case Selector():
            return _selector(expr)
        case Subquery():
            step = "" if expr.step_s is None else prometheus_duration(expr.step_s)
            span = f"[{prometheus_duration(expr.range_s)}:{step}]"
            return f"({written(expr.expr)}){span}{_moved(expr)}"
        case Call():
            return f"{expr.function}({', '.join(map(written, expr.args))})"
        case Aggregation():
            return _aggregation(expr)
        case Negation():
            return f"-({written(expr.expr)})"
        case Binary():
            words = (expr.op, "bool" if expr.return_bool else "", *_matching(expr.matching))
            op = " ".join(word for word in words if word)
            return f"({written(expr.left)} {op} {written(expr.right)})"


def _selector(expr: Selector) -> str:
    matchers = ", ".join(map(str, expr.matchers))
    span = "" if expr.range_s is None else f"[{prometheus_duration(expr.range_s)}]"
    return f"{expr.name or ''}{f'{{{matchers}}}' if matchers else ''}{span}{_moved(expr)}"


def _moved(expr: Selector | Subquery) -> str:
    if expr.at is not None:
        raise ValueError("@ can't be written again")
    if not expr.offset_s:
        return ""
    sign = "-" if expr.offset_s < 0 else ""
    return f" offset {sign}{prometheus_duration(abs(expr.offset_s))}"


def _aggregation(expr: Aggregation) -> str:
    kept = ""
    if expr.by is not None:
        kept = f" by ({', '.join(expr.by)}) "
    elif expr.without is not None:
        kept = f" without ({', '.join(expr.without)}) "
    inside = [written(one) for one in (expr.param, expr.expr) if one is not None]
    return f"{expr.op}{kept}({', '.join(inside)})"


def _matching(matching: Matching) -> tuple[str, ...]:
    words = []
    if matching.on is not None:
        words.append(f"on ({', '.join(matching.on)})")
    elif matching.ignoring is not None:
        words.append(f"ignoring ({', '.join(matching.ignoring)})")
    if matching.many:
        words.append(f"group_{matching.many} ({', '.join(matching.include)})")
    return tuple(words)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
