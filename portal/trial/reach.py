"""How far an expression looks back, and what it reads: from that the days get their lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.promql.context import RecordingRule
from portal.promql.events import metric_of
from portal.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Matcher,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
)
from portal.promql.nodes import walk as nodes_of
from portal.promql.parser import ParseError, parse
from portal.trial.retelling import BORN, CLOCK, DATES, NOW

MAX_RULES = 100
MAX_LOOKS = 2000
"""Names of rules, each with how far it is looked back from: rules that read each other multiply."""
DEFAULT_STEP_S = 60.0
"""What a subquery without a step gets at most."""


@dataclass(frozen=True)
class Reach:
    """Seconds: ``back_s`` how far it sees besides its offset, ``longest_s`` and ``shortest_s``
    of its ranges (0: none), ``offset_s`` how far all of it is moved.

    ``furthest_s``: how far back its longest offset leads.
    ``metrics``: what it reads, recorded series as well. ``rules``: the rules it needs.
    ``selectors``: all of its own and of the rules' selectors. ``functions``: functions and
    aggregations by name. ``fixed``: moments that parts of it are fixed to. ``finest_s``: the
    shortest step of its subqueries (0: none). ``made``: labels that it makes; ``named``: labels
    that it names. ``unreadable``: a rule
    it needs can't be read, or it needs too many. ``filtered``: a comparison stands around it all.
    ``limits``: the numbers that comparisons keep or leave out values by; ``numbers``: all others.
    ``adds_quotients``: it adds up what was divided series by series.
    """

    back_s: float
    longest_s: float
    shortest_s: float
    offset_s: float
    metrics: frozenset[str]
    rules: tuple[RecordingRule, ...] = ()
    selectors: tuple[Selector, ...] = ()
    functions: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    finest_s: float = 0.0
    made: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    unreadable: bool = False
    filtered: bool = False
    furthest_s: float = 0.0
    limits: frozenset[float] = frozenset()
    numbers: frozenset[float] = frozenset()
    adds_quotients: bool = False

    @property
    def reads_clock(self) -> bool:
        """Whether it reads what time it is, in whatever way."""
        return bool(self.functions & (CLOCK | NOW)) or BORN in self.metrics

    @property
    def dates(self) -> tuple[float, ...]:
        """The epochs that it is tried at: one is enough where it doesn't ask what time it is."""
        return DATES if self.reads_clock else DATES[:1]

    @property
    def by_the_clock(self) -> bool:
        """Whether it depends on the time of day, or on the date."""
        return bool(self.functions & CLOCK) or {"time", "%"} <= self.functions


def reach(expr: Expr, rules: Mapping[str, tuple[RecordingRule, ...]]) -> Reach:
    """What an expression needs to be tried; recording rules are followed."""
    walk = _Walk(rules)
    looks = list(walk.looks(expr, 0.0, 0.0)) or [(0.0, 0.0)]
    nearest = min(offset for offset, _ in looks)
    back = max(offset + span for offset, span in looks) - nearest
    ranges = walk.ranges or [0.0]
    return Reach(
        back,
        max(ranges),
        min(ranges),
        nearest,
        frozenset(metric_of(selector) for selector in walk.selectors),
        tuple(walk.needed.values()),
        tuple(walk.selectors),
        frozenset(walk.functions),
        frozenset(walk.fixed),
        min(walk.steps, default=0.0),
        frozenset(walk.made),
        frozenset(walk.named),
        walk.unreadable,
        isinstance(expr, Binary) and expr.op in COMPARISONS and not expr.return_bool,
        max(offset for offset, _ in looks),
        frozenset(walk.limits),
        frozenset(walk.numbers),
        walk.adds_quotients,
    )


