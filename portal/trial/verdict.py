"""What an expression shows, by reading it and by trying it; where they differ the trial decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from portal.promql import statuses
from portal.promql.classify import classify, constant
from portal.promql.context import Context, RecordingRule
from portal.promql.findings import Code, Finding, Indicator, Sli, nothing
from portal.promql.findings import Measure as Said
from portal.promql.nodes import Aggregation, Binary, Call, Expr, Negation, Subquery
from portal.promql.parser import ParseError, parse
from portal.shop import DURATIONS
from portal.trial.days import DAYS, Day, Moment, Pacing, laid_out, pacing
from portal.trial.engine import answers
from portal.trial.judgement import Evidence, Shown, Surprise, judge, surprise
from portal.trial.measure import Quantile, Share, Under
from portal.trial.reach import DEFAULT_STEP_S, Reach, reach
from portal.trial.scene import Answer, Question, Scene
from portal.trial.setting import Setting, setting
from portal.trial.traffic import shared
from portal.trial.world import World

READ_ONLY = frozenset({Code.NO_QUERY, Code.UNPARSED, Code.RANGE_VECTOR, Code.RULE_CYCLE})
"""What the reading says and no trial can answer."""
COMPARING = frozenset({"/", "*", "^", "%", "histogram_quantile", "histogram_fraction"})
"""Without one of these nothing is a share or a quantile."""
RULES_EVERY_S = 15.0
MAX_SHIFT_S = 6 * 3600.0
ELSEWHERE = shared(15, 0.37)


@dataclass(frozen=True)
class Attempt:
    """An expression that can be tried, with all it needs."""

    expr: str
    tree: Expr
    reach: Reach
    setting: Setting
    pacing: Pacing

    @property
    def stage(self) -> tuple[object, ...]:
        """Attempts of one stage share a timeline."""
        world = replace(self.setting.world, metrics=frozenset(), own_counters=())
        rules = tuple(sorted((rule.name, rule.expr) for rule in self.reach.rules))
        return self.pacing, world, self.setting.shared, rules


def findings(exprs: Sequence[str], context: Context | None = None) -> dict[str, Finding]:
    """Each expression's finding; never raises."""
    context = context or Context()
    read = {expr: classify(expr, context) for expr in dict.fromkeys(exprs)}
    attempts = {expr: attempt(expr, context) for expr in read if _worth_trying(read[expr])}
    tried = evidence([one for one in attempts.values() if one is not None], context)
    return {
        expr: _decided(finding, attempts.get(expr), tried.get(expr), context)
        for expr, finding in read.items()
    }


def _worth_trying(finding: Finding) -> bool:
    return finding.code not in READ_ONLY


def attempt(expr: str, context: Context) -> Attempt | None:
    """The expression as it can be tried; None where it can't be read."""
    try:
        tree = parse(expr)
    except ParseError:
        return None
    found = reach(tree, context.rules)
    made = setting(found, context)
    return Attempt(expr, tree, found, made, pacing(found, made.world, evaluation_s(found, context)))


def evaluation_s(found: Reach, context: Context) -> float:
    """How often recording rules are evaluated, and subqueries that name no step."""
    wanted = min(RULES_EVERY_S, found.shortest_s / 4) if found.rules else DEFAULT_STEP_S
    return max(context.scrape_interval_s, wanted)


def can_be_tried(one: Attempt) -> bool:
    """Whether the days say anything about it."""
    world = one.setting.world
    counted = bool(world.metrics & {"http_requests_total", DURATIONS}) or bool(world.own_counters)
    return (
        counted
        and bool(one.reach.functions & COMPARING)
        and not one.setting.strange
        and not one.setting.why_not
        and not one.reach.unreadable
        and not is_native(one)
    )


def is_native(one: Attempt) -> bool:
    """Whether it reads a native histogram, which promtool can't write before 3.0."""
    return DURATIONS in one.reach.metrics


def evidence(attempts: Iterable[Attempt], context: Context) -> dict[str, Evidence]:
    """What each expression answered on the days; those that can't be tried are left out."""
    stages: dict[tuple[object, ...], list[Attempt]] = {}
    for one in attempts:
        if can_be_tried(one):
            stages.setdefault(one.stage, []).append(one)
    played = [_Play.of(group, context) for group in stages.values()]
    said = iter(answers([scene for play in played for scene in play.scenes]))
    return {
        expr: found
        for play in played
        for expr, found in play.evidence([next(said) for _ in play.scenes])
    }


