"""Is an alert tied to one of the learner's SLOs? In Prometheus or in Grafana, whoever wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from portal.alerts.findings import JudgedAlert, judged_alerts
from portal.clients.errors import ClientError
from portal.clients.prometheus import SYSTEM as PROMETHEUS
from portal.criteria.base import Status, Subject, Verdict, VerdictLine, Where
from portal.criteria.checker import cannot_ask
from portal.objectives.store import list_slos
from portal.rulefile.states import AlertState
from portal.tie.codes import TieCode
from portal.words import counted, plural

MAX_LINES = 12
HERE = Where("The rule editor", "/alerts/rules")
EXPECTED = "An alert rule on the SLI of one of your SLOs, its limit from the objective."


@dataclass(frozen=True)
class AlertEvidence:
    """How many SLOs there are, every alert rule (the best first), who could not be asked."""

    slos: int
    alerts: tuple[JudgedAlert, ...] = ()
    troubles: tuple[ClientError, ...] = ()

    @property
    def tied(self) -> list[JudgedAlert]:
        """The alerts that guard an SLO."""
        return [one for one in self.alerts if one.finding.tied]


class AlertCriterion:
    """An alert rule that leads to the SLI of an SLO, with a limit from its objective."""

    id: ClassVar[str] = "alert"
    title: ClassVar[str] = "An alert tied to your SLO"
    optional: ClassVar[bool] = True

    def collect(self, subject: Subject) -> AlertEvidence:
        """Read the rules of Prometheus and Grafana, and analyse the alerts among them."""
        slos = [row.value for row in list_slos(subject.learner.id)]
        found = judged_alerts(subject.services, subject.learner, slos)
        return AlertEvidence(len(slos), found.alerts, found.troubles)

    def judge(self, evidence: AlertEvidence) -> Verdict:
        """Met by one tied alert that is evaluated without error."""
        if not evidence.slos:
            # Without Prometheus there is no lab: then nothing can be said, not even that.
            return _not_asked(_of_prometheus(evidence.troubles)) or _no_slo()
        verdict = _judge_tied(evidence.tied)
        if verdict is None or verdict.status is not Status.MET:
            # Nobody waits for an evaluation while a system can't be asked.
            verdict = (
                _not_asked(evidence.troubles)
                or _not_tried(evidence.alerts)
                or verdict
                or _none_tied(evidence.alerts)
            )
        return replace(verdict, lines=tuple(_lines(evidence))[:MAX_LINES])


BLIND = "Prometheus has data for them, so Grafana asks for something else, or elsewhere."


def _judge_tied(tied: Sequence[JudgedAlert]) -> Verdict | None:
    """What the tied alerts are worth; None where there is none."""
    if works := [one for one in tied if one.works]:
        return _met(works[0])
    if waits := [one for one in tied if one.state is AlertState.NOT_EVALUATED and not one.paused]:
        return Verdict(
            Status.NOT_ENOUGH_DATA,
            "not_evaluated",
            "The alert is there, but not evaluated yet",
            f"“{waits[0].name}” waits for its first evaluation in {waits[0].source}.",
            EXPECTED,
            HERE,
            wait_seconds=math.ceil(waits[0].every_s),
        )
    return _fails(tied[0]) if tied else None


def _met(alert: JudgedAlert) -> Verdict:
    tied = f"“{alert.name}” in {alert.source} is tied to {alert.finding.slo}"
    made = " It was made for you from the SLO." if alert.made_for_you else ""
    return Verdict(
        Status.MET,
        "alert_tied",
        "An alert guards your SLO",
        f"{tied}; its state: {alert.state}.{_proves_nothing(alert)}{made}",
        EXPECTED,
        advice=alert.finding.advice,
    )


def _fails(alert: JudgedAlert) -> Verdict:
    if alert.paused:
        code, headline = "paused", f"The alert is tied, but paused in {alert.source}"
        seen = f"“{alert.name}” is paused, so nobody evaluates it."
    elif alert.blind:
        code, headline = "no_data_in_grafana", "The alert is tied, but Grafana finds no data for it"
        seen = f"“{alert.name}”: at its last evaluation its queries found nothing. {BLIND}"
    else:
        code, headline = (
            "evaluation_fails",
            f"The alert is tied, but {alert.source} can’t evaluate it",
        )
        seen = f"“{alert.name}”: {alert.last_error or 'its evaluation fails'}."
    return Verdict(Status.NOT_MET, code, headline, seen, EXPECTED, HERE)


def _no_slo() -> Verdict:
    return Verdict(
        Status.NOT_MET,
        "no_slo",
        "There is no SLO to tie an alert to",
        "No SLO is saved.",
        EXPECTED,
        Where("Define an SLO", "/slos"),
    )


def _of_prometheus(troubles: Sequence[ClientError]) -> list[ClientError]:
    return [one for one in troubles if one.system == PROMETHEUS]


def _not_asked(troubles: Sequence[ClientError]) -> Verdict | None:
    """A system that can't be asked may have the alert that is missed."""
    return cannot_ask(troubles[0]) if troubles else None


