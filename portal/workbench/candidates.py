"""A dashboard that may meet the criterion: where it was found, what its panels show, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from portal.clients.errors import ClientError
from portal.clients.promtool import Validity
from portal.dashboards import CheckContext, DashboardFinding, PanelFinding, judge
from portal.dashboards.figure import FINEST_BUDGET
from portal.dashboards.judge import NEEDED, share_of_panels
from portal.deadline import Deadline
from portal.lab.data_sources import source_book, source_listing
from portal.learners.models import Learner
from portal.objectives.store import least_budget
from portal.promql.findings import REASONS, Code, Sli
from portal.services import Services
from portal.workbench import store
from portal.workbench.judge import CONFIRMED, lab_context, validities
from portal.workbench.turns import NO_TIME, QueryRun, run, turn

NO_TURN = "other queries run now"


class DashboardOrigin(StrEnum):
    """Where a dashboard was found."""

    GRAFANA = "in Grafana"
    HANDED_IN = "handed in"
    WORKBENCH = "on the workbench, not in Grafana yet"


@dataclass(frozen=True)
class Candidate:
    """One dashboard. ``silent``: query -> why it has no value now ("": it has one).

    ``asked``: Prometheus was asked about its queries; else only their text was read.
    """

    origin: DashboardOrigin
    uid: str
    title: str
    url: str
    finding: DashboardFinding
    silent: Mapping[str, str] = field(default_factory=dict)
    asked: bool = True

    @property
    def panels(self) -> tuple[PanelFinding, ...]:
        """Every panel, in the dashboard's order."""
        return self.finding.panels

    @property
    def sli_panels(self) -> list[PanelFinding]:
        """The panels that show an SLI."""
        return [panel for panel in self.panels if panel.sli is not None]

    @property
    def shown(self) -> str:
        """``1 of 3 panels shows an SLI``, ``2 of 3 panels show SLIs``."""
        return share_of_panels(len(self.sli_panels), len(self.panels))

    @property
    def with_data(self) -> list[PanelFinding]:
        """Those of them whose query has a value now."""
        return [panel for panel in self.sli_panels if self.silent.get(panel.run, NO_TIME) == ""]

    @property
    def to_confirm(self) -> list[PanelFinding]:
        """The panels that count once the learner says what they show."""
        return [panel for panel in self.panels if panel.confirmable]

    @property
    def untried(self) -> list[PanelFinding]:
        """The panels that could not be checked."""
        return self.finding.untried

    @property
    def confirmed(self) -> int:
        """How many panels count because the learner said what they show."""
        return sum(panel.reason == CONFIRMED for panel in self.sli_panels)

    @property
    def meets(self) -> bool:
        """Whether it meets the criterion now."""
        return len(self.with_data) >= NEEDED

    @property
    def shows_all(self) -> bool:
        """Whether it meets the criterion with every kind of SLI."""
        return self.meets and {panel.sli for panel in self.with_data} == set(Sli)

    @property
    def worth(self) -> tuple[object, ...]:
        """More panels with data first, then more SLIs, then Grafana before the others."""
        kinds = len({panel.sli for panel in self.with_data})
        shown = len(self.sli_panels)
        may_show = shown + len(self.to_confirm) + len(self.untried)
        return (self.meets, kinds, len(self.with_data), shown, may_show, self._is_in_grafana)

    @property
    def _is_in_grafana(self) -> bool:
        return self.origin is DashboardOrigin.GRAFANA


