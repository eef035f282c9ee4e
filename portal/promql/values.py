"""The normal form: every expression becomes a ratio of event sums, a quantile, or nothing of use.

``1 - bad/total``, ``(total - bad)/total`` and ``good/(good + bad)`` are the same value here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from portal.promql.events import CountedEvents, Linear
from portal.promql.findings import Code, Comparison

ONE = Linear(const=1.0)


@dataclass(frozen=True)
class Quantity:
    """num / den, with the labels the result keeps.

    ``split``: labels by which only the upper side is split. ``advice``: sentences for a person.
    """

    num: Linear
    den: Linear = ONE
    labels: frozenset[str] = frozenset()
    scalar: bool = False
    split: frozenset[str] = frozenset()
    advice: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def constant(self) -> float | None:
        """The number that this is whatever happens; None when it depends on events."""
        if self.num.is_constant and self.den.is_constant and self.den.const:
            return self.num.const / self.den.const
        return None

    @property
    def is_sum(self) -> bool:
        """True for events that are divided by a number at most."""
        return self.den.is_constant and not self.num.is_constant

    def advised(self, *advice: str) -> Quantity:
        """The same value with more advice."""
        return replace(self, advice=(*self.advice, *(a for a in advice if a not in self.advice)))

    def pinned(self) -> dict[str, str]:
        """Labels that every term holds at one and the same value."""
        found = [events.pinned() for events in (*self.num.terms, *self.den.terms)]
        if not found:
            return {}
        first, *others = found
        return {k: v for k, v in first.items() if all(o.get(k) == v for o in others)}


@dataclass(frozen=True)
class Quantile:
    """``factor`` · the ``phi``-quantile of the events' durations."""

    phi: float
    events: CountedEvents
    factor: float = 1.0
    labels: frozenset[str] = frozenset()
    advice: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class Opaque:
    """A value that can't be an SLI, and why. ``is_guard``: 1 while there is traffic, else 0."""

    code: Code
    detail: str = ""
    labels: frozenset[str] = field(default=frozenset())
    is_guard: bool = False


Value = Quantity | Quantile | Opaque


def constant(number: float, *, scalar: bool = True) -> Quantity:
    """A number."""
    return Quantity(Linear(const=number), scalar=scalar)


def add(left: Quantity, right: Quantity, sign: float) -> Value:
    """left + sign · right, over one denominator."""
    if right.constant is not None:
        return replace(left, num=left.num.plus(left.den, sign * right.constant))
    if left.constant is not None:
        num = right.num.times(sign).plus(right.den, left.constant)
        return replace(right, num=num, advice=(*left.advice, *right.advice))
    if left.den != right.den:
        return _over_common(left, right, sign)
    return replace(left, num=left.num.plus(right.num, sign))


def _over_common(left: Quantity, right: Quantity, sign: float) -> Value:
    if left.den.is_constant and right.den.is_constant and left.den.const and right.den.const:
        scaled = right.num.times(sign * left.den.const / right.den.const)
        return replace(left, num=left.num.plus(scaled))
    if _same_totals(left.den, right.den):
        return replace(left, num=left.num.plus(right.num, sign))
    return Opaque(Code.UNRELATED, "It adds or subtracts shares of different totals.")


def _same_totals(left: Linear, right: Linear) -> bool:
    """The same events counted by different series (``_count`` and the bucket ``+Inf``)."""
    return left.const == right.const and _merged(left) == _merged(right)


def _merged(total: Linear) -> dict[tuple[object, ...], float]:
    merged: dict[tuple[object, ...], float] = {}
    for events, weight in total.terms.items():
        below = events.le if events.le != ("+Inf",) else ()
        key = (events.statuses, below, events.restriction, events.stages, events.offset)
        merged[key] = merged.get(key, 0.0) + weight
    return merged


def multiply(left: Quantity, right: Quantity) -> Value:
    """left · right where one of them is a number, or the product cancels down to a share."""
    if right.constant is not None:
        return replace(left, num=left.num.times(right.constant))
    if left.constant is not None:
        return replace(right, num=right.num.times(left.constant))
    if left.den == right.num:
        return replace(left, den=right.den)
    if right.den == left.num:
        return replace(right, den=left.den)
    return Opaque(Code.UNRELATED, "It multiplies two things that both change.")


def divide(left: Quantity, right: Quantity) -> Value:
    """left / right."""
    if right.constant is not None:
        if right.constant == 0:
            return Opaque(Code.CONSTANT, "It divides by zero.")
        return replace(left, num=left.num.times(1 / right.constant))
    if left.den == right.den:
        if left.num == right.num and not left.is_sum:
            return Opaque(Code.UNRELATED, "It divides one share by another.")  # of another time
        return replace(left, den=right.num)
    if left.den.is_constant and left.num.is_constant:
        number = left.num.const / left.den.const
        return replace(right, num=right.den.times(number), den=right.num)
    if right.den.is_constant and left.den.is_constant and right.den.const and left.den.const:
        return replace(left, den=right.num.times(left.den.const / right.den.const))
    if left.num == right.num:
        return replace(left, num=right.den, den=left.den)
    return Opaque(Code.UNRELATED, "It divides one share by another.")
