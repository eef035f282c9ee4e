"""Trying expressions on the invented days: which can be tried, and what they answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from portal.promql.context import Context
from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, parse
from portal.shop import DURATIONS, REQUESTS
from portal.trial.days import DAYS, SAMPLES, Day, Moment, Pacing, day_of, laid_out, pacing
from portal.trial.engine import TrialEngine
from portal.trial.evidence import TrialEvidence
from portal.trial.reach import DEFAULT_STEP_S, Reach, reach
from portal.trial.scene import Scene, TrialAnswer, TrialQuestion
from portal.trial.setting import Setting, setting
from portal.trial.sight import Sight, sights
from portal.trial.traffic import shared
from portal.trial.world import World

COMPARING = frozenset({"/", "*", "^", "%", "histogram_quantile", "histogram_fraction"})
"""Without one of these nothing is a share or a quantile."""
TOGETHER = 30
"""As many expressions share a scene; where they are looked at for a picture, half of them."""
RULES_EVERY_S = 15.0
LEAST_GAP = 1e-6
MOST_BETWEEN = 12
"""Days that an expression gets for its own limits."""
ELSEWHERE = shared(15, 0.37)
"""What others are asked, where an expression limits itself to one job or target."""


@dataclass(frozen=True)
class Attempt:
    """An expression that can be tried, with all it needs.

    ``between``: shares that lie between its limits, each of which gets a day.
    """

    expr: str
    tree: Expr
    reach: Reach
    setting: Setting
    pacing: Pacing
    between: tuple[float, ...] = ()

    @property
    def stage(self) -> tuple[object, ...]:
        """Attempts of one stage share a timeline."""
        world = replace(self.setting.world, metrics=frozenset(), own_counters=())
        clock = self.reach.reads_clock
        rules = tuple(sorted((rule.name, rule.expr) for rule in self.reach.rules))
        return self.pacing, world, self.setting.shared, rules, clock, self.between


def attempt(expr: str, context: Context) -> Attempt | None:
    """The expression as it can be tried; None where it can't be read."""
    try:
        tree = parse(expr)
    except ParseError:
        return None
    found = reach(tree, context.rules)
    made = setting(found, context)
    paced = pacing(found, made.world, evaluation_s(found, context))
    return Attempt(expr, tree, found, made, paced, between(found))


def between(found: Reach) -> tuple[float, ...]:
    """Bad shares halfway between two limits, in whatever unit these are; few at most.

    A filter with one limit shows on the days of all; with several it may leave out what lies
    between two, and no day has just that.
    """
    if len(found.limits) < 2:
        return ()
    budgets = {abs(whole - n) for n in found.numbers - found.limits for whole in (0, 1) if n < 1}
    units = sorted({1.0, 100.0, *(1 / budget for budget in budgets if budget > LEAST_GAP)})
    halves = [
        (low + high) / 2 / unit for unit in units for low, high in pairwise(sorted(found.limits))
    ]
    shares = {share for half in halves for share in (half, 1 - half)}
    return tuple(share for share in sorted(shares) if LEAST_GAP < share < 1)[:MOST_BETWEEN]


def evaluation_s(found: Reach, context: Context) -> float:
    """How often recording rules are evaluated, and subqueries that name no step."""
    if not found.rules:
        return max(context.scrape_interval_s, DEFAULT_STEP_S)
    wanted = min(max(RULES_EVERY_S, found.back_s / SAMPLES), found.shortest_s / 4, DEFAULT_STEP_S)
    return max(context.scrape_interval_s, wanted)


def can_be_tried(one: Attempt) -> bool:
    """Whether the days decide about it."""
    return bool(one.reach.functions & COMPARING) and can_be_drawn(one)


def can_be_drawn(one: Attempt) -> bool:
    """Whether the days say anything about it: of what is no share, how far it is from one."""
    world = one.setting.world
    counted = bool(world.metrics & {REQUESTS, DURATIONS}) or bool(world.own_counters)
    return (
        counted
        and not one.setting.strange
        and not one.setting.why_not
        and not one.reach.unreadable
        and not is_native(one)
    )


def is_native(one: Attempt) -> bool:
    """Whether it reads a native histogram, which promtool can't write before 3.0."""
    return DURATIONS in one.reach.metrics