@dataclass(frozen=True)
class _Play:
    """Expressions that are tried together: on one timeline, or on one for each day."""

    attempts: Sequence[Attempt]
    moments: Sequence[Sequence[Moment]]
    scenes: Sequence[Scene]

    @classmethod
    def of(cls, group: Sequence[Attempt], context: Context) -> _Play:
        first = group[0]
        world = _world([one.setting.world for one in group])
        days = _days(first.setting.shared)
        lots = [(day,) for day in days] if first.pacing.apart else [days]
        laid = [laid_out(lot, world, first.pacing) for lot in lots]
        every = evaluation_s(first.reach, context)
        scenes = [
            Scene(
                first.pacing.step_s,
                timeline.series(),
                tuple(
                    Question(one.expr, moment.at_s + one.reach.offset_s)
                    for one in group
                    for moment in moments
                ),
                first.reach.rules,
                every,
            )
            for timeline, moments in laid
        ]
        return cls(group, [moments for _, moments in laid], scenes)

    def evidence(self, said: Sequence[Sequence[Answer]]) -> Iterator[tuple[str, Evidence]]:
        """Each expression's answers."""
        moments = [moment for lot in self.moments for moment in lot]
        for number, one in enumerate(self.attempts):
            mine = [
                answer
                for lot, answers in zip(self.moments, said, strict=True)
                for answer in answers[number * len(lot) : (number + 1) * len(lot)]
            ]
            yield one.expr, Evidence(one.setting.world, one.reach, moments, mine)


def _world(worlds: Sequence[World]) -> World:
    """One world with the series of all."""
    metrics = frozenset().union(*(world.metrics for world in worlds))
    own = dict.fromkeys(counter for world in worlds for counter in world.own_counters)
    return replace(worlds[0], metrics=metrics, own_counters=tuple(own))


def _days(with_others: bool) -> Sequence[Day]:
    return tuple(map(_with_others, DAYS)) if with_others else DAYS


def _with_others(day: Day) -> Day:
    return replace(day, parts=tuple(replace(part, elsewhere=ELSEWHERE) for part in day.parts))


# Reading and trial together


def _decided(
    read: Finding, one: Attempt | None, tried: Evidence | None, context: Context
) -> Finding:
    if one is None or read.code in READ_ONLY:
        return read
    if tried is None:
        return _untried(read, one)
    trouble = next((answer.untried for answer in tried.answers if answer.untried), "")
    if trouble:
        return nothing(Code.UNTRIED, trouble)
    error = next((answer.error for answer in tried.answers if answer.error), "")
    if error:
        return _refused(read, error)
    phis = tuple(_phis(one, context))
    shown = judge(tried, phis)
    if shown is None:
        return _surprised(read, surprise(tried, phis, read.sli) if read.sli else None, one)
    if read.sli is shown.measure.sli:
        return read
    return built(shown, one)


def _untried(read: Finding, one: Attempt) -> Finding:
    """The reading alone."""
    if read.sli is None:
        return read
    if one.setting.strange:
        names = ", ".join(sorted(one.setting.strange))
        return nothing(Code.OTHER_METRIC, f"It is {names}.")
    why = "a native histogram" if is_native(one) else one.setting.why_not
    if is_native(one) or why:
        return replace(read, reason=f"{read.reason} (Read, not tried: {why}.)")
    return read


def _refused(read: Finding, error: str) -> Finding:
    many = "many-to-many" in error or "duplicate" in error
    return nothing(Code.MANY_TO_MANY if many else Code.INVALID, f"It says: {error}.")


def _surprised(read: Finding, found: Surprise | None, one: Attempt) -> Finding:
    if read.sli is None:
        return read
    if any(not at.startswith("End") for at in one.reach.fixed):
        return nothing(Code.CONSTANT, "It looks at one fixed moment (@), whatever happens now.")
    if found is None:
        return nothing(Code.SURPRISE, "On no day that we tried it on did it show a share.")
    return replace(nothing(Code.SURPRISE, sentence(found)))


def sentence(found: Surprise) -> str:
    """The surprising day in words."""
    return (
        f"On the day on which {found.moment.day.name} it {_seen(found)}; "
        f"{_expected(found)} would have been true."
    )


