"""What the lab knows of the learner's work, kept with each submission and shown beside the form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from portal.alerts import record as kept_alerts
from portal.alerts.transitions import AlertHistory
from portal.bursts.models import Burst
from portal.bursts.server_view import ServerView
from portal.bursts.store import recent
from portal.criteria.base import Criterion
from portal.criteria.checker import current_checker
from portal.criteria.models import StoredVerdict
from portal.criteria.store import stored_verdicts, verdict_of
from portal.deadline import Deadline, under
from portal.impact.store import latest_statement
from portal.learners.models import Learner
from portal.live.reading import ReadingState, SLIReading, read, read_history
from portal.numbers import quantile_name
from portal.objectives.models import SavedSLO
from portal.objectives.store import list_slos, summary
from portal.reflections.criterion import ReflectionCriterion
from portal.reflections.facts import (
    AlertFacts,
    BurstFacts,
    CountedFacts,
    Evidence,
    HistoryFacts,
    ImpactFacts,
    SLIFacts,
    SLOFacts,
    StepFacts,
    VerdictFacts,
)
from portal.reflections.works import Works, works_of
from portal.services import Services
from portal.shop.queries import SLIQueries
from portal.workbench.judge import lab_context

QUANTILES = ("p50", "p95", "p99")
HISTORY_SPAN = timedelta(hours=1)


def gather_whole(services: Services, learner: Learner) -> Evidence:
    """The evidence with the last hour, the dashboards and the alert rules; in a time of its own."""
    with under(Deadline(services.limits.page.export_s)):
        return gather(services, learner, whole=True)


def gather(services: Services, learner: Learner, *, whole: bool = False) -> Evidence:
    """The evidence now; a system that does not answer is named in it, never an error."""
    queries = SLIQueries(learner.service.job)
    now = services.clock()
    present = partial(_present, services, queries)
    if whole:
        services.ask_ahead([present, partial(lab_context, services, queries.job)])
    reading = present()
    reachable = reading.state is not ReadingState.UNREACHABLE
    past, complaint = _ask_history(services, queries, now) if whole and reachable else (None, "")
    works = works_of(services, learner) if whole else Works()
    return Evidence(
        taken_at=now,
        job=learner.service.job,
        slis=_sli_facts(reading, queries),
        history=past,
        slos=tuple(_slo_facts(row) for row in list_slos(learner.id)),
        bursts=_bursts(learner.id, services.limits.export.bursts),
        verdicts=_verdicts(learner.id),
        unreachable=_unreachable("" if reachable else reading.reason, complaint, *works.troubles),
        impact=_impact_facts(learner.id),
        dashboards=works.dashboards,
        alert_rules=works.alert_rules,
    )


def _present(services: Services, queries: SLIQueries) -> SLIReading:
    now, interval_s = services.clock(), services.settings.scrape_interval
    return services.readings.get(
        ("reading", queries),
        services.limits.reading.numbers_s,
        lambda: read(services.prometheus, queries, now, interval_s),
    )


def _unreachable(*sentences: str) -> tuple[str, ...]:
    """Who could not be asked: each sentence once."""
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def _ask_history(
    services: Services, queries: SLIQueries, now: datetime
) -> tuple[HistoryFacts | None, str]:
    past = read_history(services.prometheus, queries, now, HISTORY_SPAN)
    if past.reason:
        return None, past.reason
    pairs = zip(past.availability, past.fast_share, strict=True)
    points = tuple((at, good, fast) for (at, good), (_, fast) in pairs)
    return HistoryFacts(start=past.start, end=past.end, points=points), ""


def _sli_facts(reading: SLIReading, queries: SLIQueries) -> SLIFacts:
    return SLIFacts(
        state=reading.state.value,
        reason=reading.reason,
        window=queries.window,
        threshold_seconds=queries.threshold,
        availability=reading.availability,
        fast_share=reading.fast_share,
        quantiles={quantile_name(phi): seconds for phi, seconds in reading.quantiles.items()},
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


def _bursts(learner_id: int, most: int) -> tuple[BurstFacts, ...]:
    bursts = recent(learner_id, most)
    alerts = kept_alerts.histories_of(burst.id for burst in bursts)
    return tuple(_burst_facts(burst, alerts[burst.id]) for burst in bursts)


def _burst_facts(burst: Burst, alerts: Iterable[AlertHistory]) -> BurstFacts:
    return BurstFacts(
        number=burst.number,
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
        quantiles={
            name: value for name in QUANTILES if (value := burst.count_of(name)) is not None
        },
        counted=_counted_facts(ServerView.of_record(burst.server_counts)),
        predicted_error_ratio=burst.predicted_error_ratio,
        predicted_page=burst.predicted_page,
        alerts=tuple(_alert_facts(history, burst) for history in alerts),
    )


def _counted_facts(view: ServerView | None) -> CountedFacts | None:
    if view is None or not view.total:
        return None
    return CountedFacts(
        requests=view.total,
        failed=view.failed,
        slow=view.slow,
        availability=(view.total - view.failed) / view.total,
        quantiles=view.quantiles,
    )


def _impact_facts(learner_id: int) -> ImpactFacts | None:
    row = latest_statement(learner_id)
    if row is None:
        return None
    return ImpactFacts(
        burst=row.burst.number,
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
    criteria = current_checker().criteria.values()
    judged = (c for c in criteria if c.id in stored and c.id != ReflectionCriterion.id)
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
