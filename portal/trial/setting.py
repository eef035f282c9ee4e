"""The world that an expression is tried in: named as the expression and the lab name things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from portal.promql import statuses
from portal.promql.context import Context
from portal.promql.events import (
    CLIENT_COUNTER,
    PLAIN,
    EventKind,
    counts_requests,
    kind_of,
    metric_of,
    passing,
)
from portal.promql.nodes import Matcher, MatchOp, Selector
from portal.shop import DURATIONS, INSTANCE, JOB, METHODS, PATHS, REQUESTS, STATUS, UNMATCHED
from portal.trial.reach import Reach
from portal.trial.world import USUAL, World

SCRAPED = frozenset({"job", "instance"})
OVER_PATHS = frozenset({"avg", "min", "max", "quantile"})
"""What a series that is never a number spoils, or where it is taken for one that keeps no limit."""
OWN = frozenset({"path", "method", "le", "__name__"})
FAMILIES = {
    REQUESTS: REQUESTS,
    DURATIONS: DURATIONS,
    **{f"{DURATIONS}_{part}": DURATIONS for part in ("bucket", "count", "sum")},
}


@dataclass(frozen=True)
class Setting:
    """A world, and what the expression reads that no world of the lab has.

    ``shared``: the expression limits itself to a job or target, so there is another one.
    ``why_not``: why nothing can be invented that it would find; "" where something can.
    """

    world: World
    strange: frozenset[str] = frozenset()
    shared: bool = False
    why_not: str = ""


def setting(reach: Reach, context: Context) -> Setting:
    """The world for an expression that reaches so far."""
    recorded = {rule.name for rule in reach.rules}
    read = reach.metrics - recorded
    families = {FAMILIES[metric] for metric in read if metric in FAMILIES}
    errors = (m for m in read - set(FAMILIES) if kind_of(m) is EventKind.ERRORS)
    own = sorted(metric for metric in errors if counts_requests(metric))
    usual = {m for m in read if m in USUAL or m == "up" or m.endswith("_info")}
    strange = read - set(FAMILIES) - set(own) - usual
    selectors = [s for s in reach.selectors if metric_of(s) in FAMILIES or metric_of(s) in own]
    namer = _Namer(selectors, context)
    world = World(
        job=namer.job(),
        instance=namer.instance(),
        paths=namer.paths(),
        methods=namer.methods() if "method" in reach.named else namer.methods()[:1],
        status_labels=namer.status_labels(),
        buckets=tuple(le for le in context.buckets if le != "+Inf"),
        scrape_interval_s=context.scrape_interval_s,
        extra=namer.extra(),
        own_counters=tuple((metric, _counted(metric)) for metric in own),
        metrics=frozenset(families | usual),
        never_asked=_may_be_spoilt(reach) and namer.has_unmatched(),
    )
    shared = bool(world.extra) or world.job != namer.usual("job", JOB)
    shared = shared or world.instance != namer.usual("instance", INSTANCE)
    return Setting(world, frozenset(strange), shared, namer.unmet(world))


def _may_be_spoilt(reach: Reach) -> bool:
    """Whether it puts series together of which one may be no number."""
    return reach.adds_quotients or bool(reach.functions & OVER_PATHS)


def _counted(metric: str) -> frozenset[int]:
    """The statuses that a counter of failures counts."""
    return frozenset({404}) if CLIENT_COUNTER.search(metric) else frozenset({500, 503})


@dataclass
class _Namer:
    """Picks values for labels: the lab's, unless the expression names others."""

    selectors: list[Selector]
    context: Context

    def job(self) -> str:
        """The job of the service."""
        return self._one("job", JOB)

    def instance(self) -> str:
        """The target of the service."""
        return self._one("instance", INSTANCE)

    def paths(self) -> tuple[str, ...]:
        """Three paths at most, those that the expression names first."""
        return self._several("path", PATHS, 3)

    def methods(self) -> tuple[str, ...]:
        """Two methods at most."""
        return self._several("method", (*METHODS, "POST"), 2)

    def status_labels(self) -> tuple[str, ...]:
        """The labels that hold statuses: the lab's, or those that the expression tells by."""
        live = self._live(REQUESTS)
        if live is not None:
            return tuple(sorted(live.keys() & statuses.USUAL_LABELS)) or (STATUS,)
        named = {m.label for m in self._matchers() if statuses.picked(m) is not None}
        return tuple(sorted(named)) or (STATUS,)

    def extra(self) -> tuple[tuple[str, str], ...]:
        """Labels that the lab's series do not have, where no lab tells; by value."""
        known = SCRAPED | OWN | set(self.status_labels())
        if self._live(REQUESTS) is not None:
            return ()
        names = {m.label for m in self._matchers()} - known
        found = ((name, self._named(name)) for name in sorted(names))
        return tuple((name, values[0]) for name, values in found if values)

    def unmet(self, world: World) -> str:
        """The first matcher that nothing of the world passes, in words; "" when there is none."""
        if self._live(REQUESTS) is not None:
            return ""
        values: dict[str, tuple[str, ...]] = {n: (value,) for n, value in world.labels.items()}
        values |= {"path": world.paths, "method": world.methods}
        values |= dict.fromkeys(world.status_labels, ("200", "302", "404", "500", "503"))
        for matcher in self._matchers():
            if matcher.label in ("le", "__name__") or matcher.op is MatchOp.EQUAL:
                continue
            found = passing(matcher, values.get(matcher.label, ("",)))
            if matcher.op is MatchOp.MATCHES and not found and statuses.picked(matcher) is None:
                return str(matcher)
        return ""

    def has_unmatched(self) -> bool:
        """Whether the lab has series of requests that lead to no page."""
        live = self._live(REQUESTS)
        return live is None or UNMATCHED in live.get("path", frozenset())

    def usual(self, label: str, otherwise: str) -> str:
        """The lab's value of a label."""
        live = self._live(REQUESTS)
        values = sorted(live.get(label, ())) if live is not None else []
        return values[0] if values else otherwise

    def _one(self, label: str, otherwise: str) -> str:
        usual = self.usual(label, otherwise)
        wanted = [m for m in self._matchers() if m.label == label]
        if all(passing(matcher, (usual,)) for matcher in wanted):
            return usual
        return next(iter(self._named(label)), usual)

    def _several(self, label: str, otherwise: tuple[str, ...], most: int) -> tuple[str, ...]:
        live = self._live(REQUESTS)
        known = sorted(live.get(label, ())) if live is not None else []
        usual = tuple(value for value in known if value != UNMATCHED) or otherwise
        named = self._named(label)
        return tuple(dict.fromkeys((*named[: max(1, most - 1)], *usual)))[:most]

    def _named(self, label: str) -> list[str]:
        """The values that the expression asks for, in its order."""
        return list(
            dict.fromkeys(v for m in self._matchers() if m.label == label for v in asked(m))
        )

    def _matchers(self) -> Iterator[Matcher]:
        for selector in self.selectors:
            yield from selector.matchers

    def _live(self, metric: str) -> Mapping[str, frozenset[str]] | None:
        labels = self.context.labels
        return None if labels is None else (labels.get(metric) or labels.get(f"{DURATIONS}_count"))


def asked(matcher: Matcher) -> Iterable[str]:
    """The values that a matcher picks by name."""
    if matcher.op is MatchOp.EQUAL:
        return (matcher.value,) if matcher.value else ()
    if matcher.op is not MatchOp.MATCHES:
        return ()
    words = matcher.value.removeprefix("(").removesuffix(")").split("|")
    return [word for word in words if word and PLAIN.fullmatch(word)]
