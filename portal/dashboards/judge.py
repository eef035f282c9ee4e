"""Decides which panels of a dashboard show an SLI, which don't, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from portal.clients.grafana import UNLISTED, SourceBook
from portal.clients.promtool import Validity
from portal.dashboards import classic, v2
from portal.dashboards.document import body, is_v2
from portal.dashboards.errors import UnreadableDashboardError
from portal.dashboards.figure import FINEST_BUDGET
from portal.dashboards.look import PLAIN, Drawn, Look, undecided, worst
from portal.dashboards.model import Dashboard, Panel
from portal.dashboards.queries import Fill, PanelQueries, Query
from portal.dashboards.sources import Sources
from portal.dashboards.templating import repetitions
from portal.promql.classify import classify
from portal.promql.context import Context
from portal.promql.findings import Code, Finding, Indicator, Sli, nothing
from portal.promql.variables import DEFAULT_INTERVAL_S, Times, Variable, substitute
from portal.trial.memory import TrialMemory
from portal.trial.verdict import findings
from portal.words import counted, plural

NEEDED = 2
"""How many panels that show SLIs a dashboard needs."""
MAX_LIBRARY_PANELS = 50
MAX_QUERIES = 2000
MAX_REFERENCES = 100_000
MAX_BORROWED = 50
MOST_POINTS = 2000
"""So many pixels wide is a wide panel; a graph has a point for each at most."""
CONFIRMABLE = frozenset({Code.UNPARSED, Code.UNSURE})
SKIPPED = frozenset({Code.NO_QUERY, Code.OTHER_DATASOURCE})


class DashboardVerdict(StrEnum):
    """What comes out for a whole dashboard."""

    MET = "met"
    NOT_MET = "not_met"
    CANNOT_CHECK = "cannot_check"
    ERROR = "error"


@dataclass(frozen=True)
class CheckContext:
    """What the check may lean on besides the dashboard.

    ``library_panel``: uid -> the library panel's model, None where it can't be had.
    ``validate``: expressions -> whether Prometheus would run each; None: nobody is asked.
    ``sources``: what the Grafana has that the dashboard lies in. ``tried``: the queries are
    tried on invented days, as ``memory`` does it; without that their text alone decides, which is
    quick. ``budget``: the share of requests that a step of a drawn number may stand for.
    """

    memory: TrialMemory
    promql: Context = field(default_factory=Context)
    library_panel: Callable[[str], Mapping[str, Any] | None] | None = None
    validate: Callable[[Sequence[str]], Sequence[Validity]] | None = None
    sources: SourceBook = UNLISTED
    tried: bool = True
    budget: float = FINEST_BUDGET


@dataclass(frozen=True)
class QueryFinding:
    """One query of a panel. ``run``: the PromQL to run, without variables; empty: none."""

    ref: str
    written: str
    run: str
    shown: bool
    finding: Finding


@dataclass(frozen=True)
class PanelFinding:
    """One panel. ``run``: the PromQL of the query that decided; empty: none.

    ``others``: the same of a repeated panel's other values; data in one of them is enough.
    """

    title: str
    sli: Sli | None
    code: Code
    reason: str
    advice: str
    queries: tuple[QueryFinding, ...] = ()
    run: str = ""
    indicator: Indicator | None = None
    others: tuple[str, ...] = ()

    @property
    def confirmable(self) -> bool:
        """True when a query, or what is made of it, can't be analysed: it counts once confirmed."""
        return self.sli is None and self.code in CONFIRMABLE


@dataclass(frozen=True)
class DashboardFinding:
    """A dashboard: the verdict, one sentence, and every panel in document order."""

    verdict: DashboardVerdict
    reason: str
    title: str = ""
    uid: str = ""
    panels: tuple[PanelFinding, ...] = ()

    @property
    def sli_panels(self) -> int:
        """How many panels show an SLI."""
        return sum(panel.sli is not None for panel in self.panels)

    @property
    def untried(self) -> list[PanelFinding]:
        """The panels that could not be checked."""
        return [panel for panel in self.panels if panel.code is Code.UNTRIED]

    @property
    def slis(self) -> frozenset[Sli]:
        """The kinds of SLI that the panels show."""
        return frozenset(panel.sli for panel in self.panels if panel.sli is not None)


