"""What comes out when two values stand on the sides of an operator."""

from __future__ import annotations

from dataclasses import replace

from portal.promql import statuses, values
from portal.promql.events import EventKind
from portal.promql.findings import Code, Comparison
from portal.promql.nodes import FLIPPED, Binary
from portal.promql.values import Opaque, Quantile, Quantity, Value, constant

RATES = frozenset({Code.REQUEST_RATE, Code.ERROR_RATE, Code.CLIENT_ERRORS_ONLY})


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
    chosen = (telling or opaque)[0]
    alone = _is_number(left) or _is_number(right)
    if not alone and (chosen.code in RATES or not telling):
        return replace(chosen, code=Code.UNRELATED)
    return chosen


def _is_number(value: Value) -> bool:
    return isinstance(value, Quantity) and value.constant is not None


def either(left: Value, right: Value) -> Value:
    """``left or right``: right only fills gaps when it is harmless or the same kind of value."""
    if isinstance(left, Opaque):
        return right if left.code is Code.ABSENCE and not isinstance(right, Opaque) else left
    if isinstance(left, Quantity) and left.constant is not None and not left.labels:
        return left if left.constant == 0 or steady(right) else Opaque(Code.CONSTANT)
    if _fills_gaps(left, right) or _is_alike(left, right):
        return left
    return Opaque(Code.UNRELATED, "It shows one thing or another.")


def _fills_gaps(left: Value, right: Value) -> bool:
    """A number in place of no share; in place of no requests only zero, but for a whole total."""
    if not (isinstance(left, Quantity) and left.is_sum and isinstance(right, Quantity)):
        return steady(right)
    whole = all(e.statuses == statuses.ALL for e in left.num.terms)
    return steady(right) and (right.constant in {None, 0.0} or whole)


def _is_alike(left: Value, right: Value) -> bool:
    """Both are shares, or quantiles, or count the same kind of request."""
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return left.is_sum == right.is_sum and _counted(left) == _counted(right)
    return type(left) is type(right)


def _counted(value: Quantity) -> set[object]:
    if not value.is_sum:
        return {e.kind is EventKind.OTHER for e in (*value.num.terms, *value.den.terms)}
    return {(e.kind, e.statuses) for e in value.num.terms}


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
            op = FLIPPED[node.op]
            return compared(right, left, replace(node, op=op, left=node.right, right=node.left))
        return Opaque(Code.CONSTANT)
    bound = right.constant if isinstance(right, Quantity) else None
    comparison = Comparison(node.op, bound)
    return replace(left, comparisons=(*left.comparisons, comparison))
