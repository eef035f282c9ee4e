"""Is an alert tied to one of the learner's SLOs?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from portal.alerts.loaded import LoadedRule, Origin, RuleState, loaded_rules
from portal.clients.prometheus import RuleKind
from portal.criteria.base import Line, Status, Subject, Verdict, Where
from portal.promql.context import RecordingRule
from portal.slo.alerts import AlertFinding, AlertRule, analyse
from portal.slo.store import list_slos

MAX_LINES = 12
HERE = Where("The rule editor", "/alerts/rules")


@dataclass(frozen=True)
class JudgedRule:
    """An alert rule as Prometheus has it, and what it is worth for the learner's SLOs."""

    rule: LoadedRule
    finding: AlertFinding


@dataclass(frozen=True)
class AlertEvidence:
    """How many SLOs there are, and every alert rule."""

    slos: int
    rules: tuple[JudgedRule, ...]


class AlertCriterion:
    """A loaded alert rule that leads to the SLI of an SLO, with a limit from its objective."""

    id: ClassVar[str] = "alert"
    title: ClassVar[str] = "An alert tied to your SLO"
    optional: ClassVar[bool] = True

    def collect(self, subject: Subject) -> AlertEvidence:
        """Read the rules that Prometheus has loaded, and analyse the alerts among them."""
        loaded = loaded_rules(subject.services)
        slos = [row.value for row in list_slos(subject.learner.id)]
        records = list(_records(loaded))
        alerts = (rule for rule in loaded if rule.kind is RuleKind.ALERTING)
        return AlertEvidence(
            len(slos),
            tuple(JudgedRule(one, analyse(_as_rule(one), slos, records)) for one in alerts),
        )

    def judge(self, evidence: AlertEvidence) -> Verdict:
        """Met by one tied alert that Prometheus evaluates without error."""
        expected = (
            "A loaded alert rule on the SLI of one of your SLOs, its limit from the objective."
        )
        if not evidence.slos:
            return Verdict(
                Status.NOT_MET,
                "no_slo",
                "There is no SLO to tie an alert to",
                "No SLO is saved.",
                expected,
                Where("Define an SLO", "/slos"),
            )
        if not evidence.rules:
            return Verdict(
                Status.NOT_MET,
                "no_alert",
                "There is no alert rule yet",
                "Prometheus has no alert rule loaded.",
                expected,
                HERE,
            )
        return _judge_rules(evidence, expected)


def _judge_rules(evidence: AlertEvidence, expected: str) -> Verdict:
    lines = tuple(map(_line, evidence.rules[:MAX_LINES]))
    tied = [one for one in evidence.rules if one.finding.tied]
    well = [one for one in tied if one.rule.state not in _UNWELL]
    if well:
        first = well[0]
        made = " It was made for you from the SLO." if first.rule.origin is Origin.SLO else ""
        return Verdict(
            Status.MET,
            "alert_tied",
            "An alert guards your SLO",
            f"“{first.rule.name}” is tied to {first.finding.slo}; it is {first.rule.state} now."
            + made,
            expected,
            advice=first.finding.reason if first.finding.code != "tied" else "",
            lines=lines,
        )
    if any(one.rule.state is RuleState.NOT_EVALUATED for one in tied):
        return Verdict(
            Status.NOT_ENOUGH_DATA,
            "not_evaluated",
            "The alert is loaded, but not evaluated yet",
            f"“{tied[0].rule.name}” waits for its first evaluation.",
            expected,
            HERE,
            wait_seconds=5,
            lines=lines,
        )
    if tied:
        seen = f"“{tied[0].rule.name}”: {tied[0].rule.last_error or 'its evaluation fails'}."
        return Verdict(
            Status.NOT_MET,
            "evaluation_fails",
            "The alert is tied, but Prometheus can’t evaluate it",
            seen,
            expected,
            HERE,
            lines=lines,
        )
    best = evidence.rules[0]
    return Verdict(
        Status.NOT_MET,
        str(best.finding.code),
        "No alert is tied to your SLO yet",
        f"{len(evidence.rules)} alert rules are loaded; none guards one of your SLOs.",
        expected,
        HERE,
        lines=lines,
    )


_UNWELL = {RuleState.NOT_EVALUATED, RuleState.ERROR}


def _line(one: JudgedRule) -> Line:
    status = Status.MET if one.finding.tied else Status.NOT_MET
    return Line(status, f"“{one.rule.name}” ({one.rule.state}): {one.finding.reason}")


def _as_rule(rule: LoadedRule) -> AlertRule:
    return AlertRule(
        name=rule.name,
        expr=rule.query,
        for_s=rule.duration_s,
        labels=rule.labels,
        group=rule.group,
    )


def _records(loaded: Iterable[LoadedRule]) -> Iterable[RecordingRule]:
    for rule in loaded:
        if rule.kind is RuleKind.RECORDING:
            yield RecordingRule(rule.name, rule.query, rule.labels)
