"""What the lab knows of the learner's work, kept with each submission and shown beside the form.

Submissions keep their evidence for good. So a field that is added later has a default, and a field
that is gone is passed over when an old one is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from portal.alerts import kept as kept_alerts
from portal.alerts.transitions import AlertHistory
from portal.bursts.models import Burst
from portal.bursts.store import recent
from portal.criteria.base import Criterion
from portal.criteria.models import StoredVerdict
from portal.criteria.reflection import ReflectionCriterion
from portal.criteria.registry import CRITERIA
from portal.criteria.store import stored_verdicts, verdict_of
from portal.impact.store import latest_statement
from portal.learners.models import Learner
from portal.services import Services
from portal.slis.queries import SLIQueries
from portal.slis.reading import Reading, ReadingState, read, read_history
from portal.slo.models import SavedSLO
from portal.slo.store import list_slos, summary

READING_MAX_AGE_SECONDS = 4.5
HISTORY_SPAN = timedelta(hours=1)
MOST_BURSTS = 50
Facts = TypeVar("Facts")


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
class BurstFacts:
    """One burst: what was expected, what it sent, what came back, how it hurt, which alerts."""

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

    def to_json(self) -> dict[str, Any]:
        """JSON of the schema in ``docs/export.md``; times are ISO 8601 in UTC."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Evidence:
        """The evidence that ``to_json`` wrote."""
        history = kept["history"]
        return cls(
            taken_at=_time(kept["taken_at"]),
            job=kept["job"],
            slis=_read(SLIFacts, kept["slis"]),
            history=_history_from(history) if history else None,
            slos=tuple(_read(SLOFacts, slo) for slo in kept["slos"]),
            bursts=tuple(map(_burst_from, kept["bursts"])),
            verdicts=tuple(_read(VerdictFacts, one) for one in kept["verdicts"]),
            unreachable=tuple(kept["unreachable"]),
            impact=_read(ImpactFacts, kept["impact"]) if kept.get("impact") else None,
        )


def gather(services: Services, learner: Learner, *, history: bool) -> Evidence:
    """The evidence now; a system that does not answer is named in it, never an error."""
    queries = SLIQueries(learner.service.job)
    now = services.clock()
    reading: Reading = services.readings.get(
        ("reading", queries),
        READING_MAX_AGE_SECONDS,
        lambda: read(services.prometheus, queries, now),
    )
    reachable = reading.state is not ReadingState.UNREACHABLE
    past, complaint = _ask_history(services, queries, now) if history and reachable else (None, "")
    return Evidence(
        taken_at=now,
        job=learner.service.job,
        slis=_sli_facts(reading, queries),
        history=past,
        slos=tuple(_slo_facts(row) for row in list_slos(learner.id)),
        bursts=_bursts(learner.id),
        verdicts=_verdicts(learner.id),
        unreachable=tuple(
            said for said in ("" if reachable else reading.reason, complaint) if said
        ),
        impact=_impact_facts(learner.id),
    )


def _ask_history(
    services: Services, queries: SLIQueries, now: datetime
) -> tuple[HistoryFacts | None, str]:
    past = read_history(services.prometheus, queries, now, HISTORY_SPAN)
    if past.reason:
        return None, past.reason
    pairs = zip(past.availability, past.fast_share, strict=True)
    points = tuple((at, good, fast) for (at, good), (_, fast) in pairs)
    return HistoryFacts(start=past.start, end=past.end, points=points), ""


def _sli_facts(reading: Reading, queries: SLIQueries) -> SLIFacts:
    return SLIFacts(
        state=reading.state.value,
        reason=reading.reason,
        window=queries.window,
        threshold_seconds=queries.threshold,
        availability=reading.availability,
        fast_share=reading.fast_share,
        quantiles={f"p{phi * 100:g}": seconds for phi, seconds in reading.quantiles.items()},
        requests=round(reading.total, 1),
        failed=round(reading.failed, 1),
        requests_per_second=reading.traffic,
        queries={
            "availability": queries.availability,
            "fast_share": queries.fast_share,
            "p95": queries.quantile(0.95),
        },
    )


