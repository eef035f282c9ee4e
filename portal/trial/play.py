"""Alerts that are tried together: the scenes for promtool, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil

from portal.promql.context import RecordingRule
from portal.shop import SCRAPE_INTERVAL_S
from portal.trial.attempt import AT_THE_END, EVALUATION_S, FAMILIES, FAR_S, AlertAttempt, Hold
from portal.trial.climb import AlertTrial, Climb
from portal.trial.days import LATE
from portal.trial.distraction import CALM, DISTRACTIONS, IDLE, OTHER_JOB, Distraction
from portal.trial.ladder import QUICKEST_S, RATE, SLOWEST_S, Allowance, Ebb, LadderStep, Way, mixed
from portal.trial.scene import InventedSeries, Scene, TrialAnswer, TrialQuestion, TriedAlert
from portal.trial.timeline import Stage, Timeline, selector
from portal.trial.traffic import shared
from portal.trial.world import USUAL, World

PROCESSOR = "process_cpu_seconds_total"
WAITS = 4
"""Evaluations that a `for` lasts at most while a label's value is watched."""
RAMP = tuple(0.93 + 0.003 * number for number in range(24))
"""Shares of bad requests that grow from one evaluation to the next, above every limit."""
LABELLED, PLAIN = "Labelled", "Plain"
Event = LadderStep | Ebb | Distraction


@dataclass(frozen=True)
class Course:
    """What alerts are tried for: the service's job, what its SLOs allow, and how it is scraped."""

    job: str
    allowances: tuple[Allowance, ...]
    scrape_interval_s: float = SCRAPE_INTERVAL_S


