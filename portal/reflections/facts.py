"""Evidence as a value: what it holds, and how it is kept as JSON and read back.

Submissions keep their evidence for good. So a field that is added later has a default, and a field
that is gone is passed over when an old one is read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from portal.records import read_record


@dataclass(frozen=True, kw_only=True)
class SLIFacts:
    """The SLIs at one moment. Ratios 0..1, quantiles in seconds by name (``p95``)."""

    state: str
    reason: str
    window: str
    threshold_seconds: float
    availability: float | None
    fast_share: float | None
    quantiles: dict[str, float]
    requests: float
    failed: float
    requests_per_second: float
    queries: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class HistoryFacts:
    """Points (unix seconds, availability, share under the threshold) of the last hour."""

    start: datetime
    end: datetime
    points: tuple[tuple[float, float | None, float | None], ...]


@dataclass(frozen=True, kw_only=True)
class SLOFacts:
    """One SLO: its promise in a line, and the learner's reason."""

    name: str
    title: str
    sli: str
    objective: float
    window: str
    threshold_seconds: float | None
    promise: str
    why: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class StepFacts:
    """An alert enters a state, ``seconds`` after the burst's start; "on nothing" proves nothing."""

    state: str
    at: datetime
    seconds: float
    on_nothing: bool = False


@dataclass(frozen=True, kw_only=True)
class AlertFacts:
    """What one alert did during a burst and until it was quiet; ``before``: its state at first."""

    name: str
    source: str
    before: str
    transitions: tuple[StepFacts, ...]


@dataclass(frozen=True, kw_only=True)
class CountedFacts:
    """What Prometheus counted of a burst: requests, and quantiles in seconds by name (``p95``).

    ``failed``: answered with a 5xx; ``slow``: over 0.5 s; ``availability``: 0..1.
    """

    requests: float
    failed: float
    slow: float
    availability: float
    quantiles: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class BurstFacts:
    """One burst: what was expected, what it sent, what came back, how it hurt, which alerts.

    ``quantiles``: how long users waited, in seconds by name (``p95``); ``counted``: the same as
    Prometheus saw it; None where that is not known.
    """

    number: int
    title: str
    state: str
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    sent: int
    good: int
    failed: dict[str, int]
    slow: int
    hurt_seconds: float
    quantiles: dict[str, float] = field(default_factory=dict)
    counted: CountedFacts | None = None
    predicted_error_ratio: float | None = None
    predicted_page: bool | None = None
    alerts: tuple[AlertFacts, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VerdictFacts:
    """The last verdict on one criterion (all but that on the reflection itself)."""

    criterion: str
    title: str = ""
    status: str
    headline: str
    observed: str
    checked_at: datetime
    first_met_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ImpactFacts:
    """The learner's newest statement on an incident: requests, seconds, and a sentence."""

    burst: int
    failed: float
    slow: float
    seconds: float
    sentence: str
    stated_at: datetime


@dataclass(frozen=True, kw_only=True)
class PanelFacts:
    """One panel: ``sli`` is ``availability``, ``latency`` or None; ``found`` says why."""

    title: str
    query: str
    sli: str | None
    found: str


@dataclass(frozen=True, kw_only=True)
class DashboardFacts:
    """A dashboard of the learner's that shows SLIs, and where it lies."""

    title: str
    place: str
    panels: tuple[PanelFacts, ...]


@dataclass(frozen=True, kw_only=True)
class AlertRuleFacts:
    """An alert rule: ``slo`` names the SLO that it is tied to, else None; ``found`` says why.

    ``made_for_you``: the portal wrote it from the SLO.
    """

    name: str
    source: str
    expr: str
    for_seconds: float
    made_for_you: bool
    slo: str | None
    found: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything known at ``taken_at``; ``unreachable`` says which system could not be asked."""

    taken_at: datetime
    job: str
    slis: SLIFacts
    history: HistoryFacts | None
    slos: tuple[SLOFacts, ...]
    bursts: tuple[BurstFacts, ...]
    verdicts: tuple[VerdictFacts, ...]
    unreachable: tuple[str, ...]
    impact: ImpactFacts | None = None
    dashboards: tuple[DashboardFacts, ...] = ()
    alert_rules: tuple[AlertRuleFacts, ...] = ()

    @property
    def last_counted(self) -> BurstFacts | None:
        """The newest burst of which Prometheus' numbers are known."""
        return next((burst for burst in self.bursts if burst.counted), None)

    def to_json(self) -> dict[str, Any]:
        """JSON of the schema in ``docs/export.md``; times are ISO 8601 in UTC."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def unreadable(cls, taken_at: datetime) -> Evidence:
        """What stands for evidence that can't be read back: nothing, and a word about it."""
        slis = SLIFacts(
            state="not known",
            reason="",
            window="",
            threshold_seconds=0.0,
            availability=None,
            fast_share=None,
            quantiles={},
            requests=0.0,
            failed=0.0,
            requests_per_second=0.0,
            queries={},
        )
        return cls(
            taken_at=taken_at,
            job="",
            slis=slis,
            history=None,
            slos=(),
            bursts=(),
            verdicts=(),
            unreachable=("The evidence that was kept can’t be read from the database.",),
        )

    @classmethod
    def from_json(cls, kept: Any) -> Evidence:
        """The evidence that ``to_json`` wrote; raises RecordError."""
        return read_record(cls, kept)


def _plain(value: Any) -> Any:
    """Dataclass parts as JSON holds them."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value
