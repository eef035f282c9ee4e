"""Is a condition tied to an SLO?

With θ the limit as an error ratio, ``f = θ / (1 - objective)`` is the burn rate at which the alert
fires. Between 0.9 and 20 the limit follows from the objective: 14.4, 6, 3 and 1 are the
*Site Reliability Workbook*'s (chapter 5), 1 is the objective itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.numbers import exact, limit_percent, number, quantile_name
from portal.promql.events import EventKind
from portal.promql.findings import Sli
from portal.promql.nodes import Matcher, MatchOp
from portal.promql.patterns import fully_matches
from portal.promql.statuses import SERVER_ERRORS, spoken
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import alert_pairs
from portal.tie.codes import TieCode
from portal.tie.conditions import (
    WHOLE_SERVICE,
    Always,
    Both,
    Condition,
    Either,
    ErrorRatio,
    EventSource,
    Never,
    Tail,
    Unclear,
    gap,
    healthy_meets,
    said,
)

LEAST_FACTOR = 0.9
GREATEST_FACTOR = 20.0
TOLERANCE = 1e-9
EARLY = "it fires before the objective is in danger"
_ANSWERS = frozenset(range(200, 600))


@dataclass(frozen=True)
class Judgement:
    """The code, a sentence, and where it applies the limit θ and the factor f.

    ``advice`` is what to do with an alert that is tied and could be better; ``related`` is false
    when alert and SLO are about different things (latency, availability). ``firm``: no trial can
    speak against it.
    """

    code: TieCode
    reason: str
    limit: float | None = None
    factor: float | None = None
    advice: str = ""
    related: bool = True
    firm: bool = False


def judge(condition: Condition, slo: SLO) -> Judgement:
    """What an alert that fires on the condition is worth for an SLO."""
    match condition:
        case Always(bare=True):
            return Judgement(TieCode.ALWAYS_FIRES, _capital(condition.why))
        case Always():
            return Judgement(TieCode.ALWAYS_FIRES, f"It fires while all is well: {condition.why}.")
        case Never():
            return Judgement(TieCode.NEVER_FIRES, f"It can never fire: {condition.why}.")
        case Unclear():
            return Judgement(condition.code, _capital(condition.why), firm=condition.firm)
        case ErrorRatio():
            return _ratio(condition, slo)
        case Tail():
            return _tail(condition, slo)
        case Both():
            return _all([judge(arm, slo) for arm in condition.arms])
        case Either() if healthy_meets(condition):
            return silenced(condition) or _any([judge(arm, slo) for arm in condition.arms])
        case Either():
            return _any([judge(arm, slo) for arm in condition.arms])


def silenced(condition: Condition) -> Judgement | None:
    """Why it guards nothing: it is silent at some error ratios above those at which it fires.

    The rungs of a ladder may stand on both sides of a narrow gap. None where it has none.
    """
    missed = gap(condition)
    if missed is None:
        return None
    fires, low, high = map(limit_percent, missed)
    when = f"when more than {fires} of the requests are bad"
    when = "while no request is bad" if healthy_meets(condition) else when
    return _not(f"It fires {when}, and stays silent while between {low} and {high} are.")


def exact_limit(condition: Condition) -> float | None:
    """The error ratio above which the condition holds, as far as it can be read; None: it can't."""
    match condition:
        case ErrorRatio() if not healthy_meets(condition) and condition.op != "==":
            return condition.limit
        case Tail(op=">" | ">="):
            return 1 - condition.phi
        case Both():
            return max(_limits(condition), default=None)
        case Either():
            return min(_limits(condition), default=None)
    return None


def _limits(condition: Both | Either) -> list[float]:
    return [limit for arm in condition.arms if (limit := exact_limit(arm)) is not None]


def _all(arms: list[Judgement]) -> Judgement:
    """``and`` needs all of its sides, so the laxest limit counts."""
    limited = [arm for arm in arms if arm.factor is not None and arm.code is not TieCode.INVERTED]
    if limited:
        return max(limited, key=lambda arm: arm.factor or 0.0)
    return max(arms, key=lambda arm: arm.code.rank)