def _slo_facts(row: SavedSLO) -> SLOFacts:
    return SLOFacts(
        name=row.name,
        title=row.title,
        sli=row.sli,
        objective=row.objective,
        window=row.window,
        threshold_seconds=row.threshold_s,
        promise=summary(row),
        why=row.why,
        created_at=row.created_at,
    )


def _bursts(learner_id: int) -> tuple[BurstFacts, ...]:
    bursts = recent(learner_id, MOST_BURSTS)
    alerts = kept_alerts.histories_of(burst.id for burst in bursts)
    return tuple(_burst_facts(burst, alerts[burst.id]) for burst in bursts)


def _burst_facts(burst: Burst, alerts: Iterable[AlertHistory]) -> BurstFacts:
    return BurstFacts(
        number=burst.id,
        title=burst.title,
        state=burst.state,
        requested_at=burst.requested_at,
        started_at=burst.started_at,
        ended_at=burst.ended_at,
        sent=burst.sent,
        good=burst.good,
        failed=burst.failed_by_kind,
        slow=burst.slow,
        hurt_seconds=round(burst.hurt_seconds, 1),
        predicted_error_ratio=burst.predicted_error_ratio,
        predicted_page=burst.predicted_page,
        alerts=tuple(_alert_facts(history, burst) for history in alerts),
    )


def _impact_facts(learner_id: int) -> ImpactFacts | None:
    row = latest_statement(learner_id)
    if row is None:
        return None
    return ImpactFacts(
        burst=row.burst_id,
        failed=row.failed,
        slow=row.slow,
        seconds=row.seconds,
        sentence=row.sentence,
        stated_at=row.stated_at,
    )


def _alert_facts(history: AlertHistory, burst: Burst) -> AlertFacts:
    start = (burst.started_at or burst.requested_at).timestamp()
    return AlertFacts(
        name=history.name,
        source=history.source.value,
        before=history.before.value,
        transitions=tuple(
            StepFacts(
                state=step.state.value,
                at=datetime.fromtimestamp(step.at, UTC),
                seconds=round(step.seconds_after(start), 1),
                on_nothing=step.on_nothing,
            )
            for step in history.transitions
        ),
    )


def _verdicts(learner_id: int) -> tuple[VerdictFacts, ...]:
    stored = stored_verdicts(learner_id)
    judged = (c for c in CRITERIA if c.id in stored and c.id != ReflectionCriterion.id)
    return tuple(_verdict_facts(criterion, stored[criterion.id]) for criterion in judged)


def _verdict_facts(criterion: Criterion, row: StoredVerdict) -> VerdictFacts:
    verdict = verdict_of(row)
    return VerdictFacts(
        criterion=criterion.id,
        title=criterion.title,
        status=verdict.status.value,
        headline=verdict.headline,
        observed=verdict.observed,
        checked_at=row.checked_at,
        first_met_at=row.first_met_at,
    )


def _plain(value: Any) -> Any:
    """Dataclass parts as JSON holds them."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _read(kind: type[Facts], kept: Mapping[str, Any]) -> Facts:
    """Facts as they were kept; fields named ``..._at`` are times."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(
        **{
            name: _time(value) if name.endswith("_at") and value else value
            for name, value in kept.items()
            if name in known
        }
    )


def _burst_from(kept: Mapping[str, Any]) -> BurstFacts:
    alerts = tuple(_alert_from(alert) for alert in kept.get("alerts", ()))
    return _read(BurstFacts, {**kept, "alerts": alerts})


def _alert_from(kept: Mapping[str, Any]) -> AlertFacts:
    steps = ({**step, "at": _time(step["at"])} for step in kept["transitions"])
    transitions = tuple(_read(StepFacts, step) for step in steps)
    return _read(AlertFacts, {**kept, "transitions": transitions})


def _history_from(kept: Mapping[str, Any]) -> HistoryFacts:
    points = tuple((at, good, fast) for at, good, fast in kept["points"])
    return HistoryFacts(start=_time(kept["start"]), end=_time(kept["end"]), points=points)