def evidence(
    attempts: Iterable[Attempt], context: Context, engine: TrialEngine, *, drawn: bool = False
) -> dict[str, TrialEvidence]:
    """What each expression answered on the days; those that can't be tried are left out.

    ``drawn``: they are looked at more often, so that the days can be drawn.
    """
    most = TOGETHER // 2 if drawn else TOGETHER
    stages: dict[tuple[object, ...], list[Attempt]] = {}
    for one in attempts:
        if can_be_drawn(one):
            stages.setdefault(one.stage, []).append(one)
    played = [
        _Round.of(group[start : start + most], context, drawn)
        for group in stages.values()
        for start in range(0, len(group), most)
    ]
    scenes = [scene for play in played for scene in play.scenes]
    said = iter(engine.answers(scenes, engine.limits.queries))
    return {
        expr: found
        for play in played
        for expr, found in play.evidence([next(said) for _ in play.scenes])
    }


@dataclass(frozen=True)
class _Round:
    """Expressions that are tried together: on one timeline, or on one for each day."""

    attempts: Sequence[Attempt]
    moments: Sequence[Sequence[Moment]]
    sights: Sequence[Sequence[Sight]]
    scenes: Sequence[Scene]

    @classmethod
    def of(cls, group: Sequence[Attempt], context: Context, drawn: bool) -> _Round:
        first = group[0]
        world = _world([one.setting.world for one in group])
        worlds = [replace(world, epoch_s=date) for date in first.reach.dates]
        days = _days(first.setting.shared, first.between)
        lots = [(day,) for day in days] if first.pacing.apart else [days]
        laid = [laid_out(lot, world, first.pacing) for world in worlds for lot in lots]
        drawn_days = [sights(lot, world, first.pacing) if drawn else () for lot in lots]
        seen = drawn_days + [()] * (len(laid) - len(lots))  # at the first date alone
        every = evaluation_s(first.reach, context)
        scenes = [
            Scene(
                first.pacing.step_s,
                timeline.series(),
                tuple(
                    TrialQuestion(one.expr, at_s + one.reach.offset_s)
                    for one in group
                    for at_s in _asked_s(moments, looked_at)
                ),
                first.reach.rules,
                every,
                timeline.world.epoch_s,
            )
            for (timeline, moments), looked_at in zip(laid, seen, strict=True)
        ]
        return cls(group, [moments for _, moments in laid], seen, scenes)

    def evidence(
        self, said: Sequence[Sequence[TrialAnswer]]
    ) -> Iterator[tuple[str, TrialEvidence]]:
        """Each expression's answers."""
        moments = [moment for lot in self.moments for moment in lot]
        seen = [sight for lot in self.sights for sight in lot]
        for number, one in enumerate(self.attempts):
            mine, glances = [], []
            for lot, looked_at, heard in zip(self.moments, self.sights, said, strict=True):
                count = len(_asked_s(lot, looked_at))
                own = iter(heard[number * count : (number + 1) * count])
                mine += [next(own) for _ in lot]
                glances += [[next(own) for _ in sight.looks_s] for sight in looked_at]
            yield (
                one.expr,
                TrialEvidence(one.setting.world, one.reach, moments, mine, seen, glances),
            )


def _asked_s(moments: Iterable[Moment], seen: Iterable[Sight]) -> list[float]:
    """The seconds at which an expression is asked: for the verdict, then for the pictures."""
    verdict = [moment.at_s for moment in moments]
    return verdict + [at_s for sight in seen for at_s in sight.looks_s]


def _world(worlds: Sequence[World]) -> World:
    """One world with the series of all."""
    metrics = frozenset().union(*(world.metrics for world in worlds))
    own = dict.fromkeys(counter for world in worlds for counter in world.own_counters)
    return replace(worlds[0], metrics=metrics, own_counters=tuple(own))


def _days(with_others: bool, between: Sequence[float]) -> Sequence[Day]:
    days = (*DAYS[:-1], *map(day_of, between), DAYS[-1])  # the busiest stays the last
    return tuple(map(_with_others, days)) if with_others else days


def _with_others(day: Day) -> Day:
    return replace(day, parts=tuple(replace(part, elsewhere=ELSEWHERE) for part in day.parts))
