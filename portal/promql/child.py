"""The parser's own process: one JSON request a line in, one JSON answer a line out.

The parser is a native library that can take its process down with it, and a learner's regular
expression can run for ever; so both run here and never in the portal. This file is started by
its path and imports nothing of ours, so that a start is quick. The end of stdin ends it: it
never outlives its parent.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
from typing import Any

import promql_parser as promql

MAX_DEPTH = 100
MAX_SECONDS = 5
MAX_BYTES = 1 << 30
POSIX_CLASSES = {
    "[:digit:]": "0-9",
    "[:alpha:]": "A-Za-z",
    "[:alnum:]": "0-9A-Za-z",
    "[:word:]": "0-9A-Za-z_",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:space:]": r"\s",
    "[:xdigit:]": "0-9A-Fa-f",
}


class TooDeepError(ValueError):
    """The tree has more levels than any query of a dashboard needs."""


def describe(node: Any, depth: int = 0) -> dict[str, Any]:
    """A parser's node as plain data; parentheses vanish."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    if depth > MAX_DEPTH:
        raise TooDeepError(f"nested deeper than {MAX_DEPTH} levels")
    for kind, describe_kind in DESCRIBE.items():
        if isinstance(node, kind):
            return dict(describe_kind(node, depth + 1))
    raise ValueError(f"unknown syntax: {type(node).__name__}")


def number(node: Any, _depth: int) -> dict[str, Any]:
    return {"node": "number", "value": repr(node.val)}


def text(node: Any, _depth: int) -> dict[str, Any]:
    return {"node": "text", "value": node.val}


def vector_selector(node: Any, _depth: int) -> dict[str, Any]:
    if node.matchers.or_matchers:
        raise ValueError("alternatives between label matchers are not understood")
    return {
        "node": "selector",
        "name": node.name,
        "matchers": [[m.name, OPERATORS[str(m.op)], m.value] for m in node.matchers.matchers],
        "range": None,
        "offset": seconds(node.offset) or 0.0,
        "at": moment(node.at),
    }


def matrix_selector(node: Any, depth: int) -> dict[str, Any]:
    return vector_selector(node.vector_selector, depth) | {"range": seconds(node.range)}


def subquery(node: Any, depth: int) -> dict[str, Any]:
    return {
        "node": "subquery",
        "expr": describe(node.expr, depth),
        "range": seconds(node.range),
        "step": seconds(node.step),
        "offset": seconds(node.offset) or 0.0,
        "at": moment(node.at),
    }


def call(node: Any, depth: int) -> dict[str, Any]:
    args = [describe(arg, depth) for arg in node.args]
    return {"node": "call", "function": node.func.name, "args": args}


def aggregation(node: Any, depth: int) -> dict[str, Any]:
    by, without = labels(node.modifier)
    return {
        "node": "aggregation",
        "op": str(node.op).lower(),
        "expr": describe(node.expr, depth),
        "param": None if node.param is None else describe(node.param, depth),
        "by": by,
        "without": without,
    }


def binary(node: Any, depth: int) -> dict[str, Any]:
    modifier = node.modifier
    on, ignoring = labels(modifier.matching if modifier else None)
    many = MANY.get(str(modifier.card).rpartition(".")[2]) if modifier else None
    return {
        "node": "binary",
        "op": str(node.op).lower(),
        "left": describe(node.lhs, depth),
        "right": describe(node.rhs, depth),
        "on": on,
        "ignoring": ignoring,
        "many": many,
        "include": sorted((modifier.group_labels or []) if modifier and many else []),
        "bool": bool(modifier and modifier.return_bool),
    }


def negation(node: Any, depth: int) -> dict[str, Any]:
    return {"node": "negation", "expr": describe(node.expr, depth)}


def labels(modifier: Any) -> tuple[list[str] | None, list[str] | None]:
    """The labels of ``by``/``on`` and of ``without``/``ignoring``; None where not written."""
    if modifier is None:
        return None, None
    kind = str(modifier.type).rpartition(".")[2]
    names = list(modifier.labels)
    return (names, None) if kind in {"By", "Include", "On"} else (None, names)


def seconds(span: Any) -> float | None:
    return None if span is None else float(span.total_seconds())


def moment(at: Any) -> str | None:
    return None if at is None else f"{at.type} {at.at}"


def matches(pattern: str, values: list[str]) -> list[str]:
    """The values that the whole of an RE2 expression matches."""
    for name, characters in POSIX_CLASSES.items():
        pattern = pattern.replace(name, characters)
    compiled = re.compile(pattern.replace(r"\z", r"\Z"), re.DOTALL)
    return [value for value in values if compiled.fullmatch(value)]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; every failure is data."""
    signal.alarm(MAX_SECONDS)
    try:
        if "pattern" in request:
            return {"matches": matches(request["pattern"], request["values"])}
        return {"tree": describe(promql.parse(request["parse"]))}
    except (KeyboardInterrupt, SystemExit):
        raise
    except TooDeepError as error:
        return {"error": str(error), "kind": "too_deep"}
    except BaseException as error:  # a panic of the Rust side is no Exception
        return {"error": str(error) or type(error).__name__}
    finally:
        signal.alarm(0)


DESCRIBE: dict[type, Any] = {
    promql.NumberLiteral: number,
    promql.StringLiteral: text,
    promql.VectorSelector: vector_selector,
    promql.MatrixSelector: matrix_selector,
    promql.SubqueryExpr: subquery,
    promql.Call: call,
    promql.AggregateExpr: aggregation,
    promql.BinaryExpr: binary,
    promql.UnaryExpr: negation,
}
OPERATORS = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}
MANY = {"ManyToOne": "left", "OneToMany": "right"}


def main() -> None:
    """Answer until stdin ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout.write("{}\n")  # ready
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
