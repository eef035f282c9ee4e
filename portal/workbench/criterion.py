"""Does one of the learner's dashboards show SLIs? Grafana's, handed-in ones, the workbench's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from portal.criteria import store as verdicts
from portal.criteria.base import Status, Subject, Verdict, VerdictLine, Where
from portal.criteria.checker import cannot_ask
from portal.dashboards import PanelFinding
from portal.dashboards.judge import NEEDED
from portal.learners.models import Learner
from portal.numbers import count
from portal.promql.findings import Code, Sli
from portal.words import counted, plural
from portal.workbench.candidates import Candidate, DashboardOrigin
from portal.workbench.evidence import DashboardEvidence, gather
from portal.workbench.turns import OF_SEVERAL

MAX_LINES = 12
MAX_OTHERS = 3
EXPECTED = f"One dashboard with at least {NEEDED} panels that show SLIs."
WHICH_ONE = "So nobody knows which of them your panels ask."
WORKBENCH = Where("Build one on the workbench", "/workbench")
EVERY_PANEL = Where("Every dashboard, panel by panel", "/workbench/dashboards")


def known_dashboard(learner: Learner) -> str:
    """The uid of the dashboard in Grafana that was the best last time; "" when there was none."""
    return _remembered(learner, "uid")


def seen_before(learner: Learner) -> frozenset[str]:
    """Digests of the queries that had data when the criterion was met."""
    return frozenset(_remembered(learner, "seen").split())


def _remembered(learner: Learner, name: str) -> str:
    kept = verdicts.stored_verdict(learner.id, DashboardCriterion.id)
    return str(verdicts.memory(kept).get(name, ""))


def digest(query: str) -> str:
    """A short name of a query, to be remembered by."""
    return hashlib.sha256(query.encode()).hexdigest()[:16]


class DashboardCriterion:
    """At least two panels that show SLIs, in one dashboard of the learner's own."""

    id: ClassVar[str] = "dashboard"
    title: ClassVar[str] = "A dashboard that shows SLIs"
    optional: ClassVar[bool] = False
    details: ClassVar[Where] = EVERY_PANEL

    def collect(self, subject: Subject) -> DashboardEvidence:
        """Read uploads, the workbench and Grafana: the dashboard that met last time first."""
        known = known_dashboard(subject.learner)
        wait = subject.services.limits.workbench.scan_wait_s
        evidence = gather(subject.services, subject.learner, known=known, wait_seconds=wait)
        if not evidence.candidates:
            # "No dashboard" is said of a lab that runs; without one nothing can be said.
            subject.services.prometheus.query("vector(1)")
        return replace(evidence, seen=seen_before(subject.learner))

    def judge(self, evidence: DashboardEvidence) -> Verdict:
        """Met by the best dashboard; else what is missing in it."""
        verdict = _judge(evidence)
        if evidence.known:
            verdict.memory["uid"] = evidence.known
        if verdict.status is Status.MET and evidence.best is not None:
            verdict.memory["seen"] = " ".join(_had_data(evidence.best, evidence))
        return verdict


def _judge(evidence: DashboardEvidence) -> Verdict:
    """What was seen decides; but nobody waits for data while a system can't be asked."""
    verdict = _of_what_was_seen(evidence)
    if verdict.status is not Status.NOT_ENOUGH_DATA:
        return verdict
    return replace(_not_asked(evidence) or verdict, lines=verdict.lines)


def _not_asked(evidence: DashboardEvidence) -> Verdict | None:
    if evidence.prometheus_error is not None:
        return cannot_ask(evidence.prometheus_error)
    return _cannot_ask_grafana(evidence) if evidence.grafana_trouble else None


