"""Trying alerts: each climbs the ladder of each SLO and lives through the days beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil

from portal.promql.context import RecordingRule
from portal.promql.events import passing
from portal.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Negation,
    Subquery,
)
from portal.promql.parser import ParseError, parse
from portal.shop import DURATIONS, REQUESTS, SCRAPE_INTERVAL_S
from portal.trial.days import LATE
from portal.trial.distraction import CALM, DISTRACTIONS, IDLE, OTHER_JOB, Distraction
from portal.trial.engine import TrialLimits, answers
from portal.trial.ladder import DENSE, RATE, Allowance, LadderStep, Surge, Trouble, Way, mixed
from portal.trial.reach import Reach, reach
from portal.trial.scene import AlertingRule, Answer, Question, Scene, Series
from portal.trial.timeline import Stage, Timeline, selector
from portal.trial.traffic import shared
from portal.trial.world import USUAL, World

HELD_S = 300.0
"""How long a rung is held at least."""
EVALUATION_S = 15.0
SELDOM_S = 60.0
"""Between two evaluations of rules, where no window is short."""
MOST_STEPS = 1500
PROCESSOR = "process_cpu_seconds_total"
FAMILIES = {
    REQUESTS: REQUESTS,
    **{f"{DURATIONS}_{part}": DURATIONS for part in ("bucket", "count", "sum")},
}
SHOP = frozenset({*FAMILIES, DURATIONS, *USUAL, "up", PROCESSOR})
"""The metrics of the lab that days are invented for."""
CLOCK = frozenset(
    {"hour", "minute", "day_of_week", "day_of_month", "day_of_year", "month", "year"}
    | {"days_in_month"}
)
WAITS = 4
"""Evaluations that a `for` lasts at most while a label's value is watched."""
RAMP = tuple(0.93 + 0.003 * number for number in range(24))
"""Shares of bad requests that grow from one evaluation to the next, above every limit."""
LIMITS = TrialLimits(wall_s=20.0, total_s=30.0)
LABELLED, PLAIN = "Labelled", "Plain"
RULE_FAILS = "the rule "


@dataclass(frozen=True)
class AlertAttempt:
    """An alert's expression as it is tried; ``tree`` is ``expr``, parsed.

    ``rules``: recording rules by name. ``labels``: those of its own labels that hold a template.
    """

    expr: str
    tree: Expr
    rules: Mapping[str, tuple[RecordingRule, ...]] = field(default_factory=dict)
    labels: tuple[tuple[str, str], ...] = ()
    for_s: float = 0.0

    @cached_property
    def reach(self) -> Reach:
        """What it reads, and how far back."""
        return reach(self.tree, self.rules)

    @cached_property
    def strange(self) -> frozenset[str]:
        """Metrics that are not the lab's."""
        recorded = {rule.name for rule in self.reach.rules}
        return self.reach.metrics - recorded - SHOP

    @cached_property
    def rule_key(self) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
        """The recording rules that it needs, to be compared."""
        return tuple((r.name, r.expr, tuple(sorted(r.labels.items()))) for r in self.reach.rules)

    @property
    def is_strange(self) -> bool:
        """Whether all that it reads is not the lab's."""
        return bool(self.strange) and not self.reach.metrics & SHOP

    @property
    def untriable(self) -> str:
        """Why the days say nothing about it, in words; "" where they do."""
        found = self.reach
        if found.unreadable:
            return "its recording rules can't be followed"
        if DURATIONS in found.metrics:
            return "promtool 2 can't write native histograms"
        if clock := found.functions & CLOCK:
            return f"{min(clock)}() depends on the time of day"
        return ""

    @property
    def can_be_tried(self) -> bool:
        """Whether the days say anything about it."""
        return not self.untriable

    @cached_property
    def troubles(self) -> frozenset[Trouble]:
        """The ladders that mean something to it."""
        read = {FAMILIES[metric] for metric in self.reach.metrics if metric in FAMILIES}
        found = {Trouble.SLOWNESS} if DURATIONS in read else set()
        return frozenset(found | ({Trouble.ERRORS} if REQUESTS in read or not found else set()))

    def is_limited(self, job: str) -> bool:
        """Whether it names its job, so that another one's requests are none of its business."""
        matchers = (m for s in self.reach.selectors for m in s.matchers if m.label == "job")
        return any(not passing(matcher, [job]) for matcher in matchers)