def _seen(found: Surprise) -> str:
    if found.seen is None or found.seen != found.seen:
        return "showed nothing"
    return f"showed {_number(found.seen, found.shown)}"


def _expected(found: Surprise) -> str:
    low, high = _number(found.low, found.shown), _number(found.high, found.shown)
    return low if low == high else f"something between {low} and {high}"


def _number(value: float, shown: Shown) -> str:
    if isinstance(shown.measure, Quantile):
        return f"{value / shown.affine.slope:.3g} s"
    full = shown.affine.zero or abs(shown.affine.slope)
    return f"{100 * value / full:.4g} %" if full in (1.0, 100.0) else f"{value:.4g}"


def _phis(one: Attempt, context: Context) -> Iterator[float]:
    """The quantiles that the expression asks for, in its rules as well."""
    trees = [one.tree, *(tree for rule in one.reach.rules for tree in _tree(rule))]
    for tree in trees:
        for call in _calls(tree):
            if call.function == "histogram_quantile" and call.args:
                phi = constant(call.args[0], context)
                if phi is not None and 0 < phi < 1:
                    yield phi


def _tree(rule: RecordingRule) -> Iterator[Expr]:
    try:
        yield parse(rule.expr)
    except ParseError:
        return


def _calls(expr: Expr) -> Iterator[Call]:
    match expr:
        case Call():
            yield expr
            for arg in expr.args:
                yield from _calls(arg)
        case Binary():
            yield from _calls(expr.left)
            yield from _calls(expr.right)
        case Aggregation():
            yield from _calls(expr.expr)
        case Negation() | Subquery():
            yield from _calls(expr.expr)


# A finding from the trial alone


def built(shown: Shown, one: Attempt) -> Finding:
    """The finding for what the trial showed and the reading did not see."""
    measure, affine = shown.measure, shown.affine
    indicator = Indicator(
        measure.sli,
        _said(shown),
        scale=abs(affine.slope),
        statuses=_bad(measure),
        thresholds=_thresholds(shown, one.setting.world),
        quantile=measure.phi if isinstance(measure, Quantile) else None,
        windows_s=(one.reach.shortest_s,) if one.reach.shortest_s else (),
        offset_s=one.reach.offset_s,
    )
    code, reason = _words(shown, indicator)
    return Finding(measure.sli, code, reason, "", indicator)


def _said(shown: Shown) -> Said:
    if isinstance(shown.measure, Quantile):
        return Said.QUANTILE
    if shown.affine.zero:
        return Said.BUDGET_LEFT
    return Said.GOOD if shown.measure.good else Said.BAD


def _bad(measure: object) -> frozenset[int]:
    """The bad statuses, whole classes where the days have one of each."""
    if not isinstance(measure, Share):
        return frozenset()
    found = frozenset({500}) if 503 not in measure.bad else statuses.SERVER_ERRORS
    return found | (statuses.CLIENT_ERRORS if 404 in measure.bad else frozenset())


def _thresholds(shown: Shown, world: World) -> tuple[float, ...]:
    places = shown.measure.places if isinstance(shown.measure, Under) else ()
    return tuple(world.bounds[place][1] for place in places)


def _words(shown: Shown, indicator: Indicator) -> tuple[Code, str]:
    measure, said = shown.measure, indicator.measure
    if isinstance(measure, Quantile):
        return Code.QUANTILE, f"Latency: {100 * measure.phi:.5g} % of the requests are faster."
    latency = measure.sli is Sli.LATENCY
    kind = "Latency" if latency else "Availability"
    if shown.windows:
        code = Code.BUCKET_SHARE if latency else Code.GOOD_RATIO
        return code, f"{kind}: the share of time in which a limit was kept."
    what = {
        Said.GOOD: "the share of requests that were fast" if latency else "the share of requests that went well",
        Said.BAD: "the share of requests that were slow" if latency else "the share of requests that failed",
        Said.BUDGET_LEFT: "how much of the error budget is left",
    }[said]
    code = {Said.GOOD: Code.GOOD_RATIO, Said.BAD: Code.BAD_RATIO}.get(said, Code.BUDGET_LEFT)
    if latency and said is not Said.BUDGET_LEFT:
        code = Code.BUCKET_SHARE if len(indicator.thresholds) < 2 else Code.APDEX
    return code, f"{kind}: {what}."
