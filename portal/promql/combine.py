"""What comes out when two values stand on the sides of an operator."""

from __future__ import annotations

from dataclasses import replace

from portal.promql import values
from portal.promql.events import Kind
from portal.promql.findings import Code, Comparison
from portal.promql.nodes import Binary
from portal.promql.values import Opaque, Quantile, Quantity, Value, constant

FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def unmatched(problem: Code, left: Quantity, right: Quantity) -> Opaque:
    """Why two sides don't meet; of metrics that nobody knows, only that."""
    events = [e for side in (left, right) for e in (*side.num.terms, *side.den.terms)]
    if events and all(e.kind is Kind.OTHER for e in events):
        names = ", ".join(sorted({e.metric for e in events}))
        return Opaque(Code.OTHER_METRIC, f"It is {names}.", left.labels)
    return Opaque(problem, labels=left.labels)


def computed(op: str, left: Quantity, right: Quantity) -> Value:
    """left op right for an arithmetic operator."""
    match op:
        case "+" | "-":
            return values.add(left, right, 1.0 if op == "+" else -1.0)
        case "*":
            return values.multiply(left, right)
        case "/":
            return values.divide(left, right)
    if left.constant is not None and right.constant is not None:
        return constant(folded(op, left.constant, right.constant), scalar=left.scalar)
    if op == "^" and right.constant == 1:
        return left
    return Opaque(Code.DISTORTED, f"It uses {op}.", left.labels | right.labels)


def folded(op: str, left: float, right: float) -> float:
    """A power or a remainder of two numbers; NaN where there is none."""
    try:
        result = left**right if op == "^" else left % right
    except (ArithmeticError, ValueError):
        return float("nan")
    return result if isinstance(result, float) else float("nan")


def unguarded(value: Quantity) -> Quantity:
    """``total > 0`` inside a calculation is a guard against 0/0, not a condition."""
    if not value.is_sum:
        return value
    return replace(value, comparisons=tuple(c for c in value.comparisons if c.bound is None))


def is_scalar(value: Value) -> bool:
    """True for a number without labels that meets every series."""
    return isinstance(value, Quantity) and value.scalar


def guarded(op: str, left: Value, right: Value) -> Value | None:
    """``(total > bool 0) * share`` is the share while there is traffic."""
    for guard, other in ((left, right), (right, left)):
        if op == "*" and isinstance(guard, Opaque) and guard.is_guard:
            usable = not isinstance(other, Opaque) and other.labels == guard.labels
            return other if usable else None
    return None


def worse(left: Value, right: Value) -> Value:
    """Of two operands the one that tells best why there is no SLI."""
    opaque = [value for value in (left, right) if isinstance(value, Opaque)]
    telling = [value for value in opaque if value.code is not Code.CONSTANT]
    return (telling or opaque)[0]


def either(left: Value, right: Value) -> Value:
    """``left or right``: right only fills gaps when it is a number or the same kind of value."""
    if isinstance(left, Opaque):
        return right if left.code is Code.ABSENCE and not isinstance(right, Opaque) else left
    if isinstance(left, Quantity) and left.constant is not None and not left.labels:
        return left if left.constant == 0 or steady(right) else Opaque(Code.CONSTANT)
    if steady(right) or type(left) is type(right):
        return left
    return Opaque(Code.UNRELATED, "It shows one thing or another.")


def steady(value: Value) -> bool:
    """True for what only fills gaps: a number, a zero, a word on absence."""
    if isinstance(value, Opaque):
        return value.code in {Code.CONSTANT, Code.ABSENCE}
    return isinstance(value, Quantity) and (
        value.constant is not None or (value.num.is_constant and value.num.const == 0)
    )


def compared(left: Value, right: Value, node: Binary) -> Value:
    """A comparison keeps the left value and is remembered; with bool it is only a condition."""
    if node.return_bool:
        idle = isinstance(right, Quantity) and right.constant == 0 and node.op in {">", "!="}
        guard = idle and isinstance(left, Quantity) and left.is_sum
        return Opaque(Code.CONDITION, labels=left.labels, is_guard=guard)
    if isinstance(left, Opaque):
        return left
    if isinstance(left, Quantity) and left.constant is not None:
        if isinstance(right, Opaque | Quantile) or right.constant is None:
            op = FLIPPED.get(node.op, node.op)
            return compared(right, left, replace(node, op=op, left=node.right, right=node.left))
        return Opaque(Code.CONSTANT)
    bound = right.constant if isinstance(right, Quantity) else None
    comparison = Comparison(node.op, bound)
    return replace(left, comparisons=(*left.comparisons, comparison))