def _of_what_was_seen(evidence: DashboardEvidence) -> Verdict:
    best = evidence.best
    if best is not None and best.meets:
        return _met(best, evidence)
    if evidence.prometheus_error is not None and best is not None:
        return cannot_ask(evidence.prometheus_error)
    if evidence.grafana_trouble and (best is None or best.origin is not DashboardOrigin.GRAFANA):
        return _cannot_ask_grafana(evidence)
    if best is not None and len(best.sli_panels) >= NEEDED:
        idle = len(_had_data(best, evidence)) >= NEEDED
        return _idle(best, evidence) if idle else _silent(best, evidence)
    if best and best.untried and len(best.sli_panels) + len(best.untried) >= NEEDED:
        return _cannot_try(best)
    if evidence.progress is not None and (best is None or not best.sli_panels):
        return _still_reading(evidence)
    if best is None:
        return _nothing_found(evidence)
    if len(best.sli_panels) + len(best.to_confirm) >= NEEDED:
        return _to_be_confirmed(best, evidence)
    return _too_few(best, evidence)


def _met(best: Candidate, evidence: DashboardEvidence) -> Verdict:
    kinds = {panel.sli for panel in best.with_data}
    advice = ""
    if len(kinds) == 1:
        missing = next(iter(set(Sli) - kinds))
        advice = f"All of them show {next(iter(kinds))}. Add {missing}: users feel that too."
    word = f", {best.confirmed} of them as confirmed by you" if best.confirmed else ""
    return Verdict(
        Status.MET,
        "dashboard_shows_slis",
        "Your dashboard shows SLIs",
        f"“{best.title}”, {best.origin}: {counted(len(best.with_data), 'panel')} show SLIs{word}."
        + _further(best, evidence),
        EXPECTED,
        Where(best.title, best.url),
        advice=advice,
        lines=panel_lines(best),
    )


def _had_data(best: Candidate, evidence: DashboardEvidence) -> list[str]:
    """Digests of its panels' queries that have data, or had it when the criterion was met."""
    now = {digest(panel.run) for panel in best.with_data}
    shown = [digest(panel.run) for panel in best.sli_panels]
    return [one for one in shown if one in now or one in evidence.seen]


def _idle(best: Candidate, evidence: DashboardEvidence) -> Verdict:
    """The same queries had data before: without traffic they have nothing to show, and stay met."""
    return Verdict(
        Status.MET,
        "dashboard_shows_slis",
        "Your dashboard shows SLIs",
        f"“{best.title}”, {best.origin}: {counted(len(best.sli_panels), 'panel')} show SLIs."
        f" Their queries had data before; {_why_silent(best)}." + _further(best, evidence),
        EXPECTED,
        Where(best.title, best.url),
        lines=panel_lines(best),
    )


def _silent(best: Candidate, evidence: DashboardEvidence) -> Verdict:
    return Verdict(
        Status.NOT_ENOUGH_DATA,
        "panels_without_data",
        "Your panels are right, but there is no data in them now",
        f"“{best.title}”, {best.origin}: {counted(len(best.sli_panels), 'panel')} show SLIs, but "
        f"{_why_silent(best)}." + _further(best, evidence),
        "Values now: send a burst.",
        Where("Send a burst", "/bursts"),
        wait_seconds=15,
        lines=panel_lines(best),
    )


def _why_silent(best: Candidate) -> str:
    why = next((w for w in best.silent.values() if w), "")
    return OF_SEVERAL.get(why, why) or "they were not asked yet"


def _cannot_try(best: Candidate) -> Verdict:
    return Verdict(
        Status.CANNOT_CHECK,
        "queries_cannot_be_tried",
        "Can’t check: your queries can’t be tried now",
        f"“{best.title}”, {best.origin}: {best.untried[0].reason}",
        EXPECTED,
        Where("How is the lab?", "/lab"),
        lines=panel_lines(best),
    )


def _to_be_confirmed(best: Candidate, evidence: DashboardEvidence) -> Verdict:
    names = ", ".join(f"“{panel.title or '(no title)'}”" for panel in best.to_confirm[:MAX_OTHERS])
    return Verdict(
        Status.NOT_ENOUGH_DATA,
        "confirmation_needed",
        "Say what your panels show",
        f"“{best.title}”, {best.origin}: the check can’t analyse {names}."
        " That counts when you confirm what it shows." + _further(best, evidence),
        EXPECTED,
        Where("Confirm it", EVERY_PANEL.url),
        lines=panel_lines(best),
    )


