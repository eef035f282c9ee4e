"""Does one of the learner's dashboards show SLIs? Grafana's, handed-in ones, the workbench's."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

from portal.clients.errors import ClientError
from portal.clients.grafana import Dashboard
from portal.clients.prometheus import PrometheusClient
from portal.criteria import store as verdicts
from portal.criteria.base import Line, Status, Subject, Verdict, Where
from portal.dashboards import (
    CheckContext,
    DashboardFinding,
    PanelFinding,
    UnreadableDashboardError,
    judge,
    load,
)
from portal.dashboards.judge import NEEDED
from portal.lab.grafana_state import grafana_absence
from portal.promql.findings import Sli
from portal.workbench import export, store
from portal.workbench.judge import CONFIRMED, lab_context, validity

ASSISTED_TAG = "slo-lab-assisted"
SCAN_SECONDS = 6.0
MAX_LINES = 12
WORKBENCH = Where("Build one on the workbench", "/workbench")
MARKS = {True: Status.MET, False: Status.NOT_MET}


class Origin(StrEnum):
    """Where a dashboard was found."""

    GRAFANA = "in Grafana"
    HANDED_IN = "handed in"
    WORKBENCH = "on the workbench, not in Grafana yet"


@dataclass(frozen=True)
class Candidate:
    """One dashboard: what the check says, and by query why there is no value now ("": there is)."""

    origin: Origin
    uid: str
    title: str
    url: str
    finding: DashboardFinding
    silent: Mapping[str, str] = field(default_factory=dict)

    @property
    def sli_panels(self) -> list[PanelFinding]:
        """The panels that show an SLI."""
        return [panel for panel in self.finding.panels if panel.sli is not None]

    @property
    def with_data(self) -> list[PanelFinding]:
        """Those of them whose query has a value now."""
        return [panel for panel in self.sli_panels if not self.silent.get(panel.run)]

    @property
    def worth(self) -> tuple[int, int, int]:
        """More panels with data first, then more SLIs, then Grafana before the others."""
        kinds = len({panel.sli for panel in self.with_data})
        return (len(self.with_data), len(self.sli_panels) + kinds, self.origin is Origin.GRAFANA)


@dataclass(frozen=True)
class DashboardEvidence:
    """The dashboards that were looked at, what Grafana could not answer, what was left out."""

    candidates: tuple[Candidate, ...]
    grafana_trouble: str = ""
    assisted: int = 0
    without_grafana: bool = False
    unread: int = 0


class DashboardCriterion:
    """At least two panels that show SLIs, in one dashboard of the learner's own."""

    id: ClassVar[str] = "dashboard"
    title: ClassVar[str] = "A dashboard that shows SLIs"
    optional: ClassVar[bool] = False

    def collect(self, subject: Subject) -> DashboardEvidence:
        """Read Grafana (the dashboard that met last time first), uploads and the workbench."""
        reader = _Reader(subject)
        own = [*reader.handed_in(), *reader.workbench()]
        return reader.with_grafana(own)

    def judge(self, evidence: DashboardEvidence) -> Verdict:
        """Met by the best dashboard; else what is missing in it."""
        expected = f"One dashboard with at least {NEEDED} panels that show SLIs."
        best = max(evidence.candidates, key=lambda one: one.worth, default=None)
        if best is None:
            return _nothing_found(evidence, expected)
        if len(best.with_data) >= NEEDED:
            return _met(best, evidence, expected)
        if evidence.grafana_trouble and best.origin is not Origin.GRAFANA:
            return _cannot_ask(evidence, expected)
        if len(best.sli_panels) >= NEEDED:
            return _silent(best, expected)
        return _too_few(best, evidence, expected)


