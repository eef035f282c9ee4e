"""From what was read of alerts to their findings: they are tried together, then judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.numbers import exact
from portal.slo.objective import SLO
from portal.tie.codes import TieCode
from portal.tie.conditions import Condition
from portal.tie.decision import allowance_of, decided
from portal.tie.diary import AlertTried
from portal.tie.judgement import Judgement, exact_limit, is_usual, judge, silenced
from portal.tie.value_labels import NEVER_SETTLES, VALUE_IN_LABEL, holds_value
from portal.trial.attempt import AlertAttempt
from portal.trial.climb import AlertTrial
from portal.trial.diary import NOTHING, Diary
from portal.trial.ladder import Allowance
from portal.trial.memory import TrialMemory
from portal.trial.play import Course

FIRED_ON_NOTHING = (
    "Tried out, it fires while nobody sends a request, and such a firing proves nothing. Let it "
    "return nothing without traffic: `and sum(rate(...[1m])) > 0`."
)
BY_THE_CLOCK = (
    "Whether it fires depends on the time of day or on the date, so at other times nobody is told."
)


WITHOUT_LIMIT = (TieCode.ALWAYS_FIRES, TieCode.INVERTED, TieCode.STRICTER, TieCode.TIED)
"""What is said of an alert that follows the requests and was given no limit."""


@dataclass(frozen=True)
class AlertFinding:
    """What an alert is worth: ``slo`` is the SLO's name that it is tied to, else None.

    ``about`` names the SLO that the reason speaks of; ``limit`` is θ, an error ratio, ``factor``
    the burn rate at which it fires. ``advice`` is what to do with one that is tied and could be
    better, ``fires_on_nothing`` advice when no traffic fires it. ``tried``: what it did on the
    days, where it was tried.
    """

    name: str
    code: TieCode
    reason: str
    slo: str | None = None
    about: str | None = None
    limit: float | None = None
    factor: float | None = None
    advice: str = ""
    fires_on_nothing: str = ""
    tried: AlertTried | None = field(default=None, compare=False, repr=False)

    @property
    def diary(self) -> Diary:
        """What it did day by day."""
        return self.tried.diary if self.tried else NOTHING

    @property
    def tied(self) -> bool:
        """Whether it guards an SLO."""
        return self.code.is_tied


@dataclass(frozen=True)
class AlertCase:
    """An alert on its way to a finding.

    ``readings``: what its expression says, in each of the ways it can be read. ``attempt``: what
    is tried; where nothing can be, ``untried`` says why. ``said``: a finding that needs neither.
    ``labels``: those of the rule's labels that hold a template. ``on_nothing``: advice where no
    traffic fires it; None: that could not be read. ``unlimited``: that it compares nothing, where
    what was read of it is about a comparison that nobody wrote.
    """

    name: str
    readings: tuple[Condition, ...] = ()
    attempt: AlertAttempt | None = None
    untried: str = ""
    said: AlertFinding | None = None
    labels: tuple[tuple[str, str], ...] = ()
    for_s: float = 0.0
    on_nothing: str | None = ""
    unlimited: str = ""

    @property
    def is_tried(self) -> bool:
        """Whether a trial says anything about it."""
        one = self.attempt
        return self.said is None and one is not None and one.can_be_tried and not one.is_strange


def findings(
    cases: Sequence[AlertCase], slos: Sequence[SLO], memory: TrialMemory
) -> list[AlertFinding]:
    """The best finding among the SLOs for each alert; all are tried in one process."""
    tried = _tried(cases, _courses(slos, memory.engine.scrape_interval_s), memory)
    return [
        case.said or _found(case, slos, trials) for case, trials in zip(cases, tried, strict=True)
    ]


def _courses(slos: Sequence[SLO], interval_s: float) -> list[Course]:
    """For each job what its SLOs allow."""
    allowances: dict[str, dict[Allowance, None]] = {}
    for slo in slos:
        allowances.setdefault(slo.job, {})[allowance_of(slo)] = None
    return [Course(job, tuple(known), interval_s) for job, known in allowances.items()]


def _tried(
    cases: Sequence[AlertCase], courses: Sequence[Course], memory: TrialMemory
) -> list[dict[str, AlertTrial]]:
    """For each alert what it did, by job; nothing for one that can't be tried."""
    asked = [
        (number, case.attempt, course)
        for number, case in enumerate(cases)
        for course in courses
        if case.is_tried and case.attempt is not None
    ]
    found: list[dict[str, AlertTrial]] = [{} for _ in cases]
    told = memory.trials([(attempt, course) for _, attempt, course in asked])
    for (number, _, course), trial in zip(asked, told, strict=True):
        found[number][course.job] = trial
    return found


