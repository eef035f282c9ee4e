"""An alert as it is tried: what it reads, and how long things must last for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import TypeGuard

from portal.promql.context import RecordingRule
from portal.promql.events import metric_of, passing
from portal.promql.nodes import Aggregation, Binary, Call, Expr, Subquery, walk
from portal.shop import DURATIONS, REQUESTS
from portal.trial.ladder import Trouble
from portal.trial.reach import Reach, reach
from portal.trial.recording import over_time, parsed, picked
from portal.trial.world import USUAL
from portal.words import counted

HELD_S = 300.0
"""How long a rung is held at least."""
EVALUATION_S = 15.0
COUNTED_S = 3900.0
"""How long at most a rung is held for a subquery, which may count its steps."""
AT_THE_END = 0.0
FAR_S = 7200.0
"""How far back an offset leads at most: longer than anything lasts that is tried."""
SELDOM_S = 60.0
"""Between two evaluations of rules, where no window is short."""
MOST_STEPS = 1500
MOST_POINTS = 100_000
"""Steps of a subquery as it is written; what reaches back before a rung began is cut."""
FAMILIES = {
    REQUESTS: REQUESTS,
    **{f"{DURATIONS}_{part}": DURATIONS for part in ("bucket", "count", "sum")},
}
SHOP = frozenset({*FAMILIES, DURATIONS, *USUAL, "up"})
"""The metrics of the lab that days are invented for."""


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
        return reach(self.tree, {**self.rules, **picked(self.tree, self.rules)})

    @cached_property
    def strange(self) -> frozenset[str]:
        """Metrics that are not the lab's."""
        recorded = {rule.name for rule in self.reach.rules}
        return self.reach.metrics - recorded - SHOP

    @cached_property
    def rule_key(self) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
        """The recording rules that it needs, to be compared."""
        return tuple((r.name, r.expr, tuple(sorted(r.labels.items()))) for r in self.reach.rules)

    @cached_property
    def needs_a_past(self) -> bool:
        """Whether it looks at what a rule recorded before, or leaves a step to Prometheus."""
        recorded = {rule.name for rule in self.reach.rules}
        trees = (self.tree, *(tree for _, tree in parsed(self.reach.rules)))
        return any(name in recorded or not name for tree in trees for name in over_time(tree))

    @cached_property
    def averages_shares(self) -> bool:
        """Whether it averages shares or quantiles over series, of which one may be no number."""
        averaged = [node.expr for node in walk(self.tree) if _is_average(node)]
        recorded = [tree for _, tree in parsed(self.reach.rules)] if averaged else []
        return any(_is_share(node) for tree in (*averaged, *recorded) for node in walk(tree))

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
        return ""

    @cached_property
    def too_much(self) -> str:
        """Why it is not tried although the days would say something; "" where it is."""
        return beyond(MOST_POINTS, self.tree, self.reach.rules)

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

    def shuts_out(self, job: str) -> tuple[str, ...]:
        """Its conditions on the job that a service of that job does not meet, as written."""
        matchers = (m for s in self.reach.selectors for m in s.matchers if m.label == "job")
        return tuple(dict.fromkeys(str(m) for m in matchers if not passing(m, [job])))

    def tells_jobs_apart(self, job: str) -> bool:
        """Whether it counts no requests of that job, by what it says of their metrics."""
        counted = [s for s in self.reach.selectors if metric_of(s) in FAMILIES]
        return any(m.label == "job" and not passing(m, [job]) for s in counted for m in s.matchers)


@dataclass(frozen=True)
class Hold:
    """How long a rung is held: scrapes, seconds between two of them, and between evaluations.

    ``lead``: scrapes before that, for offsets that lead there.

    ``AT_THE_END``: rules are evaluated once, when the alert is asked.
    """

    step_s: float
    steps: int
    evaluation_s: float
    lead: int = 0

    @classmethod
    def of(cls, one: AlertAttempt, interval_s: float) -> Hold:
        """As short as the alert's windows and the steps of its subqueries allow.

        ``interval_s``: between two scrapes of the lab.
        """
        found = list(subqueries(one.tree, one.reach.rules))
        coarsest = max((node.step_s or EVALUATION_S for node in found), default=0.0)
        looked = one.reach.back_s - one.reach.furthest_s if found else 0.0
        needed = max(HELD_S, 4 * coarsest, min(looked, COUNTED_S))
        shortest = one.reach.shortest_s / 4 or interval_s
        step = max(1, int(min(shortest, needed / 60) / interval_s)) * interval_s
        every = EVALUATION_S
        if one.reach.rules:
            seldom = max(every, min(SELDOM_S, one.reach.shortest_s / 4))
            every = seldom if one.needs_a_past else AT_THE_END
        return cls(step, min(MOST_STEPS, ceil(needed / step)), every, cls._lead(one, step))

    @staticmethod
    def _lead(one: AlertAttempt, step_s: float) -> int:
        far_s = min(one.reach.furthest_s, FAR_S)
        return ceil((far_s + one.reach.longest_s) / step_s) + 2 if far_s > 0 else 0


def _is_average(node: Expr) -> TypeGuard[Aggregation]:
    return isinstance(node, Aggregation) and node.op == "avg"


def _is_share(node: Expr) -> bool:
    quantile = isinstance(node, Call) and node.function == "histogram_quantile"
    return quantile or (isinstance(node, Binary) and node.op == "/")


def beyond(most: float, tree: Expr, rules: Sequence[RecordingRule]) -> str:
    """That a subquery has more steps than ``most``, in a sentence; "" where none has."""
    found = subqueries(tree, rules)
    steps = max((one.range_s / (one.step_s or EVALUATION_S) for one in found), default=0.0)
    if steps <= most:
        return ""
    return f"A subquery of it has {counted(steps, 'step')}, more than a trial may have."


def subqueries(tree: Expr, rules: Sequence[RecordingRule]) -> Iterator[Subquery]:
    """All subqueries of an expression and of the rules that it needs."""
    for one in (tree, *(found for _, found in parsed(rules))):
        yield from (node for node in walk(one) if isinstance(node, Subquery))