def _not_tried(alerts: Sequence[JudgedAlert]) -> Verdict | None:
    """An alert that could not be tried out may be the one that is missed."""
    unknown = [one for one in alerts if one.finding.code is TieCode.CANNOT_CHECK and one.works]
    if not unknown:
        return None
    return Verdict(
        Status.CANNOT_CHECK,
        "not_tried",
        "An alert could not be tried out",
        f"“{unknown[0].name}” in {unknown[0].source}: {unknown[0].finding.reason}",
        EXPECTED,
        HERE,
    )


def _none_tied(alerts: Sequence[JudgedAlert]) -> Verdict:
    if not alerts:
        return Verdict(
            Status.NOT_MET,
            "no_alert",
            "There is no alert rule yet",
            "No alert rule is loaded.",
            EXPECTED,
            HERE,
        )
    rules = counted(len(alerts), "alert rule")
    seen = f"{rules}; {plural(len(alerts), 'it guards none', 'none guards one')}"
    return Verdict(
        Status.NOT_MET,
        str(alerts[0].finding.code),
        "No alert is tied to your SLO yet",
        f"{seen} of your SLOs.",
        EXPECTED,
        HERE,
    )


def _lines(evidence: AlertEvidence) -> Iterator[VerdictLine]:
    """A line for who can't be asked, one for each alert, one more where it fires on nothing."""
    for error in evidence.troubles:
        yield VerdictLine(Status.CANNOT_CHECK, str(error))
    for one in evidence.alerts[:MAX_LINES]:
        reason = one.finding.reason + _proves_nothing(one)
        yield VerdictLine(_status(one), f"{_described(one)}: {reason}")
        if one.finding.fires_on_nothing:
            said = f"“{one.name}” fires on nothing. {one.finding.fires_on_nothing}"
            yield VerdictLine(Status.NOT_MET, said)


def _status(one: JudgedAlert) -> Status:
    if one.finding.code is TieCode.CANNOT_CHECK:
        return Status.CANNOT_CHECK
    if not one.finding.tied:
        return Status.NOT_MET
    if one.works:
        return Status.MET
    waits = one.state is AlertState.NOT_EVALUATED and not one.paused
    return Status.NOT_ENOUGH_DATA if waits else Status.NOT_MET


def _described(one: JudgedAlert) -> str:
    """``“Burn” (Grafana, error: connection refused, made for you)``."""
    state = f"{one.state}: {one.last_error}" if one.last_error else str(one.state)
    words = [str(one.source), "paused" if one.paused else state]
    if one.health not in {"ok", "", "unknown"} and one.state is not AlertState.ERROR:
        words.append(f"health {one.health}")
    if one.blind:
        words.append("no data in Grafana")
    if one.made_for_you:
        words.append("made for you")
    return f"“{one.name}” ({', '.join(words)})"


def _proves_nothing(one: JudgedAlert) -> str:
    return f" It is {one.state} on NaN, which proves nothing." if one.on_nothing else ""