@dataclass(frozen=True)
class Prepared:
    """A dashboard read and taken apart, before Prometheus is asked."""

    dashboard: Dashboard
    panels: tuple[tuple[Panel, tuple[Query, ...]], ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The expressions that Prometheus should be asked about, each once."""
        texts = (text for _, queries in self.panels for q in queries for text in q.asked)
        return tuple(dict.fromkeys(texts))

    @property
    def texts(self) -> tuple[str, ...]:
        """What the panels show, as PromQL, each once."""
        texts = (query.text for _, queries in self.panels for query in queries if query.text)
        return tuple(dict.fromkeys(texts))


def judge(document: Any, context: CheckContext) -> DashboardFinding:
    """The finding for any JSON; never raises, whatever the document holds."""
    try:
        prepared = prepare(document, context)
    except UnreadableDashboardError as error:
        return unreadable(str(error))
    verdicts = context.validate(prepared.asked) if context.validate else ()
    validity = dict(zip(prepared.asked, verdicts, strict=False))
    return conclude(prepared, validity, context)


def unreadable(reason: str) -> DashboardFinding:
    """The finding for something that is no dashboard."""
    return DashboardFinding(DashboardVerdict.ERROR, reason)


def prepare(document: Any, context: CheckContext) -> Prepared:
    """Read a document and work out its queries; raises UnreadableDashboardError."""
    found = body(document)
    read = v2.read if is_v2(found) else classic.read
    dashboard = read(found, context.sources)
    library = _Library(found, context)
    panels = tuple(library.filled(panel) for panel in dashboard.panels)
    workshop = _Workshop(replace(dashboard, panels=panels), context.promql.scrape_interval_s)
    return Prepared(dashboard, tuple((panel, workshop.queries(panel)) for panel in panels))


def conclude(
    prepared: Prepared, validity: Mapping[str, Validity], check: CheckContext
) -> DashboardFinding:
    """The finding, once it is known what Prometheus accepts; its queries are tried, or read."""
    refused = {text for text, answer in validity.items() if answer.valid is False}
    context = check.promql
    left = [text for text in prepared.texts if check.tried and text not in refused]
    known = {text: classify(text, context) for text in prepared.texts if text not in left}
    known |= findings(left, context, memory=check.memory)
    panels = tuple(
        _panel_finding(
            panel,
            tuple(
                _as_drawn(
                    _query_finding(query, known.get(query.text), validity),
                    panel,
                    query,
                    check.budget,
                )
                for query in queries
            ),
        )
        for panel, queries in prepared.panels
    )
    title, uid = prepared.dashboard.title, prepared.dashboard.uid
    finding = DashboardFinding(DashboardVerdict.NOT_MET, "", title, uid, panels)
    return replace(finding, verdict=_verdict(finding), reason=_summary(finding))


def _verdict(finding: DashboardFinding) -> DashboardVerdict:
    if finding.sli_panels >= NEEDED:
        return DashboardVerdict.MET
    may_show = finding.sli_panels + len(finding.untried)
    return DashboardVerdict.CANNOT_CHECK if may_show >= NEEDED else DashboardVerdict.NOT_MET


def share_of_panels(shown: int, total: int) -> str:
    """``1 of 3 panels shows an SLI``, ``2 of 3 panels show SLIs``."""
    return f"{shown} of {counted(total, 'panel')} {plural(shown, 'shows an SLI', 'show SLIs')}"


def _summary(finding: DashboardFinding) -> str:
    count, total = finding.sli_panels, len(finding.panels)
    sentence = f"{share_of_panels(count, total)}."
    if _verdict(finding) is DashboardVerdict.CANNOT_CHECK:
        return f"{sentence} {len(finding.untried)} can't be checked: {finding.untried[0].reason}"
    if count < NEEDED:
        return f"{sentence} {NEEDED} are needed."
    if len(finding.slis) == 1:
        missing = next(iter(set(Sli) - finding.slis))
        return f"{sentence} All of them show {next(iter(finding.slis))}: add {missing} too."
    return sentence


# Queries


@dataclass
class _Library:
    """Fetches library panels: from the document itself, or through the context's loader."""

    document: Mapping[str, Any]
    context: CheckContext
    fetched: int = 0

    def filled(self, panel: Panel) -> Panel:
        """The panel with the queries of its library panel, where they can be had."""
        if panel.library_uid is None:
            return panel
        model = self._model(panel.library_uid)
        if model is None:
            return panel
        read = classic.panel({"targets": [], **model}, Sources(book=self.context.sources))
        title = panel.title or read.title
        return replace(
            read,
            title=title,
            id=panel.id,
            is_copy=panel.is_copy,
            place=panel.place,
            repeats=panel.repeats,
        )

    def _model(self, uid: str) -> Mapping[str, Any] | None:
        model = self._embedded(uid)
        if model is None and self.context.library_panel and self.fetched < MAX_LIBRARY_PANELS:
            self.fetched += 1
            model = self.context.library_panel(uid)
        return model if isinstance(model, Mapping) else None

    def _embedded(self, uid: str) -> Mapping[str, Any] | None:
        elements = self.document.get("__elements")
        listed = elements.values() if isinstance(elements, Mapping) else elements
        for element in listed if isinstance(listed, Iterable) else ():
            if isinstance(element, Mapping) and element.get("uid") == uid:
                model = element.get("model")
                return model if isinstance(model, Mapping) else None
        return None


@dataclass
class _Workshop:
    """Works out every panel's queries once; panels may borrow from each other."""

    dashboard: Dashboard
    scrape_interval_s: float
    made: int = 0
    references: int = 0
    done: dict[int, tuple[Query, ...]] = field(default_factory=dict)
    asked: dict[int, tuple[Query, ...]] = field(default_factory=dict)
    """The same before the panels' transformations."""

    def queries(self, panel: Panel, depth: int = 0) -> tuple[Query, ...]:
        """The panel's queries; raises UnreadableDashboardError beyond what is read."""
        if id(panel) not in self.done:
            # all that a panel gets that borrows from itself
            self.done[id(panel)] = self.asked[id(panel)] = ()
            self.done[id(panel)] = self._worked_out(panel, depth)
        return self.done[id(panel)]

    def _worked_out(self, panel: Panel, depth: int) -> tuple[Query, ...]:
        """Of a repeated panel: its queries for each value, one after the other."""
        found: list[Query] = []
        asked: list[Query] = []
        for variables in repetitions(self.dashboard.variables, panel.repeats):
            worker = PanelQueries(
                panel,
                self._filler(variables),
                self.dashboard.range_s,
                lambda found, after: self._borrow(found, depth, after),
                self.dashboard.filters,
            )
            found += worker.all()
            asked += worker.asked
        self.asked[id(panel)] = tuple(asked)
        self.made += len(found)
        if self.made > MAX_QUERIES:
            sentence = (
                f"The dashboard has more than {MAX_QUERIES} queries; the check reads no more."
            )
            raise UnreadableDashboardError(sentence)
        return tuple(dict.fromkeys(found)) if panel.repeats else tuple(found)

    def _filler(self, variables: Mapping[str, Variable]) -> Fill:
        return lambda text, least_s, scraped_s: self._filled(
            text, self._times(least_s, scraped_s), variables
        )

    def _times(self, least_s: float | None, scraped_s: float | None) -> Times:
        """What Grafana's macros stand for; ``scraped_s``: what a data source says of itself."""
        range_s = self.dashboard.range_s
        if scraped_s is None:
            interval_s = least_s or max(DEFAULT_INTERVAL_S, self.scrape_interval_s)
            return Times(self.scrape_interval_s, interval_s, range_s)
        return Times(scraped_s, max(least_s or scraped_s, round(range_s / MOST_POINTS)), range_s)

    def _filled(
        self, text: str, times: Times, variables: Mapping[str, Variable]
    ) -> tuple[str, tuple[str, ...]]:
        self.references += text.count("$") + text.count("[[")
        if self.references > MAX_REFERENCES:
            sentence = (
                f"The queries of the dashboard name more than {MAX_REFERENCES} variables; "
                "the check reads no more."
            )
            raise UnreadableDashboardError(sentence)
        filled = substitute(text, variables, times)
        return filled.text, filled.unknown

    def _borrow(self, panel_id: Any, depth: int, after: bool) -> list[Query]:
        """The queries of another panel ("-- Dashboard --"), after its transformations or before."""
        if depth >= MAX_BORROWED:
            return []
        for panel in self.dashboard.panels:
            if panel.id is not None and panel.id == panel_id:
                made = self.queries(panel, depth + 1)
                return list(made if after else self.asked[id(panel)])
        return []


def _query_finding(
    query: Query, finding: Finding | None, validity: Mapping[str, Validity]
) -> QueryFinding:
    if query.problem is not None or finding is None:
        found = nothing(query.problem or Code.NO_QUERY, query.why)
    else:
        found = _explained(finding, query)
    checked = _validated(found, [validity[text] for text in query.asked if text in validity])
    return QueryFinding(query.ref, query.written, query.text, query.shown, checked)


def _as_drawn(found: QueryFinding, panel: Panel, query: Query, budget: float) -> QueryFinding:
    """The finding for what the panel makes of the query's values."""
    indicator = found.finding.indicator
    written = undecided([one.look_of(indicator, budget, query.text) for one in query.figures])
    look = worst([panel.display.look, panel.place, query.look, written])
    match look.drawn:
        case Drawn.NO:
            return replace(found, shown=False)
        case _ if indicator is None:
            return found
        case Drawn.REDUCED:
            return replace(found, finding=nothing(Code.REDUCED, look.why))
        case Drawn.UNSURE:
            told = f"{look.why} ({found.finding.reason})".strip()
            return replace(found, finding=nothing(Code.UNSURE, told))
    return found


def _explained(finding: Finding, query: Query) -> Finding:
    if finding.code is Code.UNPARSED and query.unknown:
        names = ", ".join(f"${name}" for name in query.unknown)
        return replace(finding, reason=f"{finding.reason} The value of {names} is not known.")
    return finding


def _validated(finding: Finding, answers: Sequence[Validity]) -> Finding:
    refused = next((answer for answer in answers if answer.valid is False), None)
    if refused is not None:
        where = f" (line {refused.line}, column {refused.column})" if refused.line else ""
        why = refused.why.rstrip(".")
        if finding.code is Code.UNPARSED:
            return replace(finding, reason=f"Prometheus refuses it{where}: {why}.")
        return nothing(Code.INVALID, f"It says{where}: {why}.")
    unasked = next((answer for answer in answers if answer.valid is None), None)
    if unasked is not None and finding.code is not Code.UNTRIED:
        why = f": {unasked.why}" if unasked.why else ""
        return replace(finding, reason=f"{finding.reason} (not validated{why})")
    return finding


# Panels


def _panel_finding(panel: Panel, queries: tuple[QueryFinding, ...]) -> PanelFinding:
    if panel.is_copy:
        return _without(panel, Code.REPEATED_COPY, queries)
    shown = [query for query in queries if query.shown]
    unseen = worst([panel.display.look, panel.place])
    if unseen.drawn is Drawn.NO and queries:
        return _without(panel, Code.NOT_DRAWN, queries, unseen)
    if not shown:
        return _without(panel, _why_empty(panel, queries), queries)
    decisive = next((query for query in shown if query.finding.sli is not None), None)
    if decisive is None:
        doubtful = [query for query in shown if query.finding.code is Code.UNSURE]
        telling = [query for query in shown if query.finding.code not in SKIPPED]
        decisive = (doubtful or telling or shown)[0]
    found = decisive.finding
    return PanelFinding(
        panel.title,
        found.sli,
        found.code,
        found.reason,
        found.advice,
        queries,
        decisive.run,
        found.indicator,
        _others(decisive, shown) if panel.repeats else (),
    )


def _others(decisive: QueryFinding, shown: Sequence[QueryFinding]) -> tuple[str, ...]:
    """What else a repeated panel shows of the same kind: its queries for the other values."""
    alike = [q.run for q in shown if q.ref == decisive.ref and q.finding.sli is not None]
    return tuple(run for run in dict.fromkeys(alike) if run != decisive.run)


def _without(
    panel: Panel, code: Code, queries: tuple[QueryFinding, ...], look: Look = PLAIN
) -> PanelFinding:
    found = nothing(code, look.why)
    return PanelFinding(panel.title, None, code, found.reason, found.advice, queries)


def _why_empty(panel: Panel, queries: tuple[QueryFinding, ...]) -> Code:
    if panel.library_uid is not None:
        return Code.LIBRARY_PANEL
    return Code.HIDDEN if queries else Code.NO_QUERY
