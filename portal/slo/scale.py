"""How could this scale to many services? One template, a handful of request classes.

The classes are the *Site Reliability Workbook*'s (chapter 5, "Alerting at Scale"): it advises
against choosing windows and burn rates for each service on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from portal.numbers import plain
from portal.slo.objective import SLO, SLIKind
from portal.slo.planner import never_fires_because
from portal.slo.rules import AlertingRule, render, rule_groups
from portal.slo.windows import Window, alert_pairs

MAX_SERVICES = 1000
_KNOBS_OF_A_PAIR = 3
"""Long window, short window and burn rate: what somebody tunes in an alert pair."""


class RequestClass(StrEnum):
    """The workbook's request classes, the most demanding first."""

    CRITICAL = "CRITICAL"
    HIGH_FAST = "HIGH_FAST"
    HIGH_SLOW = "HIGH_SLOW"
    LOW = "LOW"
    NO_SLO = "NO_SLO"


@dataclass(frozen=True)
class Targets:
    """What a class promises: ratios, and latency thresholds in seconds for 90 % and for 99 %."""

    availability: float | None = None
    latency_90_s: float | None = None
    latency_99_s: float | None = None


TARGETS = {
    RequestClass.CRITICAL: Targets(0.9999, 0.1, 0.2),
    RequestClass.HIGH_FAST: Targets(0.999, 0.1, 0.2),
    RequestClass.HIGH_SLOW: Targets(0.999, 1.0, 5.0),
    RequestClass.LOW: Targets(0.99),
    RequestClass.NO_SLO: Targets(),
}
MIX = (
    RequestClass.CRITICAL,
    RequestClass.HIGH_FAST,
    RequestClass.HIGH_FAST,
    RequestClass.HIGH_SLOW,
    RequestClass.HIGH_SLOW,
    RequestClass.LOW,
    RequestClass.LOW,
    RequestClass.LOW,
    RequestClass.NO_SLO,
    RequestClass.NO_SLO,
)
"""The class of every ten services in turn: a few critical ones, many that nobody pages for."""


@dataclass(frozen=True)
class Fleet:
    """What N services cost.

    Each recording rule adds one series. ``alerts_that_never_fire`` are those whose limit
    is above an error ratio of 1. ``shared_numbers`` is how many numbers people choose with one
    template, ``tuned_numbers`` with every service tuned on its own.
    """

    services: int
    per_class: dict[RequestClass, int]
    slos: int
    groups: int
    recording_rules: int
    alerts: int
    alerts_that_never_fire: int
    shared_numbers: int
    tuned_numbers: int
    rule_file: str


def fleet(services: int, window: Window = Window.MONTH) -> Fleet:
    """The rules for that many services, each of the class that ``MIX`` gives it in turn."""
    if not 1 <= services <= MAX_SERVICES:
        raise ValueError(f"services must lie between 1 and {MAX_SERVICES}")
    classes = [MIX[number % len(MIX)] for number in range(services)]
    slos = [
        slo
        for number, request_class in enumerate(classes, 1)
        for slo in class_slos(f"service-{number:03d}", request_class, window)
    ]
    groups = [group for slo in slos for group in rule_groups(slo)]
    rules = [rule for group in groups for rule in group.rules]
    alerts = sum(isinstance(rule, AlertingRule) for rule in rules)
    return Fleet(
        services=services,
        per_class={request_class: classes.count(request_class) for request_class in RequestClass},
        slos=len(slos),
        groups=len(groups),
        recording_rules=len(rules) - alerts,
        alerts=alerts,
        alerts_that_never_fire=_never_firing(slos),
        shared_numbers=_numbers_in_the_template(window),
        tuned_numbers=len(slos) + _KNOBS_OF_A_PAIR * alerts,
        rule_file=render(groups),
    )


def class_slos(job: str, request_class: RequestClass, window: Window) -> Iterator[SLO]:
    """The SLOs that a service of that class gets."""
    targets = TARGETS[request_class]
    if targets.availability is not None:
        name = f"{job}-availability"
        yield SLO(name, SLIKind.AVAILABILITY, targets.availability, window, job)
    for share, threshold_s in ((0.9, targets.latency_90_s), (0.99, targets.latency_99_s)):
        if threshold_s is not None:
            name = f"{job}-latency-{plain(round(share * 100))}"
            yield SLO(name, SLIKind.LATENCY, share, window, job, threshold_s)


def _never_firing(slos: list[SLO]) -> int:
    return sum(
        never_fires_because(slo, pair) is not None
        for slo in slos
        for pair in alert_pairs(slo.window)
    )


def _numbers_in_the_template(window: Window) -> int:
    """The targets of all classes and the knobs of one set of pairs."""
    targets = [
        value
        for target in TARGETS.values()
        for value in (target.availability, target.latency_90_s, target.latency_99_s)
    ]
    chosen = sum(value is not None for value in targets)
    return chosen + _KNOBS_OF_A_PAIR * len(alert_pairs(window))
