"""What the learner made, as evidence: dashboards that show SLIs, and alert rules.

It is read from where it is kept, and judged by its text: that works with no lab running. Only what
lies in Grafana has to be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from portal.alerts.grafana_rules import managed_rules
from portal.alerts.transitions import AlertSource
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import UNLISTED
from portal.dashboards import PanelFinding, UnreadableDashboardError, judge, load
from portal.deadline import Deadline
from portal.lab.data_sources import source_book
from portal.lab.grafana_state import grafana_absence
from portal.learners.models import Learner
from portal.objectives.store import list_slos
from portal.promql.context import by_name
from portal.reflections.facts import AlertRuleFacts, DashboardFacts, PanelFacts
from portal.rulefile.contents import RuleFile, read_rule_file
from portal.rulefile.reader import RuleFileError
from portal.rulefolder.folder import RuleFolder, RuleFolderError, learner_file
from portal.services import Services
from portal.tie import AlertFinding, AlertRule
from portal.tie.analysis import alert_case
from portal.tie.findings import findings
from portal.tie.grafana import GrafanaRule, grafana_case
from portal.workbench import export, store
from portal.workbench.candidates import CandidateJudge, DashboardOrigin, encodable
from portal.workbench.criterion import known_dashboard

T = TypeVar("T")


@dataclass(frozen=True)
class Works:
    """Dashboards with a panel that shows an SLI, alert rules; why others could not be read."""

    dashboards: tuple[DashboardFacts, ...] = ()
    alert_rules: tuple[AlertRuleFacts, ...] = ()
    troubles: tuple[str, ...] = ()


def works_of(services: Services, learner: Learner) -> Works:
    """What the learner made; never raises."""
    troubles: list[str] = []
    return Works(
        _dashboards(services, learner, troubles),
        _alert_rules(services, learner, troubles),
        tuple(troubles),
    )


def _dashboards(
    services: Services, learner: Learner, troubles: list[str]
) -> tuple[DashboardFacts, ...]:
    read = CandidateJudge(services, learner, Deadline(0))
    most = services.limits.export
    found = []
    for place, title, document in _documents(services, learner, troubles):
        check = read.in_grafana if place is DashboardOrigin.GRAFANA else read.plain
        finding = read.with_confirmations(judge(encodable(document), check))
        if finding.slis:
            panels = tuple(map(_panel_facts, finding.panels[: most.panels]))
            found.append(
                DashboardFacts(title=finding.title or title, place=place.value, panels=panels)
            )
    return tuple(found[: most.dashboards])


def _documents(
    services: Services, learner: Learner, troubles: list[str]
) -> Iterator[tuple[DashboardOrigin, str, Any]]:
    """The one in Grafana that met, the workbench's, those handed in: with place and title."""
    uid = known_dashboard(learner)
    if uid and grafana_absence(services.settings) is None:
        in_grafana = _ask(lambda: services.grafana.dashboard(uid), troubles)
        if in_grafana is not None:
            yield DashboardOrigin.GRAFANA, in_grafana.title, in_grafana.content
    if panels := store.panels(learner.id):
        title = store.bench(learner.id).title
        yield (
            DashboardOrigin.WORKBENCH,
            title,
            export.dashboard(panels, title, {"type": "prometheus"}),
        )
    for row in store.handed_in(learner.id):
        with suppress(UnreadableDashboardError):
            yield DashboardOrigin.HANDED_IN, row.file_name, load(row.document)


def _panel_facts(panel: PanelFinding) -> PanelFacts:
    shown = [query.written for query in panel.queries if query.run == panel.run]
    return PanelFacts(
        title=panel.title,
        query=next(iter(shown), panel.run),
        sli=panel.sli.value if panel.sli else None,
        found=panel.reason,
    )


def _ask(question: Callable[[], T], troubles: list[str]) -> T | None:
    """The answer; None where there is none, which is a trouble unless the thing is not there."""
    try:
        return question()
    except ClientError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            troubles.append(str(error))
        return None


def _alert_rules(
    services: Services, learner: Learner, troubles: list[str]
) -> tuple[AlertRuleFacts, ...]:
    """Those that were applied, and Grafana's where it answers."""
    slos = [row.value for row in list_slos(learner.id)]
    files = list(_rule_files(services, learner.id))
    records = [record for _, file in files for record in file.records]
    loaded = [(made_for_you, rule) for made_for_you, file in files for rule in file.alerts]
    managed = [one.rule for one in _ask(lambda: managed_rules(services), troubles) or ()]
    named = by_name(records)
    cases = [alert_case(rule, named) for _, rule in loaded]
    book = source_book(services, learner.service.job) if managed else UNLISTED
    cases += [grafana_case(rule, named, book) for rule in managed]
    said = iter(findings(cases, slos, services.trials))
    facts = [
        *(_rule_facts(rule, next(said), made_for_you=made) for made, rule in loaded),
        *(_managed_facts(rule, next(said)) for rule in managed),
    ]
    return tuple(facts[: services.limits.export.rules])


def _rule_files(services: Services, learner_id: int) -> Iterator[tuple[bool, RuleFile]]:
    """Each of the learner's rule files as applied, and whether the portal wrote it."""
    folder = RuleFolder.of(services.settings, services.limits.room)
    for name in folder.files_of(learner_id):
        with suppress(RuleFolderError, RuleFileError):
            yield name != learner_file(learner_id), read_rule_file(folder.read(name) or "")


def _rule_facts(rule: AlertRule, finding: AlertFinding, *, made_for_you: bool) -> AlertRuleFacts:
    return AlertRuleFacts(
        name=rule.name,
        source=AlertSource.PROMETHEUS.value,
        expr=rule.expr.strip(),
        for_seconds=rule.for_s,
        made_for_you=made_for_you,
        slo=finding.slo,
        found=finding.reason,
    )


def _managed_facts(rule: GrafanaRule, finding: AlertFinding) -> AlertRuleFacts:
    exprs = (str(query.model.get("expr", "")) for query in rule.queries if not query.is_expression)
    return AlertRuleFacts(
        name=rule.title,
        source=AlertSource.GRAFANA.value,
        expr="\n".join(expr for expr in exprs if expr),
        for_seconds=rule.for_s,
        made_for_you=False,
        slo=finding.slo,
        found=finding.reason,
    )
