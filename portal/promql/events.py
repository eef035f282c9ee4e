"""Sets of requests that selectors pick, and sums of such sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from portal.numbers import exact
from portal.promql import statuses
from portal.promql.context import Context
from portal.promql.findings import Code
from portal.promql.nodes import Matcher, MatchOp, Selector
from portal.promql.patterns import fully_matches
from portal.shop import DURATIONS, JOB, PATHS, REQUESTS
from portal.words import listed

STATUS = "status"
"""The name that every status label goes by in here, whatever it is called."""
LABELS = frozenset({"job", "instance", "method", "path"})
OWN_COUNTER = re.compile(
    r"(?:^|[_:])(?:err|errs|errors?|errored|fail|fails|failed|failures?|exceptions?|[45]xx)"
    r"(?:[_:]|$)"
)
OF_REQUESTS = frozenset(
    {
        *("http", "https", "request", "requests", "req", "reqs", "response", "responses"),
        *("api", "app", "application", "server", "servers", "service", "web", "website"),
        *("site", "page", "pages", "endpoint", "endpoints", "handler", "handlers", "route"),
        *("routes", "view", "views", "flask", "shop", "mock", "mockapp", "frontend"),
        *("checkout", "search", "user", "users", "client", "internal", "unhandled"),
        *("uncaught", "bad", "failing", "err", "errs", "error", "errors", "errored"),
        *("fail", "fails", "failed", "failure", "failures", "exception", "exceptions"),
        *("status", "code", "count", "number", "of", "total", "4xx", "5xx"),
    }
)
"""The words of a counter's name that may stand beside its failures: others say whose they are."""
CLIENT_COUNTER = re.compile(r"4xx|client_err")
NO_COUNTER = re.compile(
    r"(?:^|[_:])(?:(?:milli|micro)?seconds|bytes|budget|timestamp|client(?!_err))(?:[_:]|$)"
    r"|(?:^|[_:])(?:ratio|rate|percent|created|bucket|sum)$"
)
"""What is in the names of metrics that hold something else than how many failures there were."""
PLAIN = re.compile(r"[^\\^$.|?*+()\[\]{}]*")
SAMPLES = frozenset({"a", "/a-b_1", "500", "GET", "1.0:80"})
"""Values of all kinds, short so that no pattern takes long on them."""


class EventKind(StrEnum):
    """What one series of a metric counts."""

    REQUESTS = "requests"
    COUNT = "count"
    BUCKET = "bucket"
    SECONDS = "seconds"
    NATIVE = "native"
    ERRORS = "errors"
    OTHER = "other"


KINDS = {
    REQUESTS: EventKind.REQUESTS,
    f"{DURATIONS}_count": EventKind.COUNT,
    f"{DURATIONS}_bucket": EventKind.BUCKET,
    f"{DURATIONS}_sum": EventKind.SECONDS,
    DURATIONS: EventKind.NATIVE,
}


@dataclass(frozen=True)
class Flaw:
    """Something about a selector that makes it pick nothing, or nothing useful."""

    code: Code
    detail: str = ""


@dataclass(frozen=True)
class CountedEvents:
    """Requests one selector picks; ``stages`` say how a growing count became a rate.

    A stage is (name, seconds); without any the count is raw. ``function`` is what stood there.
    ``implied``: matchers that pick what is there anyway.
    """

    metric: str
    kind: EventKind
    statuses: frozenset[int] = statuses.ALL
    le: tuple[str, ...] = ()
    scope: frozenset[Matcher] = frozenset()
    stages: tuple[tuple[str, float], ...] = ()
    offset: tuple[float, str | None] = (0.0, None)
    function: str = ""
    flaw: Flaw | None = None
    implied: frozenset[Matcher] = frozenset()

    @property
    def restriction(self) -> frozenset[Matcher]:
        """The matchers that really leave something out."""
        return self.scope - self.implied

    def staged(self, name: str, seconds: float, function: str = "") -> CountedEvents:
        """The same events one stage further."""
        stages = (*self.stages, (name, seconds))
        return replace(self, stages=stages, function=function or self.function)

    def pinned(self) -> dict[str, str]:
        """The labels that can have one value only."""
        found = {m.label: m.value for m in self.scope if m.op is MatchOp.EQUAL}
        if len(self.statuses) == 1:
            found[STATUS] = str(next(iter(self.statuses)))
        if len(self.le) == 1:
            found["le"] = self.le[0]
        return found


