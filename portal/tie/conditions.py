"""When does an alert's expression have a result? A tree of comparisons says so.

Prometheus fires while the expression returns anything. So a filter (``> 0.1``) is a condition,
wherever in the expression it stands; a value without any filter is there all the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from portal.numbers import exact, number, quantile_name
from portal.promql import statuses
from portal.promql.events import CountedEvents, EventKind
from portal.promql.findings import Sli
from portal.promql.reading import Shape
from portal.tie.codes import TieCode

EPSILON = 1e-9
WHOLE_SERVICE = frozenset({"job", "instance"})
"""Labels that tell services apart, not parts of one."""
OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Always:
    """It holds whenever healthy traffic flows; ``guard`` marks a mere "there is traffic".

    ``bare``: nothing is compared, so ``why`` is all there is to say.

    ``needs`` are the requests that have to flow for it, good or bad (none for a constant); None:
    it takes more than that, for example that some of them are good.
    """

    why: str
    guard: bool = False
    needs: frozenset[CountedEvents] | None = None
    bare: bool = False


@dataclass(frozen=True)
class Never:
    """It never holds, whatever happens."""

    why: str


@dataclass(frozen=True)
class Unclear:
    """A comparison of something that is no SLI.

    ``firm``: that depends on what is the same on all days that alerts are tried on.
    """

    code: TieCode
    why: str
    firm: bool = False


@dataclass(frozen=True)
class EventSource:
    """The requests behind a value: the event sets, and labels that split them into parts.

    ``folds`` tell how several values became one: the worst path, the average of ten minutes.
    """

    events: frozenset[CountedEvents] = frozenset()
    split: frozenset[str] = frozenset()
    folds: tuple[str, ...] = ()

    def joined(self, other: EventSource) -> EventSource:
        """Both together."""
        split, folds = self.split | other.split, (*self.folds, *other.folds)
        return EventSource(self.events | other.events, split, folds)


@dataclass(frozen=True)
class ErrorRatio:
    """The error ratio (0..1) of an SLI compared with ``limit``: ``ratio op limit``."""

    shape: Shape
    source: EventSource
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
    source: EventSource
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
    """All arms hold; one that holds with the others says nothing, one that never does decides."""
    flat = _flat(arms, Both)
    for arm in flat:
        if isinstance(arm, Never):
            return arm
    told: list[Condition] = [arm for arm in flat if not isinstance(arm, Always)]
    if not told:
        return _all_of([arm for arm in flat if isinstance(arm, Always)])
    contradiction = _contradiction(told)
    if contradiction is not None:
        return contradiction
    told += [
        arm
        for arm in flat
        if isinstance(arm, Always) and not any(covers(arm, other) for other in told)
    ]
    return told[0] if len(told) == 1 else Both(tuple(told))


def either(*arms: Condition) -> Condition:
    """Some arm holds; an arm that always does decides, one that never does says nothing."""
    flat = _flat(arms, Either)
    if len(flat) == 1:
        return flat[0]
    for arm in flat:
        if isinstance(arm, Always):
            return arm
        if healthy_meets(arm) and gap(Either(tuple(flat))) is None:
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
        return Never(f"an error ratio is never {number(limit)}")
    if op == "!=":
        return _unequal(condition, inside)
    if low and high:
        every = f"every error ratio from 0 to 1 is {op} {number(limit)}, also with no errors"
        beyond = "a share is from 0 to 1, and its limit is beyond that (90 % is written 0.9)"
        return Always(every if inside else beyond, needs=condition.source.events)
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


def folded(condition: Condition, folds: tuple[str, ...]) -> Condition:
    """The condition on what a fold made of its values."""
    match condition:
        case ErrorRatio() | Tail():
            return replace(condition, source=condition.source.joined(EventSource(folds=folds)))
        case Both() | Either():
            return replace(condition, arms=tuple(folded(arm, folds) for arm in condition.arms))
    return condition


def healthy_meets(condition: Condition) -> bool:
    """Whether a service without a single error meets it: the comparison stands the wrong way."""
    match condition:
        case Always():
            return True
        case Tail(op=op):
            return op in {"<", "<="}
        case ErrorRatio():
            return _meets(0.0, condition.op, condition.limit)
        case Both():
            return all(healthy_meets(arm) for arm in condition.arms)
        case Either():
            return any(healthy_meets(arm) for arm in condition.arms)
    return False


def gap(condition: Condition) -> tuple[float, float, float] | None:
    """The error ratio above which it holds, and a span of greater ones at which it does not.

    All its windows see the same ratio, as they do while nothing changes. None where there is no
    such span, or more than one ratio is compared.
    """
    leaves = list(_leaves(condition))
    limits = {0.0, 1.0, *(leaf.limit for leaf in leaves if isinstance(leaf, ErrorRatio))}
    if len(limits) < 4 or not _one_ratio(leaves):
        return None
    points = sorted(limit for limit in limits if 0 <= limit <= 1)
    lowest = None
    for low, high in pairwise(points):
        if _holds_at(condition, (low + high) / 2):
            lowest = low if lowest is None else lowest
        elif lowest is not None:
            return lowest, low, high
    return None


def _leaves(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Both | Either):
        for arm in condition.arms:
            yield from _leaves(arm)
    else:
        yield condition


def _one_ratio(leaves: Sequence[Condition]) -> bool:
    shapes = {
        (leaf.shape.bad_statuses, leaf.shape.thresholds, leaf.source.split)
        for leaf in leaves
        if isinstance(leaf, ErrorRatio)
    }
    return len(shapes) == 1 and not any(isinstance(leaf, Unclear | Tail) for leaf in leaves)


def _holds_at(condition: Condition, ratio: float) -> bool:
    match condition:
        case ErrorRatio():
            return _meets(ratio, condition.op, condition.limit)
        case Both():
            return all(_holds_at(arm, ratio) for arm in condition.arms)
        case Either():
            return any(_holds_at(arm, ratio) for arm in condition.arms)
    return isinstance(condition, Always)


def covers(wide: Condition, narrow: Condition) -> bool:
    """Whether ``wide`` certainly holds whenever ``narrow`` does."""
    match wide, narrow:
        case Always(), _ if wide.needs == frozenset():
            return True
        case _, Either():
            return all(covers(wide, arm) for arm in narrow.arms)
        case Both(), _:
            return all(covers(arm, narrow) for arm in wide.arms)
        case Either(), _:
            return any(covers(arm, narrow) for arm in wide.arms)
        case _, Both():
            return any(covers(wide, arm) for arm in narrow.arms)
        case Always(), (ErrorRatio() | Tail()):
            return wide.needs is not None and _flow(wide.needs, narrow.source)
        case ErrorRatio(), ErrorRatio():
            return _same_ratio(wide, narrow) and _inside(narrow, wide)
        case Tail(), Tail():
            return wide == narrow
    return False


def counts_all(event: CountedEvents) -> bool:
    """Whether every request of the service is counted, good or bad, fast or slow."""
    whole = event.kind in {EventKind.REQUESTS, EventKind.COUNT} or "+Inf" in event.le
    return whole and event.statuses == statuses.ALL


def said(condition: Condition) -> str:
    """The comparison in words."""
    match condition:
        case Tail():
            return f"{quantile_name(condition.phi)} {condition.op} {exact(condition.limit)} s"
        case ErrorRatio():
            return f"error ratio {condition.op} {number(condition.limit)}"
        case Both() | Either():
            joint = " and " if isinstance(condition, Both) else " or "
            return joint.join(said(arm) for arm in condition.arms)
    return condition.why


def _unequal(condition: ErrorRatio, inside: bool) -> Condition:
    source = condition.source.joined(EventSource(folds=("or NaN",)))  # NaN is unequal to everything
    if abs(condition.limit) <= EPSILON:
        return ErrorRatio(condition.shape, source, ">", 0.0)
    if inside and abs(condition.limit - 1) <= EPSILON:
        return ErrorRatio(condition.shape, source, "<", 1.0)
    return Always(
        f"an error ratio is hardly ever {number(condition.limit)}, so this nearly always holds"
    )


def _impossible(op: str, limit: float) -> str:
    if op in {">", ">="}:
        return (
            f"it needs an error ratio {op} {number(limit)}, and no more than all requests can fail"
        )
    return f"it needs an error ratio {op} {number(limit)}, and none is below 0"


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
            if upper.source.split - WHOLE_SERVICE:
                continue  # one path may be bad while another is well
            if _same_ratio(upper, lower) and lower.limit > upper.limit - EPSILON:
                return Never(f"{said(lower)} and {said(upper)} can't both hold")
    return None


def _all_of(arms: Sequence[Always]) -> Always:
    """Several that all hold: the one that says most, with what each of them needs."""
    first = next((arm for arm in arms if not arm.guard), arms[0])
    needs = [arm.needs for arm in arms]
    known = [need for need in needs if need is not None]
    together: frozenset[CountedEvents] = frozenset().union(*known)
    return replace(first, needs=together if len(known) == len(needs) else None)


def _flow(needs: frozenset[CountedEvents], source: EventSource) -> bool:
    """Whether these requests certainly flow while a ratio of the source's has a value."""
    if source.folds:
        return False
    reach = max(_reach(event) for event in source.events)
    return all(
        need in source.events
        or (
            counts_all(need)
            and _reach(need) >= reach
            and any(
                need.scope <= event.scope and need.offset == event.offset for event in source.events
            )
        )
        for need in needs
    )


def _reach(event: CountedEvents) -> float:
    """How far back requests are counted, in seconds; 0 for a raw count."""
    return sum(seconds for _, seconds in event.stages)


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