def _found(case: AlertCase, slos: Sequence[SLO], trials: Mapping[str, AlertTrial]) -> AlertFinding:
    judged = [
        (_judged(case, reading, slo, trials.get(slo.job)), slo)
        for reading in case.readings
        for slo in slos
    ]
    if not judged:
        reason = "There is no SLO that it could be tied to."
        return AlertFinding(case.name, TieCode.NOT_AN_SLI, reason)
    best, slo = max(judged, key=_worth)
    trial = trials.get(slo.job)
    finding = AlertFinding(
        case.name,
        best.code,
        best.reason,
        slo=slo.name if best.code.is_tied else None,
        about=slo.name if best.limit is not None else None,
        limit=best.limit,
        factor=best.factor,
        advice=best.advice,
        fires_on_nothing=_on_nothing(case, best, trial),
        tried=AlertTried(trial, slo, case.for_s > 0) if trial else None,
    )
    return _without_limit(_settled(finding, case, trial), case.unlimited)


def _without_limit(finding: AlertFinding, unlimited: str) -> AlertFinding:
    if not unlimited or finding.code not in WITHOUT_LIMIT:
        return finding
    return replace(finding, reason=f"{unlimited} {finding.reason}" if finding.tied else unlimited)


def _judged(case: AlertCase, reading: Condition, slo: SLO, trial: AlertTrial | None) -> Judgement:
    read = judge(reading, slo)
    if trial is None or case.attempt is None:
        return _throughout(reading, _read_only(case, read))
    if trial.untried:
        return Judgement(TieCode.CANNOT_CHECK, f"It could not be tried out. {trial.untried}")
    if trial.error:
        reason = f"Prometheus can't evaluate it: {trial.error}."
        return Judgement(TieCode.UNPARSED, reason) if read.code.is_tied else read
    found = decided(read, exact_limit(reading), trial, slo, case.attempt)
    tied_by_the_clock = found.code.is_tied and case.attempt.reach.by_the_clock
    claims = found.code.is_tied or found.code.is_absolute
    if tied_by_the_clock or (claims and trial.by_the_clock):
        return Judgement(TieCode.NOT_AN_SLI, BY_THE_CLOCK)
    return _throughout(reading, found)


def _throughout(reading: Condition, found: Judgement) -> Judgement:
    """What is tied fires at every error ratio above its limit, between two rungs, too."""
    return (silenced(reading) or found) if found.code.is_tied else found


def _read_only(case: AlertCase, read: Judgement) -> Judgement:
    """What can't be tried is judged by its text; of other people's metrics nothing is known."""
    one = case.attempt
    if one is not None and one.is_strange and read.code.is_absolute:
        names = ", ".join(sorted(one.strange)[:3])
        reason = f"It reads {names}, no metric of the lab's: it is no SLI of one of your SLOs."
        return Judgement(TieCode.NOT_AN_SLI, reason)
    why = case.untried or (one.untriable if one is not None else "")
    return (
        replace(read, reason=f"{read.reason} It was read and not tried out: {why}.")
        if why
        else read
    )


def _on_nothing(case: AlertCase, best: Judgement, trial: AlertTrial | None) -> str:
    if case.on_nothing is not None:
        return case.on_nothing
    fired = trial is not None and trial.on_nothing and best.code.is_tied
    return FIRED_ON_NOTHING if fired else ""


def _settled(finding: AlertFinding, case: AlertCase, trial: AlertTrial | None) -> AlertFinding:
    """A label that changes with the value makes each evaluation a new alert."""
    if not finding.tied or not case.labels:
        return finding
    name = next((name for name, text in case.labels if holds_value(text)), case.labels[0][0])
    if case.for_s > 0:
        ramped = case.attempt is not None and case.attempt.labels and trial is not None
        changes = trial.never_settles if ramped and trial else holds_value(dict(case.labels)[name])
        if not changes:
            return finding
        reason = NEVER_SETTLES.format(label=name, seconds=exact(case.for_s))
        return replace(finding, code=TieCode.LABEL_CHANGES, reason=reason, slo=None, advice="")
    if not holds_value(dict(case.labels)[name]):
        return finding
    advice = f"{finding.advice} {VALUE_IN_LABEL.format(label=name)}".strip()
    return replace(finding, advice=advice)


def _worth(judged: tuple[Judgement, SLO]) -> tuple[int, bool, bool]:
    """Closest to tied first; among several SLOs, the one whose windows know the factor."""
    judgement, slo = judged
    usual = judgement.factor is not None and is_usual(judgement.factor, slo)
    return judgement.code.rank, judgement.related, usual
