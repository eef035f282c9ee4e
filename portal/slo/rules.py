"""Recording rules and multi-window, multi-burn-rate alerts for an SLO, as a Prometheus rule file.

Names and labels are Sloth's (https://sloth.dev) where it has them. Unlike Sloth's, the record over
the whole window is weighted by events: it divides counted events instead of averaging ratios. The
alert's form is the workbook's (*Site Reliability Workbook*, chapter 5, "Multiwindow,
Multi-Burn-Rate Alerts"), with one rule per pair of windows, so that each can be watched on its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from portal.durations import prometheus_duration
from portal.numbers import number, promql_number
from portal.shop import SCRAPE_INTERVAL_S
from portal.shop.series import quoted
from portal.slo.objective import SLO
from portal.slo.planner import never_fires_because
from portal.slo.queries import error_ratio
from portal.slo.windows import (
    AlertPair,
    Severity,
    Window,
    alert_pairs,
    current_window,
    recorded_windows,
)


@dataclass(frozen=True)
class GeneratedRecord:
    """A query whose result Prometheus keeps under the name ``record``."""

    record: str
    expr: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AlertingRule:
    """A query that alerts while it has a result; ``note`` becomes a comment in the file."""

    alert: str
    expr: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    note: str = ""


Rule = GeneratedRecord | AlertingRule


@dataclass(frozen=True)
class RuleGroup:
    """Rules evaluated one after another; ``interval_s`` None leaves it to Prometheus."""

    name: str
    rules: tuple[Rule, ...]
    interval_s: float | None = None


def slo_id(slo: SLO) -> str:
    """What Sloth calls an SLO: service and name."""
    return f"{slo.job}-{slo.name}"


def sloth_labels(slo: SLO) -> dict[str, str]:
    """The labels that every record and alert of an SLO carries."""
    return {"sloth_id": slo_id(slo), "sloth_service": slo.job, "sloth_slo": slo.name}


def alert_name(slo: SLO, pair: AlertPair) -> str:
    """The alert's name: ``FlaskAppAvailabilityPage1h``."""
    stem = "".join(part.capitalize() for part in slo.name.split("-"))
    return f"{stem}{pair.severity.capitalize()}{pair.long}"


def rule_groups(slo: SLO, scrape_interval_s: float = SCRAPE_INTERVAL_S) -> tuple[RuleGroup, ...]:
    """The three groups of an SLO: error ratios, what is known about the SLO, and its alerts.

    Those of the lab's short window are evaluated as often as the service is scraped.
    """
    interval_s = scrape_interval_s if slo.window is Window.LAB else None
    identity = slo_id(slo)
    return (
        RuleGroup(f"sloth-slo-sli-recordings-{identity}", tuple(_sli_records(slo)), interval_s),
        RuleGroup(f"sloth-slo-meta-recordings-{identity}", tuple(_meta_records(slo)), interval_s),
        RuleGroup(f"sloth-slo-alerts-{identity}", tuple(_alerts(slo)), interval_s),
    )


def rule_file(slos: Iterable[SLO], scrape_interval_s: float = SCRAPE_INTERVAL_S) -> str:
    """The Prometheus rule file (YAML text) that guards these SLOs."""
    return render(group for slo in slos for group in rule_groups(slo, scrape_interval_s))


def render(groups: Iterable[RuleGroup]) -> str:
    """A Prometheus rule file: YAML text. Written by hand, since it is read by learners."""
    return "".join(["groups:\n", *(_group(group) for group in groups)])


def _sli_records(slo: SLO) -> Iterator[GeneratedRecord]:
    for window in recorded_windows(slo.window):
        yield GeneratedRecord(
            f"slo:sli_error:ratio_rate{window}",
            error_ratio(slo, window).replace(" / ", "\n/\n"),
            {**sloth_labels(slo), "sloth_window": window},
        )