@dataclass(frozen=True)
class Climb:
    """At which rungs of an SLO's ladders an alert fired; ``SURGE`` where it has two windows."""

    allowance: Allowance
    fired: Mapping[Way, tuple[bool, ...]]

    def first(self, way: Way = Way.PLAIN) -> int | None:
        """The number of the lowest rung at which it fired; None: at none."""
        return next((n for n, fires in enumerate(self.fired[way]) if fires), None)


@dataclass(frozen=True)
class AlertTrial:
    """What an alert did.

    ``woke``: the distracting days on which it fired. ``on_nothing``: it fired while nobody asked.
    ``never_settles``: with the value in a label it never fired, and without it did. ``error``:
    Prometheus can't evaluate it; ``untried``: nobody knows, and why.
    """

    climbs: Mapping[Allowance, Climb] = field(default_factory=dict)
    woke: tuple[str, ...] = ()
    on_nothing: bool = False
    never_settles: bool = False
    error: str = ""
    untried: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether it never fired, whatever happened."""
        climbed = any(any(rungs) for c in self.climbs.values() for rungs in c.fired.values())
        return not (climbed or self.woke or self.on_nothing)


@dataclass(frozen=True)
class Course:
    """What alerts are tried for: the service's job, and what its SLOs allow."""

    job: str
    allowances: tuple[Allowance, ...]


def trials(asked: Sequence[tuple[AlertAttempt, Course]]) -> list[AlertTrial]:
    """What each alert did on its course, in one process; never raises.

    A recording rule that fails spoils what is asked beside it; that is asked again by itself.
    """
    found = _tried(asked, lambda _: None)
    spoiled = [n for n, trial in enumerate(found) if trial.error.startswith(RULE_FAILS)]
    if spoiled:
        again = _tried([asked[n] for n in spoiled], lambda one: one.rule_key)
        for number, trial in zip(spoiled, again, strict=True):
            found[number] = trial
    return found


def _tried(
    asked: Sequence[tuple[AlertAttempt, Course]], apart: Callable[[AlertAttempt], Hashable]
) -> list[AlertTrial]:
    groups: dict[Hashable, list[int]] = {}
    for number, (one, course) in enumerate(asked):
        groups.setdefault((Hold.of(one), course, apart(one)), []).append(number)
    plays = [
        (numbers, _Play([asked[number][0] for number in numbers], asked[numbers[0]][1]))
        for numbers in groups.values()
    ]
    said = iter(answers([scene for _, play in plays for scene in play.scenes], limits=LIMITS))
    found: dict[int, AlertTrial] = {}
    for numbers, play in plays:
        told = play.trials([next(said) for _ in play.scenes])
        found.update(zip(numbers, told, strict=True))
    return [found[number] for number in range(len(asked))]


@dataclass(frozen=True)
class Hold:
    """How long a rung is held: scrapes, seconds between two of them, and between evaluations."""

    step_s: float
    steps: int
    evaluation_s: float

    @classmethod
    def of(cls, one: AlertAttempt) -> Hold:
        """As short as the alert's windows and the steps of its subqueries allow."""
        coarsest = max(_steps(one.tree, one.reach.rules), default=0.0)
        needed = max(HELD_S, 4 * coarsest)
        shortest = one.reach.shortest_s / 4 or SCRAPE_INTERVAL_S
        step = max(1, int(min(shortest, needed / 60) / SCRAPE_INTERVAL_S)) * SCRAPE_INTERVAL_S
        every = EVALUATION_S
        if one.reach.rules:
            every = max(every, min(SELDOM_S, one.reach.shortest_s / 4))
        return cls(step, min(MOST_STEPS, ceil(needed / step)), every)


def _steps(tree: Expr, rules: Sequence[RecordingRule]) -> Iterator[float]:
    """The steps of all subqueries, in seconds."""
    yield from _own_steps(tree)
    for rule in rules:
        try:
            yield from _own_steps(parse(rule.expr))
        except ParseError:
            continue