@dataclass
class _Walk:
    rules: Mapping[str, tuple[RecordingRule, ...]]
    ranges: list[float] = field(default_factory=list)
    selectors: list[Selector] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)
    steps: list[float] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    limits: set[float] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)
    adds_quotients: bool = False
    needed: dict[int, RecordingRule] = field(default_factory=dict)
    within: tuple[str, ...] = ()
    looked: set[tuple[str, float, float]] = field(default_factory=set)
    unreadable: bool = False

    def looks(self, expr: Expr, offset: float, span: float) -> Iterator[tuple[float, float]]:
        """For each selector below: how far it is moved, and how far it looks back from there."""
        match expr:
            case Selector():
                yield from self._selected(expr, offset + expr.offset_s, span)
            case Subquery():
                self.ranges.append(expr.range_s)
                self._pin(expr.at)
                self.steps.append(expr.step_s or DEFAULT_STEP_S)
                further = span + expr.range_s + (expr.step_s or DEFAULT_STEP_S)
                yield from self.looks(expr.expr, offset + expr.offset_s, further)
            case Call():
                self.functions.add(expr.function)
                self._make(expr)
                for arg in expr.args:
                    yield from self.looks(arg, offset, span)
            case Aggregation():
                self.functions.add(expr.op)
                self.adds_quotients |= expr.op == "sum" and _divides(expr.expr)
                self.named.update(expr.by or (), expr.without or ())
                for part in (expr.param, expr.expr):
                    if part is not None:
                        yield from self.looks(part, offset, span)
            case Binary():
                self.functions.add(expr.op)
                matching = expr.matching
                self.named.update(matching.on or (), matching.ignoring or (), matching.include)
                self._compare(expr)
                for part in (expr.left, expr.right):
                    yield from self.looks(part, offset, span)
            case Negation():
                yield from self.looks(expr.expr, offset, span)
            case Number():
                self.numbers.add(expr.value)
            case Text():
                return

    def _compare(self, expr: Binary) -> None:
        """Note the number that a comparison keeps values by."""
        if expr.op in COMPARISONS and not expr.return_bool:
            sides = (expr.left, expr.right)
            self.limits.update(side.value for side in sides if isinstance(side, Number))

    def _selected(
        self, selector: Selector, offset: float, span: float
    ) -> Iterator[tuple[float, float]]:
        self.selectors.append(selector)
        self.named.update(matcher.label for matcher in selector.matchers)
        self._pin(selector.at)
        if selector.range_s is not None:
            self.ranges.append(selector.range_s)
            span += selector.range_s
        yield offset, span
        yield from self._recorded(metric_of(selector), offset, span)

    def _recorded(self, name: str, offset: float, span: float) -> Iterator[tuple[float, float]]:
        if name in self.within or (name, offset, span) in self.looked:
            return
        self.looked.add((name, offset, span))
        if len(self.looked) > MAX_LOOKS:
            self.unreadable = True
            return
        self.within = (*self.within, name)
        for rule in self.rules.get(name, ()):
            if len(self.needed) >= MAX_RULES:
                self.unreadable = True
                break
            try:
                tree = parse(rule.expr)
            except ParseError:
                self.unreadable = True
                continue
            yield from self.looks(tree, offset, span)
            self.needed[id(rule)] = rule  # after those it rests on: they are evaluated in turn
        self.within = self.within[:-1]

    def _make(self, call: Call) -> None:
        """``label_replace`` and ``label_join`` name the label that they make second."""
        texts = [arg.value for arg in call.args if isinstance(arg, Text)]
        if call.function in {"label_replace", "label_join"} and texts:
            self.made.add(texts[0])
            self.named.update(texts)

    def _pin(self, at: str | None) -> None:
        if at is not None:
            self.fixed.add(at)


def matchers(found: Reach) -> Iterator[Matcher]:
    """The matchers of all selectors."""
    for selector in found.selectors:
        yield from selector.matchers


def _divides(expr: Expr) -> bool:
    return any(isinstance(node, Binary) and node.op == "/" for node in nodes_of(expr))