class CandidateJudge:
    """Judges dashboards of one learner: by their text, by Prometheus, by the learner's word.

    ``error``: why Prometheus can't be asked; from then on only the text is judged. ``plain``: what
    the check may lean on for a dashboard that lies nowhere.
    """

    def __init__(self, services: Services, learner: Learner, deadline: Deadline) -> None:
        """``deadline``: no query is run after it; until then each waits for its turn."""
        self.error: ClientError | None = None
        self._services = services
        self._deadline = deadline
        self._confirmed = store.confirmed(learner.id)
        self._outcomes: dict[str, QueryRun] = {}
        self._job = learner.service.job
        context = lab_context(services, self._job)
        budget = least_budget(learner.id) or FINEST_BUDGET
        self.plain = CheckContext(services.trials, context, budget=budget)

    def candidate(
        self, origin: DashboardOrigin, uid: str, title: str, url: str, found: Any
    ) -> Candidate:
        """The dashboard with what its panels show; never raises."""
        document = encodable(found)
        context = self.in_grafana if origin is DashboardOrigin.GRAFANA else self.plain
        made = self._asked(document, context)
        if made is None:
            finding = self.with_confirmations(judge(document, context))
            return Candidate(origin, uid, finding.title or title, url, finding, asked=False)
        finding, silent = made
        return Candidate(origin, uid, finding.title or title, url, finding, silent)

    @cached_property
    def in_grafana(self) -> CheckContext:
        """What the check may lean on for a dashboard that lies in Grafana, but Prometheus' word."""
        sources = source_book(self._services, self._job)
        return replace(self.plain, library_panel=self._library_panel, sources=sources)

    @property
    def sources_trouble(self) -> str:
        """Why nobody knows which system a panel in Grafana asks; "" where it is known."""
        return source_listing(self._services).trouble

    def with_confirmations(self, finding: DashboardFinding) -> DashboardFinding:
        """The finding; queries that can't be analysed show what the learner confirmed."""
        return replace(finding, panels=tuple(map(self._confirmed_panel, finding.panels)))

    def _asked(
        self, document: Any, context: CheckContext
    ) -> tuple[DashboardFinding, dict[str, str]] | None:
        if self.error is not None:
            return None
        asking = replace(context, validate=self._validities)
        try:
            return self._run(self.with_confirmations(judge(document, asking)))
        except ClientError as error:
            self.error = error
            return None

    def _validities(self, exprs: Sequence[str]) -> Sequence[Validity]:
        with turn(self._services, self._deadline.left) as mine:
            if not mine:
                return [Validity(None, NO_TURN)] * len(exprs)
            return validities(self._services, exprs)

    def _run(self, finding: DashboardFinding) -> tuple[DashboardFinding, dict[str, str]]:
        counting = [p for p in finding.panels if p.sli is not None or p.confirmable]
        outcomes = {panel.run: self._outcome_of(panel) for panel in counting if panel.run}
        panels = tuple(_as_run(panel, outcomes.get(panel.run)) for panel in finding.panels)
        silent = {expr: outcome.silent for expr, outcome in outcomes.items()}
        return replace(finding, panels=panels), silent

    def _outcome_of(self, panel: PanelFinding) -> QueryRun:
        """What comes of the panel's query; of a repeated one's, the first that has a value."""
        first = self._outcome(panel.run)
        for other in panel.others:
            if not first.silent or first.refused:
                break
            more = self._outcome(other)
            first = more if more == QueryRun() else first
        return first

    def _outcome(self, expr: str) -> QueryRun:
        known = self._outcomes.get(expr)
        most = self._services.limits.workbench.runs
        if known is None and (self._deadline.passed or len(self._outcomes) >= most):
            return QueryRun(silent=NO_TIME)
        if known is None:
            with turn(self._services, self._deadline.left) as mine:
                if not mine:
                    return QueryRun(silent=NO_TIME)
                known = self._outcomes[expr] = run(self._services.learners_prometheus, expr)
        return known

    def _library_panel(self, uid: str) -> Mapping[str, Any] | None:
        try:
            return self._services.grafana.library_panel(uid).model
        except ClientError:
            return None

    def _confirmed_panel(self, panel: PanelFinding) -> PanelFinding:
        sli = self._confirmed.get(panel.run) if panel.confirmable else None
        return replace(panel, sli=Sli(sli), reason=CONFIRMED) if sli else panel


def _as_run(panel: PanelFinding, outcome: QueryRun | None) -> PanelFinding:
    if outcome is None or not outcome.refused or (panel.sli is None and not panel.confirmable):
        return panel
    reason = f"{REASONS[Code.INVALID]} It says: {outcome.refused}."
    return replace(panel, sli=None, code=Code.INVALID, reason=reason, indicator=None)


def encodable(document: Any) -> Any:
    """The document with half characters (JSON can hold them) replaced, so that it can be shown."""
    try:
        text = json.dumps(document, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):
        return document
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return document
