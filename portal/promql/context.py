"""What is known of the lab while an expression is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portal.shop import BUCKETS, SCRAPE_INTERVAL_S


@dataclass(frozen=True)
class RecordingRule:
    """One recording rule: the series ``name`` holds the value of ``expr``."""

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)


def by_name(rules: Iterable[RecordingRule]) -> dict[str, tuple[RecordingRule, ...]]:
    """Recording rules by the name that they record, in their order."""
    named: dict[str, list[RecordingRule]] = {}
    for rule in rules:
        named.setdefault(rule.name, []).append(rule)
    return {name: tuple(same) for name, same in named.items()}


@dataclass(frozen=True)
class Context:
    """What the classifier may lean on besides the expression.

    ``rules``: recording rules by the name they record. ``scrape_interval_s``: seconds.
    ``buckets``: the histogram's ``le`` labels as Prometheus stores them, without ``+Inf``.
    ``labels``: metric -> label -> its values, read from a running Prometheus; None: there is none.
    """

    rules: Mapping[str, tuple[RecordingRule, ...]] = field(default_factory=dict)
    scrape_interval_s: float = SCRAPE_INTERVAL_S
    buckets: tuple[str, ...] = tuple(repr(bound) for bound in BUCKETS)
    labels: Mapping[str, Mapping[str, frozenset[str]]] | None = None

    @property
    def bounds(self) -> tuple[str, ...]:
        """All ``le`` labels, ``+Inf`` last."""
        return (*(bound for bound in self.buckets if bound != "+Inf"), "+Inf")


def bucket_labels(bounds: tuple[float, ...]) -> tuple[str, ...]:
    """Bounds in seconds as the ``le`` labels that Prometheus stores: 1 is ``1.0``."""
    return tuple(repr(float(bound)) for bound in sorted(set(bounds)))