@dataclass(frozen=True)
class Linear:
    """A weighted sum of event sets plus a constant."""

    terms: Mapping[CountedEvents, float] = field(default_factory=dict)
    const: float = 0.0

    @property
    def is_constant(self) -> bool:
        """True when no events are in it."""
        return not self.terms

    def plus(self, other: Linear, factor: float = 1.0) -> Linear:
        """self + factor · other."""
        terms = dict(self.terms)
        for events, weight in other.terms.items():
            terms[events] = terms.get(events, 0.0) + factor * weight
        kept = {events: weight for events, weight in terms.items() if weight}
        return Linear(kept, self.const + factor * other.const)

    def times(self, factor: float) -> Linear:
        """factor · self."""
        if factor == 1.0:
            return self
        terms = {e: w * factor for e, w in self.terms.items() if w * factor}
        return Linear(terms, self.const * factor)

    def mapped(self, terms: Iterable[tuple[CountedEvents, float]]) -> Linear:
        """The same constant with other terms; equal ones are added up."""
        merged: dict[CountedEvents, float] = {}
        for events, weight in terms:
            merged[events] = merged.get(events, 0.0) + weight
        return Linear(merged, self.const)


@dataclass
class Reader:
    """Turns selectors into event sets, with one idea of which label is the status."""

    context: Context
    status_labels: set[str] = field(default_factory=set)
    mentioned: dict[str, set[str]] = field(default_factory=dict)

    def meet(self, selector: Selector) -> None:
        """Learn from a selector which labels its metric has and which one is the status."""
        for matcher in selector.matchers:
            if statuses.picked(matcher) is not None:
                self.status_labels.add(matcher.label)
        names = {self.label(m.label) for m in selector.matchers if m.label != "__name__"}
        self.mentioned.setdefault(metric_of(selector), set()).update(names)

    def label(self, name: str) -> str:
        """The label's name, or STATUS for every label that holds statuses."""
        return STATUS if name in self.status_labels or name in statuses.USUAL_LABELS else name

    def labels(self, events: CountedEvents) -> frozenset[str]:
        """The labels that the selected series carry."""
        known = self._known(events.metric)
        if known is not None:
            return frozenset(self.label(name) for name in known)
        found = LABELS | self.mentioned.get(events.metric, set())
        if events.kind is EventKind.REQUESTS:
            found |= {STATUS}
        return frozenset(found | {"le"} if events.kind is EventKind.BUCKET else found - {"le"})

    def _known(self, metric: str) -> Mapping[str, frozenset[str]] | None:
        return None if self.context.labels is None else self.context.labels.get(metric)

    def read(self, selector: Selector) -> CountedEvents:
        """The events a selector picks, raw."""
        metric = metric_of(selector)
        kind = kind_of(metric)
        start = _failures(metric) if kind is EventKind.ERRORS else statuses.ALL
        le = self.context.bounds if kind is EventKind.BUCKET else ()
        events = CountedEvents(metric, kind, start, le, offset=(selector.offset_s, selector.at))
        return self.narrowed(events, selector.matchers)

    def narrowed(self, events: CountedEvents, matchers: Iterable[Matcher]) -> CountedEvents:
        """The part of the events that passes further matchers."""
        for matcher in matchers:
            events = self._narrow(events, matcher)
        return events

    def _narrow(self, events: CountedEvents, matcher: Matcher) -> CountedEvents:
        if matcher.label == "__name__":
            return events
        if events.kind is EventKind.BUCKET and matcher.label == "le":
            return self._narrow_le(events, matcher)
        if self._lacks(events.metric, matcher):
            detail = f"{events.metric} has no label {matcher.label} in this Prometheus."
            return replace(events, flaw=Flaw(Code.NO_SUCH_LABEL, detail))
        found = statuses.picked(matcher) if events.kind is not EventKind.OTHER else None
        if found is not None:
            return _narrow_statuses(events, matcher, found)
        plain = self._canonical(events.metric, matcher)
        if plain is None:
            return events
        implied = {plain} if self._is_the_job(plain) else frozenset()
        return replace(events, scope=events.scope | {plain}, implied=events.implied | implied)

    def _is_the_job(self, matcher: Matcher) -> bool:
        alone = self.context.labels is None and matcher.label == "job"
        return alone and passing(matcher, {JOB}) == {JOB}

    def _lacks(self, metric: str, matcher: Matcher) -> bool:
        known = self._known(metric)
        if known is None or matcher.label in known:
            return False
        return not (matcher.op is MatchOp.MATCHES and _matches_anything(matcher.value))

    def _narrow_le(self, events: CountedEvents, matcher: Matcher) -> CountedEvents:
        chosen = passing(matcher, self.context.bounds)
        le = tuple(bound for bound in events.le if bound in chosen)
        if le:
            return replace(events, le=le)
        return replace(events, le=(), flaw=Flaw(Code.THRESHOLD_NO_BUCKET, self._near(matcher)))

    def _near(self, matcher: Matcher) -> str:
        try:
            wanted = float(matcher.value)
        except ValueError:
            return f"le is {matcher.value!r}."
        numbers = [float(bound) for bound in self.context.buckets]
        below = max((n for n in numbers if n < wanted), default=None)
        above = min((n for n in numbers if n > wanted), default=None)
        if wanted in numbers:
            return f'Prometheus spells this one le="{self.context.buckets[numbers.index(wanted)]}".'
        near = listed(exact(bound) for bound in (below, above) if bound is not None)
        return f"There is no bucket {matcher.value}; its neighbours are {near} s."

    def _canonical(self, metric: str, matcher: Matcher) -> Matcher | None:
        """The matcher in one spelling; None when it lets everything pass."""
        label, op, value = self.label(matcher.label), matcher.op, matcher.value
        if _lets_all_pass(matcher) or self._passes_all_known(metric, matcher):
            return None
        if op not in {MatchOp.MATCHES, MatchOp.NOT_MATCHES}:
            return Matcher(label, op, value)
        words = sorted(set(value.removeprefix("(").removesuffix(")").split("|")))
        if not all(PLAIN.fullmatch(word) for word in words):
            return Matcher(label, op, value)
        if len(words) > 1:
            return Matcher(label, op, "|".join(words))
        exact = MatchOp.EQUAL if op is MatchOp.MATCHES else MatchOp.NOT_EQUAL
        return Matcher(label, exact, words[0])

    def _passes_all_known(self, metric: str, matcher: Matcher) -> bool:
        known = self._known(metric)
        if known is not None:
            values = known.get(matcher.label, frozenset())
            return bool(values) and passing(matcher, values) == values
        negative = matcher.op in {MatchOp.NOT_EQUAL, MatchOp.NOT_MATCHES}
        return negative and matcher.label == "path" and passing(matcher, PATHS) == frozenset(PATHS)