def _meta_records(slo: SLO) -> Iterator[GeneratedRecord]:
    labels = sloth_labels(slo)
    days = slo.window.seconds / Window.MONTH.seconds * 30

    def record(name: str, expr: str, **more: str) -> GeneratedRecord:
        return GeneratedRecord(name, expr, {**labels, **more})

    yield record("slo:objective:ratio", f"vector({slo.objective!r})")
    yield record("slo:error_budget:ratio", f"vector({slo.error_budget!r})")
    yield record("slo:time_period:days", f"vector({promql_number(days)})")
    yield record("slo:current_burn_rate:ratio", _burn_rate(slo, current_window(slo.window)))
    yield record("slo:period_burn_rate:ratio", _burn_rate(slo, slo.window.value))
    yield record(
        "slo:period_error_budget_remaining:ratio", f"1 - slo:period_burn_rate:ratio{_match(slo)}"
    )
    yield record(
        "sloth_slo_info",
        "vector(1)",
        sloth_mode="slo-lab",
        sloth_spec="openslo/v1",
        sloth_objective=slo.percent.removesuffix(" %"),
    )


def _alerts(slo: SLO) -> Iterator[AlertingRule]:
    for pair in alert_pairs(slo.window):
        yield AlertingRule(
            alert_name(slo, pair),
            f"{_exceeds(slo, pair, pair.long)}\nand\n{_exceeds(slo, pair, pair.short)}",
            {
                **sloth_labels(slo),
                "sloth_severity": pair.severity.value,
                "severity": pair.severity.value,
                "long_window": pair.long,
                "short_window": pair.short,
            },
            _annotations(slo, pair),
            note=never_fires_because(slo, pair) or "",
        )


def _annotations(slo: SLO, pair: AlertPair) -> dict[str, str]:
    much = "" if pair.factor == 1 else f"more than {number(pair.factor)} times "
    urgency = "Act now" if pair.severity is Severity.PAGE else "Look into it"
    return {
        "summary": f"{slo.name} burns its error budget {much}too fast",
        "description": (
            f"{urgency}: {{{{ $value | humanizePercentage }}}} of the requests of {slo.job} in the "
            f"last {pair.long} were not {slo.good}. The objective is {slo.percent} over "
            f"{slo.window.label}, and the last {pair.short} say that it still goes on."
        ),
    }


def _exceeds(slo: SLO, pair: AlertPair, window: str) -> str:
    record = f"slo:sli_error:ratio_rate{window}{_match(slo)}"
    factor = promql_number(round(pair.factor, 12))
    return f"max({record} > ({factor} * {promql_number(slo.error_budget)})) without (sloth_window)"


def _burn_rate(slo: SLO, window: str) -> str:
    ratio = f"slo:sli_error:ratio_rate{window}{_match(slo)}"
    budget = f"slo:error_budget:ratio{_match(slo)}"
    return f"{ratio}\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n{budget}"


def _match(slo: SLO) -> str:
    return "{" + ", ".join(f"{k}={quoted(v)}" for k, v in sloth_labels(slo).items()) + "}"


def _group(group: RuleGroup) -> str:
    interval = (
        ""
        if group.interval_s is None
        else f"    interval: {prometheus_duration(group.interval_s)}\n"
    )
    rules = "".join(_rule(rule) for rule in group.rules)
    return f"  - name: {_string(group.name)}\n{interval}    rules:\n{rules}"


def _rule(rule: Rule) -> str:
    expr = "        expr: |-\n" + "".join(f"          {line}\n" for line in rule.expr.splitlines())
    labels = _mapping("labels", rule.labels)
    if isinstance(rule, GeneratedRecord):
        return f"      - record: {rule.record}\n{expr}{labels}"
    note = f"      # {rule.note}\n" if rule.note else ""
    annotations = _mapping("annotations", rule.annotations)
    return f"{note}      - alert: {rule.alert}\n{expr}{labels}{annotations}"


def _mapping(key: str, values: dict[str, str]) -> str:
    lines = "".join(f"          {name}: {_string(value)}\n" for name, value in values.items())
    return f"        {key}:\n{lines}" if values else ""


def _string(value: str) -> str:
    """A YAML string: JSON's double-quoted form is one."""
    return json.dumps(value, ensure_ascii=False)