def _any(arms: list[Judgement]) -> Judgement:
    """``or`` needs one of its sides, so the strictest limit counts."""
    limited = [arm for arm in arms if arm.factor is not None and arm.code is not TieCode.INVERTED]
    if limited:
        return min(limited, key=lambda arm: arm.factor or 0.0)
    return max(arms, key=lambda arm: arm.code.rank)


def is_usual(factor: float, slo: SLO) -> bool:
    """Whether the factor is one of those that belong to the SLO's own window."""
    return any(_near(factor, pair.factor, 1e-3) for pair in alert_pairs(slo.window))


def _foreign(source: EventSource, sli: Sli, slo: SLO) -> Judgement | None:
    """Why these are not the SLO's events, if they aren't."""
    what = SLIKind.AVAILABILITY if sli is Sli.AVAILABILITY else SLIKind.LATENCY
    if what is not slo.sli:
        reason = f"It is about {what}, and {slo.name} is about {slo.sli}."
        return Judgement(TieCode.NOT_AN_SLI, reason, related=False)
    if any(event.kind is EventKind.ERRORS for event in source.events):
        names = ", ".join(sorted(e.metric for e in source.events if e.kind is EventKind.ERRORS))
        return _not(f"{names} is another metric than the SLO's, so the two can disagree.")
    if any(event.offset != (0.0, None) for event in source.events):
        return _not("It looks at another time than now (offset or @).")
    part = _part(source)
    if part:
        return _not(f"It looks at a part of the service ({part}); the SLO counts all requests.")
    return None


def _other_service(source: EventSource, slo: SLO) -> Judgement | None:
    jobs = [m for event in source.events for m in event.scope if m.label == "job"]
    if not all(_selects(matcher, slo.job) for matcher in jobs):
        seen = ", ".join(sorted({str(matcher) for matcher in jobs}))
        return Judgement(
            TieCode.OTHER_SERVICE, f"It watches {seen}; {slo.name} is about {slo.job}."
        )
    return None


def _part(source: EventSource) -> str:
    """The conditions and labels that single out a part of a service's requests."""
    matchers = {m for event in source.events for m in event.scope}
    narrow = [str(m) for m in sorted(matchers) if m.label not in WHOLE_SERVICE]
    pinned = {m.label for m in matchers if m.op is MatchOp.EQUAL}
    parts = sorted(source.split - WHOLE_SERVICE - pinned)
    return ", ".join([*narrow, *(f"each {label} by itself" for label in parts)])


def _ratio(condition: ErrorRatio, slo: SLO) -> Judgement:
    return (
        _foreign(condition.source, condition.sli, slo)
        or _other_events(condition, slo)
        or _other_service(condition.source, slo)
        or _other_bucket(condition, slo)
        or _limit(condition, slo)
    )


def _other_events(condition: ErrorRatio, slo: SLO) -> Judgement | None:
    shape = condition.shape
    missing = _ANSWERS - shape.total
    if missing:
        return _not(f"It leaves {spoken(missing)} out of the total; the SLO counts all requests.")
    if slo.threshold_s is None:
        if shape.bad_statuses & _ANSWERS <= SERVER_ERRORS:
            return None
        bad = spoken(shape.bad_statuses & _ANSWERS)
        return _not(f"It counts {bad} as bad; the SLO counts 5xx.")
    if shape.bad_statuses:
        return _not(f"It counts {spoken(shape.bad_statuses)} as slow; the SLO looks at time only.")
    return None


def _other_bucket(condition: ErrorRatio, slo: SLO) -> Judgement | None:
    if slo.threshold_s is None:
        return None
    return _other_threshold(condition.shape.thresholds[0], slo.threshold_s, slo)


def _other_threshold(found_s: float, wanted_s: float, slo: SLO) -> Judgement | None:
    if _near(found_s, wanted_s, TOLERANCE):
        return None
    return Judgement(
        TieCode.OTHER_THRESHOLD,
        f"Its threshold is {exact(found_s)} s; {slo.name} promises {exact(wanted_s)} s.",
    )