class _Reader:
    """Finds the learner's dashboards and judges each."""

    def __init__(self, subject: Subject) -> None:
        self._services = subject.services
        self._learner = subject.learner
        self._confirmed = store.confirmed(subject.learner.id)
        promql = lab_context(subject.services, subject.learner.service.job)
        self._context = CheckContext(
            promql=promql,
            library_panel=self._library_panel,
            validate=lambda exprs: [validity(subject.services.prometheus, e) for e in exprs],
        )

    def handed_in(self) -> Iterator[Candidate]:
        for row in store.handed_in(self._learner.id):
            with contextlib.suppress(UnreadableDashboardError):
                document = load(row.document.encode())
                where = f"/workbench#handed-in-{row.id}"
                yield self._judged(Origin.HANDED_IN, "", row.file_name, where, document)

    def workbench(self) -> Iterator[Candidate]:
        panels = store.panels(self._learner.id)
        if panels:
            document = export.dashboard(panels, export.TITLE, {"type": "prometheus"})
            yield self._judged(Origin.WORKBENCH, "", export.TITLE, "/workbench#panels", document)

    def with_grafana(self, own: list[Candidate]) -> DashboardEvidence:
        if grafana_absence(self._services.settings) is not None:
            return DashboardEvidence(tuple(own), without_grafana=True)
        found: list[Candidate] = []
        assisted = unread = 0
        try:
            for dashboard in self._scan():
                if dashboard is None:
                    unread += 1
                elif dashboard.provisioned or ASSISTED_TAG in dashboard.tags:
                    assisted += 1
                else:
                    found.append(self._of_grafana(dashboard))
                    if len(found[-1].with_data) >= NEEDED:
                        break
        except ClientError as error:
            trouble = f"{error} Your dashboard is not at fault."
            return DashboardEvidence((*found, *own), trouble, assisted, unread=unread)
        return DashboardEvidence((*found, *own), "", assisted, unread=unread)

    def _scan(self) -> Iterator[Dashboard | None]:
        kept = verdicts.stored_verdict(self._learner.id, DashboardCriterion.id)
        known = (kept.verdict.get("memory") or {}).get("uid") if kept else None
        give_up = time.monotonic() + SCAN_SECONDS
        readings = self._services.grafana.read_dashboards(known, seconds=SCAN_SECONDS)
        with contextlib.closing(readings):
            for reading in readings:
                yield reading.dashboard
                if time.monotonic() > give_up:
                    return

    def _of_grafana(self, found: Dashboard) -> Candidate:
        url = f"{self._services.settings.grafana_link}{found.url}"
        return self._judged(Origin.GRAFANA, found.uid, found.title, url, found.content)

    def _judged(self, origin: Origin, uid: str, title: str, url: str, document: Any) -> Candidate:
        finding = self._with_confirmations(judge(document, self._context))
        runs = dict.fromkeys(panel.run for panel in finding.panels if panel.sli and panel.run)
        silent = {run: _why_silent(self._services.prometheus, run) for run in runs}
        return Candidate(origin, uid, finding.title or title, url, finding, silent)

    def _with_confirmations(self, finding: DashboardFinding) -> DashboardFinding:
        return replace(finding, panels=tuple(map(self._confirmed_panel, finding.panels)))

    def _confirmed_panel(self, panel: PanelFinding) -> PanelFinding:
        sli = self._confirmed.get(panel.run) if panel.confirmable else None
        return replace(panel, sli=Sli(sli), reason=CONFIRMED) if sli else panel

    def _library_panel(self, uid: str) -> Mapping[str, Any] | None:
        try:
            return self._services.grafana.library_panel(uid).model
        except ClientError:
            return None


def _why_silent(prometheus: PrometheusClient, run: str) -> str:
    """Why the query has no value now; "" when it has one. Raises ClientError."""
    samples = prometheus.query(run)
    if not samples:
        return "it returns no data now"
    if not any(math.isfinite(sample.value) for sample in samples):
        return "its value is not a number now: there is no traffic in its range"
    return ""