def metric_of(selector: Selector) -> str:
    """The metric's name; a pattern counts as the one metric of the lab that it matches."""
    if selector.name is not None:
        return selector.name
    for matcher in selector.matchers:
        if matcher.label == "__name__" and matcher.op is MatchOp.MATCHES:
            others = {f"{DURATIONS}_created", "http_requests_created", "up"}
            found = fully_matches(matcher.value, {*KINDS, *others}) or frozenset()
            return next(iter(found)) if len(found) == 1 else matcher.value
    return ""


def kind_of(metric: str) -> EventKind:
    """What the metric counts, by its exact name; error counters by what their name says."""
    if metric in KINDS:
        return KINDS[metric]
    own = OWN_COUNTER.search(metric) and not NO_COUNTER.search(metric)
    return EventKind.ERRORS if own else EventKind.OTHER


def counts_requests(metric: str) -> bool:
    """Whether a counter of failures counts requests, and not what a disk or a log got wrong."""
    return set(re.split("[_:]+", metric.lower())) <= OF_REQUESTS


def _failures(metric: str) -> frozenset[int]:
    """The statuses that a counter of failures means, by its name."""
    return statuses.CLIENT_ERRORS if CLIENT_COUNTER.search(metric) else statuses.SERVER_ERRORS


def _narrow_statuses(
    events: CountedEvents, matcher: Matcher, found: frozenset[int]
) -> CountedEvents:
    left = events.statuses & found
    if left and (found != statuses.ALL or not re.search("[A-Za-z]", matcher.value)):
        return replace(events, statuses=left)
    flaw = Flaw(Code.NO_SUCH_STATUS, f"The matcher is {matcher}.")
    return replace(events, statuses=left, flaw=flaw)


def passing(matcher: Matcher, values: Iterable[str]) -> frozenset[str]:
    """The values that a matcher lets pass."""
    values = frozenset(values)
    if matcher.op in {MatchOp.EQUAL, MatchOp.NOT_EQUAL}:
        named = values & {matcher.value}
    else:
        named = fully_matches(matcher.value, values) or frozenset()
    negative = matcher.op in {MatchOp.NOT_EQUAL, MatchOp.NOT_MATCHES}
    return values - named if negative else named


def _lets_all_pass(matcher: Matcher) -> bool:
    if matcher.op is MatchOp.MATCHES:
        return _matches_anything(matcher.value)
    negative = matcher.op in {MatchOp.NOT_EQUAL, MatchOp.NOT_MATCHES}
    return negative and matcher.value in {"", "^$"}


def _matches_anything(pattern: str) -> bool:
    return fully_matches(pattern, SAMPLES) == SAMPLES