def _own_steps(expr: Expr | None) -> Iterator[float]:
    match expr:
        case Subquery():
            yield expr.step_s or EVALUATION_S
            yield from _own_steps(expr.expr)
        case Call():
            for arg in expr.args:
                yield from _own_steps(arg)
        case Aggregation():
            yield from _own_steps(expr.param)
            yield from _own_steps(expr.expr)
        case Binary():
            yield from _own_steps(expr.left)
            yield from _own_steps(expr.right)
        case Negation():
            yield from _own_steps(expr.expr)


Event = LadderStep | Surge | Distraction


@dataclass
class _Play:
    """Attempts that are tried together: every event is a lab of its own."""

    attempts: Sequence[AlertAttempt]
    course: Course

    @cached_property
    def _asked(self) -> list[tuple[Event, list[int]]]:
        """Each event with the attempts that are asked about it."""
        found = [(event, list(self._concerned(event))) for event in self._events()]
        return [(event, numbers) for event, numbers in found if numbers]

    @cached_property
    def _watched(self) -> list[int]:
        """The attempts whose labels may change."""
        return [n for n, one in enumerate(self.attempts) if one.labels and one.for_s > 0]

    def _events(self) -> Iterator[Event]:
        for allowance in self.course.allowances:
            for way in allowance.ways:
                yield from (LadderStep(allowance, way, rung) for rung in allowance.rungs)
        spans = {(one.reach.shortest_s, one.reach.longest_s) for one in self.attempts}
        for short_s, long_s in sorted(spans):
            if 0 < short_s < long_s:
                for allowance in self.course.allowances:
                    for rung in allowance.rungs:
                        yield Surge(allowance, short_s, long_s, rung)
        yield from DISTRACTIONS

    def _concerned(self, event: Event) -> Iterator[int]:
        for number, one in enumerate(self.attempts):
            match event:
                case LadderStep():
                    concerns = event.allowance.trouble in one.troubles
                case Surge():
                    spans = (one.reach.shortest_s, one.reach.longest_s)
                    concerns = spans == (event.short_s, event.long_s)
                    concerns = concerns and event.allowance.trouble in one.troubles
                case Distraction():
                    concerns = one.reach.back_s < event.seen_s
            if concerns:
                yield number

    @cached_property
    def hold(self) -> Hold:
        """Of all its attempts."""
        return Hold.of(self.attempts[0])

    @cached_property
    def rules(self) -> tuple[RecordingRule, ...]:
        """What is recorded, the innermost first."""
        known = {id(rule): rule for one in self.attempts for rule in one.reach.rules}
        return tuple(reversed(known.values()))

    @cached_property
    def world(self) -> World:
        """With the metrics that the attempts read."""
        read = frozenset().union(*(one.reach.metrics for one in self.attempts))
        families = {FAMILIES[metric] for metric in read if metric in FAMILIES}
        usual = {m for m in read if m in USUAL or m == "up"} - {PROCESSOR}
        return World(job=self.course.job, metrics=frozenset(families | usual))

    # What promtool is asked

    @property
    def scenes(self) -> list[Scene]:
        """One for each event, and one for each attempt with labels that may change."""
        plain = [self._scene(event, numbers) for event, numbers in self._asked]
        return plain + [self._ramp(self.attempts[number]) for number in self._watched]

    def _scene(self, event: Event, numbers: Sequence[int]) -> Scene:
        step_s, every_s = self.hold.step_s, self.hold.evaluation_s
        if isinstance(event, Surge):
            step_s = max(step_s, event.short_s / DENSE // SCRAPE_INTERVAL_S * SCRAPE_INTERVAL_S)
            every_s = max(step_s, EVALUATION_S)
        stages = self._stages(event, step_s)
        timeline = Timeline(self.world, step_s, stages)
        at_s = timeline.end_s(len(stages) - 1) + LATE * SCRAPE_INTERVAL_S
        share = event.processor if isinstance(event, Distraction) else CALM
        series = (*timeline.series(), _processor(timeline, share))
        if isinstance(event, Distraction) and event.gone:
            series = tuple(one for one in series if not one.selector.startswith("up{"))
            series = (*series, _up_while_there(timeline))
        return Scene(
            step_s,
            series,
            tuple(Question(self.attempts[number].expr, at_s) for number in numbers),
            self.rules,
            every_s,
        )

    def _stages(self, event: Event, step_s: float) -> tuple[Stage, ...]:
        match event:
            case LadderStep():
                return event.stages(self.hold.steps)
            case Surge():
                return event.stages(step_s)
            case Distraction():
                return event.stages(self.hold.steps, step_s)

    def _ramp(self, one: AlertAttempt) -> Scene:
        """The alert with its labels and without, while the measured value grows."""
        scrapes = ceil(EVALUATION_S / SCRAPE_INTERVAL_S)
        stages = tuple(
            Stage(shared(RATE, share, mixed(share, 0.001, 30.0)), scrapes) for share in RAMP
        )
        timeline = Timeline(self.world, SCRAPE_INTERVAL_S, stages)
        for_s = min(one.for_s, WAITS * EVALUATION_S)
        end_s = timeline.end_s(len(stages) - 1)
        asked = (f'ALERTS{{alertname="{name}",alertstate="firing"}}' for name in (LABELLED, PLAIN))
        return Scene(
            SCRAPE_INTERVAL_S,
            (*timeline.series(), _processor(timeline, CALM)),
            tuple(Question(expr, end_s) for expr in asked),
            (
                *self.rules,
                AlertingRule(LABELLED, one.expr, for_s, dict(one.labels)),
                AlertingRule(PLAIN, one.expr, for_s),
            ),
            EVALUATION_S,
        )

    # What it answered

    def trials(self, said: Sequence[Sequence[Answer]]) -> list[AlertTrial]:
        """What each attempt did."""
        heard: list[dict[Event, Answer]] = [{} for _ in self.attempts]
        for (event, numbers), found in zip(self._asked, said, strict=False):
            for number, answer in zip(numbers, found, strict=True):
                heard[number][event] = answer
        ramps = dict(zip(self._watched, said[len(self._asked) :], strict=True))
        return [
            self._trial(one, heard[number], ramps.get(number, ()))
            for number, one in enumerate(self.attempts)
        ]

    def _trial(
        self, one: AlertAttempt, heard: Mapping[Event, Answer], ramp: Sequence[Answer]
    ) -> AlertTrial:
        every = [*heard.values(), *ramp]
        untried = next((answer.untried for answer in every if answer.untried), "")
        error = next((answer.error for answer in every if answer.error), "")
        if untried or error:
            return AlertTrial(error=error, untried=untried)
        limited = one.is_limited(self.world.other_labels["job"])
        woke = [
            event
            for event, answer in heard.items()
            if isinstance(event, Distraction) and event.counts and answer.samples
        ]
        return AlertTrial(
            {b: self._climb(b, heard) for b in self.course.allowances if b.trouble in one.troubles},
            tuple(event.name for event in woke if limited or event is not OTHER_JOB),
            on_nothing=bool(heard[IDLE].samples),
            never_settles=bool(ramp) and not ramp[0].samples and bool(ramp[1].samples),
        )

    def _climb(self, allowance: Allowance, heard: Mapping[Event, Answer]) -> Climb:
        fired = {
            way: tuple(
                bool(heard[LadderStep(allowance, way, rung)].samples) for rung in allowance.rungs
            )
            for way in allowance.ways
        }
        surged = {
            event.rung: bool(answer.samples)
            for event, answer in heard.items()
            if isinstance(event, Surge) and event.allowance == allowance
        }
        if surged:
            fired[Way.SURGE] = tuple(surged[rung] for rung in allowance.rungs)
        return Climb(allowance, fired)


def _processor(timeline: Timeline, share: float) -> Series:
    """The processor's time, ``share`` of it used; nothing while the target is down."""
    growth = share * timeline.step_s
    parts, value = [], 1000.0
    for stage in timeline.stages:
        if stage.up:
            parts.append(f"{value:.6f}+{growth:.6f}x{stage.steps - 1}")
        else:
            parts.append(f"stale _x{stage.steps - 1}")
        value += growth * stage.steps
    return Series(selector(PROCESSOR, timeline.world.target), " ".join(parts))


def _up_while_there(timeline: Timeline) -> Series:
    """``up`` of a target that nobody looks for once it is down."""
    there = (f"1x{s.steps - 1}" if s.up else f"stale _x{s.steps - 1}" for s in timeline.stages)
    return Series(selector("up", timeline.world.target), " ".join(there))
