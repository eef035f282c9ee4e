"""The learner's own alerts on an SLO, each with what a burst must bring until it fires."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from portal.alerts.listing import Listing, shared_listing
from portal.clients.errors import ClientError
from portal.durations import prometheus_duration
from portal.learners import current_learner
from portal.objectives.guard import histories
from portal.objectives.reading import reading_instant
from portal.rulefolder.rules import LoadedRule, RuleOrigin
from portal.services import Services, current_services
from portal.slo.objective import SLO
from portal.slo.planner import Plan, PlannedBurst, plan
from portal.tie import AlertRule, analyse_all
from portal.tie.needs import Need, needs


@dataclass(frozen=True)
class Guarding:
    """An alert that guards the SLO: ``limit`` as an error ratio, ``factor`` as a burn rate.

    ``plan`` is None where what it needs can't be told, or Prometheus can't be asked. What is
    planned must then hold for ``for_s`` seconds until the alert fires.
    """

    name: str
    limit: float
    factor: float
    for_s: float
    plan: Plan | None


def own_guards(slo: SLO, burst: PlannedBurst) -> tuple[Guarding, ...]:
    """The current learner's alerts that guard the SLO, for the SLO's page."""
    services = current_services()
    return guarding(services, current_learner().id, slo, burst, shared_listing(services))


def guarding(
    services: Services, learner_id: int, slo: SLO, burst: PlannedBurst, listed: Listing
) -> tuple[Guarding, ...]:
    """The alerts in Prometheus that guard the SLO and that nobody made for the learner."""
    own = [rule for rule in listed.alerts_of(learner_id) if rule.origin is not RuleOrigin.SLO]
    return tuple(_found(services, own, slo, burst, listed))


def _found(
    services: Services, rules: list[LoadedRule], slo: SLO, burst: PlannedBurst, listed: Listing
) -> Iterator[Guarding]:
    asked = [AlertRule(rule.name, rule.query, rule.duration_s, rule.labels) for rule in rules]
    found = analyse_all(asked, [slo], listed.records, memory=services.trials)
    for rule, finding in zip(rules, found, strict=True):
        if finding.tied and finding.limit is not None and finding.factor is not None:
            planned = _plan(services, rule, slo, burst, listed)
            yield Guarding(rule.name, finding.limit, finding.factor, rule.duration_s, planned)


def _plan(
    services: Services, rule: LoadedRule, slo: SLO, burst: PlannedBurst, listed: Listing
) -> Plan | None:
    """All that the alert needs must hold at once, so what comes last decides."""
    needed, at = needs(rule.query, slo, listed.records), reading_instant(services)
    try:
        held = histories(services, slo, [_window(need) for need in needed], at)
    except ClientError:
        return None
    plans = [plan(need.limit, past, burst) for need, past in zip(needed, held, strict=True)]
    return max(plans, key=_seconds, default=None)


def _window(need: Need) -> str:
    return prometheus_duration(round(need.window_s))


def _seconds(one: Plan) -> float:
    return math.inf if one.seconds is None else one.seconds
