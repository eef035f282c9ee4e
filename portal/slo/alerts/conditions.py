"""When does an alert's expression have a result? A tree of comparisons says so.

Prometheus fires while the expression returns anything. So a filter (``> 0.1``) is a condition,
wherever in the expression it stands; a value without any filter is there all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.promql.events import Events
from portal.promql.findings import Sli
from portal.promql.reading import Shape
from portal.slo.alerts.codes import TieCode

EPSILON = 1e-9
OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Always:
    """It holds whenever healthy traffic flows; ``guard`` marks a mere "there is traffic"."""

    why: str
    guard: bool = False


@dataclass(frozen=True)
class Never:
    """It never holds, whatever happens."""

    why: str


@dataclass(frozen=True)
class Unclear:
    """A comparison of something that is no SLI."""

    code: TieCode
    why: str


@dataclass(frozen=True)
class Source:
    """The requests behind a value: the event sets, and labels that split them into parts."""

    events: frozenset[Events]
    split: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ErrorRatio:
    """The error ratio (0..1) of an SLI compared with ``limit``: ``ratio op limit``."""

    shape: Shape
    source: Source
    op: str
    limit: float

    @property
    def sli(self) -> Sli:
        """Availability or latency."""
        return self.shape.sli


@dataclass(frozen=True)
class Tail:
    """The latency (s) that the share ``phi`` of requests stays below, compared with ``limit``."""

    phi: float
    source: Source
    op: str
    limit: float


@dataclass(frozen=True)
class Both:
    """All of them hold (``and``)."""

    arms: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """At least one of them holds (``or``)."""

    arms: tuple[Condition, ...]


Condition = Always | Never | Unclear | ErrorRatio | Tail | Both | Either


def both(*arms: Condition) -> Condition:
    """All arms hold; an arm that always does says nothing, one that never does decides."""
    flat = _flat(arms, Both)
    for arm in flat:
        if isinstance(arm, Never):
            return arm
    told = [arm for arm in flat if not isinstance(arm, Always)]
    if not told:
        return next((arm for arm in flat if not _is_guard(arm)), flat[0])
    contradiction = _contradiction(told)
    if contradiction is not None:
        return contradiction
    return told[0] if len(told) == 1 else Both(tuple(told))


def either(*arms: Condition) -> Condition:
    """Some arm holds; an arm that always does decides, one that never does says nothing."""
    flat = _flat(arms, Either)
    if len(flat) == 1:
        return flat[0]
    for arm in flat:
        if isinstance(arm, Always):
            return arm
        if isinstance(arm, ErrorRatio | Tail) and healthy_meets(arm):
            return Always(f"one side of `or` holds while all is well: {said(arm)}")
    told = [arm for arm in flat if not isinstance(arm, Never)]
    if not told:
        return flat[0]
    return told[0] if len(told) == 1 else Either(tuple(told))


def settled(condition: ErrorRatio) -> Condition:
    """A comparison of an error ratio, or Always/Never when no ratio from 0 to 1 can change it."""
    op, limit = condition.op, condition.limit
    low, high = _meets(0.0, op, limit), _meets(1.0, op, limit)
    inside = -EPSILON <= limit <= 1 + EPSILON
    if op == "==":
        if inside:
            return condition
        return Never(f"an error ratio is never {limit:.4g}")
    if op == "!=":
        return _unequal(condition, inside)
    if low and high:
        return Always(f"every error ratio from 0 to 1 is {op} {limit:.4g}, also with no errors")
    if not low and not high:
        return Never(_impossible(op, limit))
    return condition


def negated(condition: Condition) -> Condition | None:
    """When the condition does not hold, for a single comparison; None where it can't be told.

    What healthy traffic always meets is not met without traffic, so its opposite isn't "never".
    """
    match condition:
        case Never():
            return Always("the opposite never holds")
        case ErrorRatio():
            return settled(replace(condition, op=OPPOSITE[condition.op]))
        case Tail() if condition.op in {"<", "<=", ">", ">="}:
            return replace(condition, op=OPPOSITE[condition.op])
    return None


def implies_traffic(condition: Condition) -> bool:
    """Whether it can hold only while requests arrive: a comparison with NaN never does."""
    if isinstance(condition, Both):
        return any(implies_traffic(arm) for arm in condition.arms)
    if isinstance(condition, Either):
        return all(implies_traffic(arm) for arm in condition.arms)
    return isinstance(condition, ErrorRatio | Tail)


def healthy_meets(condition: ErrorRatio | Tail) -> bool:
    """Whether a service without a single error meets it: the comparison stands the wrong way."""
    if isinstance(condition, Tail):
        return condition.op in {"<", "<="}
    return _meets(0.0, condition.op, condition.limit)


def covers(wide: Condition, narrow: Condition) -> bool:
    """Whether ``wide`` certainly holds whenever ``narrow`` does."""
    if wide == narrow or isinstance(wide, Always):
        return True
    if isinstance(narrow, Both):
        return any(covers(wide, arm) for arm in narrow.arms)
    if isinstance(wide, Both):
        return all(covers(arm, narrow) for arm in wide.arms)
    if isinstance(wide, Either):
        return any(covers(arm, narrow) for arm in wide.arms)
    if isinstance(wide, ErrorRatio) and isinstance(narrow, ErrorRatio):
        return _same_ratio(wide, narrow) and _inside(narrow, wide)
    return False


def said(condition: ErrorRatio | Tail) -> str:
    """The comparison in words."""
    if isinstance(condition, Tail):
        return f"p{condition.phi * 100:g} {condition.op} {condition.limit:g} s"
    return f"error ratio {condition.op} {condition.limit:.4g}"


def _unequal(condition: ErrorRatio, inside: bool) -> Condition:
    if abs(condition.limit) <= EPSILON:
        return ErrorRatio(condition.shape, condition.source, ">", 0.0)
    if inside and abs(condition.limit - 1) <= EPSILON:
        return ErrorRatio(condition.shape, condition.source, "<", 1.0)
    return Always(
        f"an error ratio is hardly ever {condition.limit:.4g}, so this nearly always holds"
    )


def _impossible(op: str, limit: float) -> str:
    if op in {">", ">="}:
        return f"it needs an error ratio {op} {limit:.4g}, and no more than all requests can fail"
    return f"it needs an error ratio {op} {limit:.4g}, and none is below 0"


def _meets(ratio: float, op: str, limit: float) -> bool:
    if abs(ratio - limit) <= EPSILON:
        return op in {">=", "<=", "=="}
    return {
        ">": ratio > limit,
        ">=": ratio > limit,
        "<": ratio < limit,
        "<=": ratio < limit,
        "!=": True,
        "==": False,
    }[op]


def _flat(arms: tuple[Condition, ...], kind: type[Both] | type[Either]) -> list[Condition]:
    flat: list[Condition] = []
    for arm in arms:
        flat.extend(arm.arms if isinstance(arm, kind) else (arm,))
    return list(dict.fromkeys(flat))


def _contradiction(arms: Sequence[Condition]) -> Never | None:
    """``ratio > 0.5 and ratio < 0.1``: the same ratio can't be both."""
    ratios = [arm for arm in arms if isinstance(arm, ErrorRatio)]
    for upper in ratios:
        for lower in ratios:
            if upper.op not in {"<", "<="} or lower.op not in {">", ">="}:
                continue
            if _same_ratio(upper, lower) and lower.limit > upper.limit - EPSILON:
                return Never(f"{said(lower)} and {said(upper)} can't both hold")
    return None


def _is_guard(condition: Condition) -> bool:
    return isinstance(condition, Always) and condition.guard


def _same_ratio(one: ErrorRatio, other: ErrorRatio) -> bool:
    return (
        one.source == other.source
        and one.shape.bad_statuses == other.shape.bad_statuses
        and one.shape.thresholds == other.shape.thresholds
    )


def _inside(narrow: ErrorRatio, wide: ErrorRatio) -> bool:
    """Whether the ratios that meet ``narrow`` all meet ``wide``."""
    rising = {">", ">="}
    if (narrow.op in rising) != (wide.op in rising):
        return False
    if abs(narrow.limit - wide.limit) <= EPSILON:
        return narrow.op == wide.op or wide.op in {">=", "<="}
    return (narrow.limit > wide.limit) is (narrow.op in rising)