def _too_few(best: Candidate, evidence: DashboardEvidence) -> Verdict:
    nothing = "Your dashboard does not show an SLI yet"
    return Verdict(
        Status.NOT_MET,
        "too_few_sli_panels" if best.sli_panels else "no_sli_panel",
        "One panel shows an SLI; one more is needed" if best.sli_panels else nothing,
        f"“{best.title}”, {best.origin}: {best.shown}." + _further(best, evidence),
        EXPECTED,
        Where(best.title, best.url),
        lines=panel_lines(best),
    )


def _still_reading(evidence: DashboardEvidence) -> Verdict:
    return Verdict(
        Status.NOT_ENOUGH_DATA,
        "still_reading",
        "Still reading Grafana’s dashboards",
        f"None of yours shows SLIs so far.{_progress(evidence)}"
        " A dashboard in the folder “SLO lab” is found first.",
        EXPECTED,
        EVERY_PANEL,
        wait_seconds=30,
    )


def _nothing_found(evidence: DashboardEvidence) -> Verdict:
    seen = "There is no dashboard of yours yet."
    if evidence.assisted:
        verb = plural(evidence.assisted, "doesn’t", "don’t")
        seen += f" {evidence.assisted} made by the lab or from files {verb} count."
    if evidence.unread:
        seen += f" {evidence.unread} in Grafana can’t be read."
    if evidence.without_grafana:
        seen += " The lab runs without Grafana: the workbench and the upload do as well."
    return Verdict(Status.NOT_MET, "no_dashboard", "No dashboard yet", seen, EXPECTED, WORKBENCH)


def _cannot_ask_grafana(evidence: DashboardEvidence) -> Verdict:
    return Verdict(
        Status.CANNOT_CHECK,
        "grafana_cannot_be_asked",
        "Can’t check: Grafana can’t be asked",
        evidence.grafana_trouble,
        EXPECTED,
        Where("How is the lab?", "/lab"),
    )


def panel_lines(best: Candidate) -> tuple[VerdictLine, ...]:
    """A line for each panel: what it shows, and whether that can be seen now."""
    panels = best.panels[:MAX_LINES]
    lines = [
        VerdictLine(_mark(panel, best.silent), _panel_words(panel, best.silent)) for panel in panels
    ]
    if (further := len(best.panels) - MAX_LINES) > 0:
        lines.append(VerdictLine(Status.MET, f"and {counted(further, 'more panel')}"))
    return tuple(lines)


def _mark(panel: PanelFinding, silent: Mapping[str, str]) -> Status:
    if panel.sli is not None:
        return Status.NOT_ENOUGH_DATA if silent.get(panel.run) else Status.MET
    cannot = panel.confirmable or panel.code is Code.UNTRIED
    return Status.CANNOT_CHECK if cannot else Status.NOT_MET


def _panel_words(panel: PanelFinding, silent: Mapping[str, str]) -> str:
    title, why = panel.title or "(no title)", silent.get(panel.run)
    told = not panel.sli or panel.reason.lower().startswith(panel.sli)
    what = panel.reason if told else f"{panel.sli}. {panel.reason}"
    return f"“{title}”: {what}" + (f" But {why}." if why else "")


def _further(best: Candidate, evidence: DashboardEvidence) -> str:
    """What else there is: other dashboards with SLIs, Grafana's trouble, the scan's progress."""
    others = [one for one in evidence.candidates if one is not best and one.sli_panels]
    titles = ", ".join(f"“{one.title}”" for one in others[:MAX_OTHERS])
    more = f" and {len(others) - MAX_OTHERS} more" if len(others) > MAX_OTHERS else ""
    words = f" SLIs are in {titles}{more} too." if others else ""
    if evidence.grafana_trouble:
        words += f" {evidence.grafana_trouble}"
    elif evidence.sources_trouble:
        words += f" {evidence.sources_trouble} {WHICH_ONE}"
    return words + _progress(evidence)


def _progress(evidence: DashboardEvidence) -> str:
    if evidence.progress is None:
        return ""
    total = counted(evidence.progress.total, "dashboard")
    return f" Read {count(evidence.progress.read)} of {total} so far."