def _panel_lines(best: Candidate) -> tuple[Line, ...]:
    shown = best.finding.panels[:MAX_LINES]
    lines = [
        Line(MARKS[panel.sli is not None], _panel_words(panel, best.silent)) for panel in shown
    ]
    if len(best.finding.panels) > MAX_LINES:
        more = len(best.finding.panels) - MAX_LINES
        lines.append(Line(Status.MET, f"and {more} more panels"))
    return tuple(lines)


def _panel_words(panel: PanelFinding, silent: Mapping[str, str]) -> str:
    title = panel.title or "(no title)"
    why = silent.get(panel.run)
    what = f"{panel.sli}. {panel.reason}" if panel.sli else panel.reason
    return f"“{title}”: {what}" + (f" But {why}." if why else "")


def _met(best: Candidate, evidence: DashboardEvidence, expected: str) -> Verdict:
    kinds = {panel.sli for panel in best.with_data}
    advice = ""
    if len(kinds) == 1:
        missing = next(iter(set(Sli) - kinds))
        advice = f"Both show {next(iter(kinds))}. Add {missing}: users feel that too."
    return Verdict(
        Status.MET,
        "dashboard_shows_slis",
        "Your dashboard shows SLIs",
        f"“{best.title}”, {best.origin}: {len(best.with_data)} panels show SLIs."
        + _others(best, evidence),
        expected,
        Where(best.title, best.url),
        advice=advice,
        lines=_panel_lines(best),
        memory={"uid": best.uid} if best.uid else {},
    )


def _silent(best: Candidate, expected: str) -> Verdict:
    why = next(w for w in best.silent.values() if w)
    return Verdict(
        Status.NOT_ENOUGH_DATA,
        "panels_without_data",
        "Your panels are right, but there is no data in them now",
        f"“{best.title}”, {best.origin}: {len(best.sli_panels)} panels show SLIs, but {why}.",
        "Values now: send a burst.",
        Where("Send a burst", "/bursts"),
        wait_seconds=15,
        lines=_panel_lines(best),
        memory={"uid": best.uid} if best.uid else {},
    )


def _too_few(best: Candidate, evidence: DashboardEvidence, expected: str) -> Verdict:
    count = len(best.sli_panels)
    headline = (
        "Your dashboard does not show an SLI yet"
        if not count
        else "One panel shows an SLI; one more is needed"
    )
    return Verdict(
        Status.NOT_MET,
        "too_few_sli_panels" if count else "no_sli_panel",
        headline,
        f"“{best.title}”, {best.origin}: {count} of {len(best.finding.panels)} panels show an SLI."
        + _others(best, evidence),
        expected,
        Where(best.title, best.url),
        lines=_panel_lines(best),
        memory={"uid": best.uid} if best.uid else {},
    )


def _others(best: Candidate, evidence: DashboardEvidence) -> str:
    others = [one.title for one in evidence.candidates if one is not best][:5]
    words = f" Also looked at: {', '.join(f'“{title}”' for title in others)}." if others else ""
    if evidence.unread:
        words += f" {evidence.unread} dashboards could not be read."
    return words


def _nothing_found(evidence: DashboardEvidence, expected: str) -> Verdict:
    if evidence.grafana_trouble:
        return _cannot_ask(evidence, expected)
    seen = "There is no dashboard of yours yet."
    if evidence.assisted:
        seen += f" {evidence.assisted} made by the lab or from files don’t count."
    if evidence.without_grafana:
        seen += " The lab runs without Grafana: the workbench and the upload do as well."
    return Verdict(Status.NOT_MET, "no_dashboard", "No dashboard yet", seen, expected, WORKBENCH)


def _cannot_ask(evidence: DashboardEvidence, expected: str) -> Verdict:
    return Verdict(
        Status.CANNOT_CHECK,
        "grafana_cannot_be_asked",
        "Can’t check: Grafana can’t be asked",
        evidence.grafana_trouble,
        expected,
        Where("How is the lab?", "/lab"),
    )
