"""What is known of the lab while an expression is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3),
    *(0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0),
)
"""The mock app's bucket bounds in seconds."""
JOB = "flask-app"
"""The one job that scrapes the mock app, where no running Prometheus tells of others."""
ROUTES = frozenset({"/", "/search", "/checkout"})


@dataclass(frozen=True)
class RecordingRule:
    """One recording rule: the series ``name`` holds the value of ``expr``."""

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What the classifier may lean on besides the expression.

    ``rules``: recording rules by the name they record. ``scrape_interval_s``: seconds.
    ``buckets``: the histogram's ``le`` labels as Prometheus stores them, without ``+Inf``.
    ``labels``: metric -> label -> its values, read from a running Prometheus; None: there is none.
    """

    rules: Mapping[str, tuple[RecordingRule, ...]] = field(default_factory=dict)
    scrape_interval_s: float = 5.0
    buckets: tuple[str, ...] = tuple(repr(bound) for bound in DEFAULT_BUCKETS)
    labels: Mapping[str, Mapping[str, frozenset[str]]] | None = None

    @property
    def bounds(self) -> tuple[str, ...]:
        """All ``le`` labels, ``+Inf`` last."""
        return (*(bound for bound in self.buckets if bound != "+Inf"), "+Inf")


def bucket_labels(bounds: tuple[float, ...]) -> tuple[str, ...]:
    """Bounds in seconds as the ``le`` labels that Prometheus stores: 1 is ``1.0``."""
    return tuple(repr(float(bound)) for bound in sorted(set(bounds)))