def _limit(condition: ErrorRatio, slo: SLO) -> Judgement:
    if healthy_meets(condition):
        return Judgement(
            TieCode.INVERTED,
            f"It fires while all is well and falls silent when requests fail ({said(condition)}): "
            "the comparison stands the wrong way round.",
            condition.limit,
        )
    return _factor(condition, slo)


def _factor(condition: ErrorRatio, slo: SLO) -> Judgement:
    if condition.op == "==":
        limit, factor = condition.limit, condition.limit / slo.error_budget
        reason = (
            f"It needs an error ratio of exactly {limit_percent(limit)}, which hardly ever happens."
        )
        return Judgement(TieCode.TOO_LAX, reason, limit, factor)
    return by_limit(condition.limit, slo)


def by_limit(limit: float, slo: SLO) -> Judgement:
    """What an alert is worth that fires above an error ratio of the SLO's SLI."""
    factor = limit / slo.error_budget
    arithmetic = f"{limit_percent(limit)} / {limit_percent(slo.error_budget)} = {number(factor)}"
    if factor > GREATEST_FACTOR + TOLERANCE:
        reason = (
            f"It fires at a burn rate of {number(factor)} ({arithmetic}): by then the budget of "
            f"{slo.name} is nearly gone. A limit up to {exact(GREATEST_FACTOR)} times the budget "
            "guards it."
        )
        return Judgement(TieCode.TOO_LAX, reason, limit, factor)
    if factor < LEAST_FACTOR - TOLERANCE:
        reason = (
            f"It watches the SLI of {slo.name} at a burn rate of {number(factor)} "
            f"({arithmetic}): {EARLY}."
        )
        return Judgement(TieCode.STRICTER, reason, limit, factor, let_it_wait(slo))
    reason = (
        f"It fires when {slo.name} burns its budget at more than {times(factor)} rate "
        f"that the objective allows ({arithmetic})."
    )
    return Judgement(TieCode.TIED, reason, limit, factor)


def _tail(condition: Tail, slo: SLO) -> Judgement:
    """``quantile(φ) > T`` says that more than ``1 - φ`` of the requests are slower than T."""
    foreign = (
        _foreign(condition.source, Sli.LATENCY, slo)
        or _other_service(condition.source, slo)
        or _other_threshold(condition.limit, slo.threshold_s or 0.0, slo)
    )
    if foreign is not None:
        return foreign
    limit = 1 - condition.phi
    factor = limit / slo.error_budget
    if healthy_meets(condition):
        reason = f"It fires while requests are fast ({said(condition)})."
        return Judgement(TieCode.INVERTED, reason, limit, factor)
    if condition.op not in {">", ">="}:
        reason = f"An exact comparison of a time ({said(condition)}) hardly ever holds."
        return Judgement(TieCode.TOO_LAX, reason, limit, factor)
    quantile = quantile_name(condition.phi)
    if _near(condition.phi, slo.objective, TOLERANCE):
        reason = f"While {quantile} is above {exact(condition.limit)} s, {slo.name} is missed."
        return Judgement(TieCode.TIED, reason, limit, factor)
    found = by_limit(limit, slo)
    means = (
        f"While {quantile} is above {exact(condition.limit)} s, more than {limit_percent(limit)} "
        "of the requests are slower."
    )
    return replace(found, reason=f"{means} {found.reason}")


def times(factor: float) -> str:
    """``14.4 times the``, and for once just ``the``."""
    shown = number(factor)
    return "the" if shown == "1" else f"{shown} times the"


def let_it_wait(slo: SLO) -> str:
    """The advice for an alert that fires too early."""
    return (
        f"Let it wait until {limit_percent(slo.error_budget)} of the requests are bad, as many as "
        f"{slo.name} allows."
    )


def _not(reason: str) -> Judgement:
    return Judgement(TieCode.NOT_AN_SLI, reason)


def _selects(matcher: Matcher, value: str) -> bool:
    if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
        return (matcher.value == value) is (matcher.op is MatchOp.EQUAL)
    found = fully_matches(matcher.value, [value])
    return found is not None and bool(found) is (matcher.op is MatchOp.MATCHES)


def _near(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * max(abs(one), abs(other))


def _capital(sentence: str) -> str:
    text = sentence[:1].upper() + sentence[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