@dataclass
class Play:
    """Attempts that are tried together: every event is a lab of its own.

    ``epoch_s``: what the clock says when an event begins.
    """

    attempts: Sequence[AlertAttempt]
    course: Course
    epoch_s: float = 0.0
    _known: dict[tuple[int, ...], tuple[World, tuple[RecordingRule, ...]]] = field(
        default_factory=dict
    )

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
                        yield Ebb(allowance, short_s, long_s, rung)
        yield from DISTRACTIONS

    def _concerned(self, event: Event) -> Iterator[int]:
        for number, one in enumerate(self.attempts):
            match event:
                case LadderStep():
                    concerns = event.allowance.trouble in one.troubles
                case Ebb():
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
        return Hold.of(self.attempts[0], self.course.scrape_interval_s)

    def _stage_for(self, numbers: Sequence[int]) -> tuple[World, tuple[RecordingRule, ...]]:
        """A world with the metrics that these attempts read, and the rules, the innermost first."""
        key = tuple(numbers)
        if key not in self._known:
            reaches = [self.attempts[number].reach for number in numbers]
            read = frozenset().union(*(found.metrics for found in reaches))
            families = {FAMILIES[metric] for metric in read if metric in FAMILIES}
            usual = {m for m in read if m in USUAL or m == "up"} - {PROCESSOR}
            rules = {id(rule): rule for found in reaches for rule in found.rules}
            self._known[key] = (
                World(
                    job=self.course.job,
                    scrape_interval_s=self.course.scrape_interval_s,
                    metrics=frozenset(families | usual),
                    never_asked=any(self.attempts[n].averages_shares for n in numbers),
                    epoch_s=self.epoch_s,
                ),
                tuple(rules.values()),
            )
        return self._known[key]

    # What promtool is asked

    @property
    def scenes(self) -> list[Scene]:
        """One for each event, and one for each attempt with labels that may change."""
        plain = [self._scene(event, numbers) for event, numbers in self._asked]
        return plain + [self._ramp(number) for number in self._watched]

    def _scene(self, event: Event, numbers: Sequence[int]) -> Scene:
        world, rules = self._stage_for(numbers)
        step_s, stages = self._stages(event)
        timeline = Timeline(world, step_s, stages)
        end_s = timeline.end_s(len(stages) - 1)
        exprs = (self.attempts[number].expr for number in numbers)
        return Scene(
            step_s,
            tuple(_series(timeline, event)),
            tuple(TrialQuestion(expr, end_s + LATE * world.scrape_interval_s) for expr in exprs),
            rules,
            end_s if self.hold.evaluation_s == AT_THE_END else max(step_s, self.hold.evaluation_s),
            self.epoch_s,
            FAR_S,
        )

    def _stages(self, event: Event) -> tuple[float, tuple[Stage, ...]]:
        """Seconds between two scrapes, and what happens, after as long as offsets lead back."""
        step_s, stages = self._happening(event)
        lead = ceil(self.hold.lead * self.hold.step_s / step_s)
        return step_s, (replace(stages[0], steps=lead), *stages) if lead else stages

    def _happening(self, event: Event) -> tuple[float, tuple[Stage, ...]]:
        step_s = self.hold.step_s
        match event:
            case LadderStep():
                return step_s, event.stages(self.hold.steps)
            case Ebb():
                step_s = max(step_s, event.step_s(self.course.scrape_interval_s))
                return step_s, event.stages(step_s, self.hold.steps * self.hold.step_s)
            case Distraction():
                return step_s, event.stages(self.hold.steps, step_s)

    def _ramp(self, number: int) -> Scene:
        """The alert with its labels and without, while the measured value grows."""
        one, (world, rules) = self.attempts[number], self._stage_for([number])
        scrapes = ceil(EVALUATION_S / world.scrape_interval_s)
        stages = tuple(
            Stage(shared(RATE, share, mixed(share, QUICKEST_S, SLOWEST_S)), scrapes)
            for share in RAMP
        )
        timeline = Timeline(world, world.scrape_interval_s, stages)
        for_s = min(one.for_s, WAITS * EVALUATION_S)
        alerts = (
            TriedAlert(LABELLED, one.expr, for_s, dict(one.labels)),
            TriedAlert(PLAIN, one.expr, for_s),
        )
        asked = (f'ALERTS{{alertname="{one.name}",alertstate="firing"}}' for one in alerts)
        end_s = timeline.end_s(len(stages) - 1)
        return Scene(
            world.scrape_interval_s,
            (*timeline.series(), _processor(timeline, CALM)),
            tuple(TrialQuestion(expr, end_s) for expr in asked),
            (*rules, *alerts),
            EVALUATION_S,
            self.epoch_s,
        )

    # What it answered

    def trials(self, said: Sequence[Sequence[TrialAnswer]]) -> list[AlertTrial]:
        """What each attempt did."""
        heard: list[dict[Event, TrialAnswer]] = [{} for _ in self.attempts]
        for (event, numbers), found in zip(self._asked, said, strict=False):
            for number, answer in zip(numbers, found, strict=True):
                heard[number][event] = answer
        ramps = dict(zip(self._watched, said[len(self._asked) :], strict=True))
        return [
            self._trial(one, heard[number], ramps.get(number, ()))
            for number, one in enumerate(self.attempts)
        ]

    def _trial(
        self, one: AlertAttempt, heard: Mapping[Event, TrialAnswer], ramp: Sequence[TrialAnswer]
    ) -> AlertTrial:
        every = [*heard.values(), *ramp]
        open_one = next((answer for answer in every if answer.untried), TrialAnswer())
        error = next((answer.error for answer in every if answer.error), "")
        if open_one.untried or error:
            return AlertTrial(error=error, untried=open_one.untried, passing=open_one.passing)
        limited = one.tells_jobs_apart(World(job=self.course.job).other_labels["job"])
        woke = [
            event
            for event, answer in heard.items()
            if isinstance(event, Distraction) and event.counts and answer.samples
        ]
        return AlertTrial(
            {b: self._climb(b, heard) for b in self.course.allowances if b.trouble in one.troubles},
            tuple(event.name for event in woke if limited or event is not OTHER_JOB),
            tuple((e, bool(a.samples)) for e, a in heard.items() if isinstance(e, Distraction)),
            on_nothing=bool(heard[IDLE].samples),
            never_settles=bool(ramp) and not ramp[0].samples and bool(ramp[1].samples),
        )

    def _climb(self, allowance: Allowance, heard: Mapping[Event, TrialAnswer]) -> Climb:
        fired = {
            way: tuple(
                bool(heard[LadderStep(allowance, way, rung)].samples) for rung in allowance.rungs
            )
            for way in allowance.ways
        }
        ebbed = {
            event.rung: bool(answer.samples)
            for event, answer in heard.items()
            if isinstance(event, Ebb) and event.allowance == allowance
        }
        if ebbed:
            fired[Way.EBB] = tuple(ebbed[rung] for rung in allowance.rungs)
        return Climb(allowance, fired)


def _series(timeline: Timeline, event: Event) -> Iterator[InventedSeries]:
    if not isinstance(event, Distraction):
        yield from timeline.series()
        yield _processor(timeline, CALM)
        return
    yield _processor(timeline, event.processor)
    if event.gone:
        yield from (one for one in timeline.series() if not one.selector.startswith("up{"))
        yield _up_while_there(timeline)
    else:
        yield from timeline.series()


def _processor(timeline: Timeline, share: float) -> InventedSeries:
    """The processor's time, ``share`` of it used; nothing while the target is down."""
    growth = share * timeline.step_s
    parts, value = [], 1000.0
    for stage in timeline.stages:
        if stage.up:
            parts.append(f"{value:.6f}+{growth:.6f}x{stage.steps - 1}")
        else:
            parts.append(f"stale _x{stage.steps - 1}")
        value += growth * stage.steps
    return InventedSeries(selector(PROCESSOR, timeline.world.target), " ".join(parts))


def _up_while_there(timeline: Timeline) -> InventedSeries:
    """``up`` of a target that nobody looks for once it is down."""
    there = (f"1x{s.steps - 1}" if s.up else f"stale _x{s.steps - 1}" for s in timeline.stages)
    return InventedSeries(selector("up", timeline.world.target), " ".join(there))
