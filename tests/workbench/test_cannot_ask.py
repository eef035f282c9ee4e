"""The dashboard's verdict asks nobody to wait for data while a system can't be asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import ScanProgress
from portal.criteria.base import Status
from portal.dashboards import DashboardFinding, PanelFinding
from portal.dashboards.judge import CONFIRMABLE, DashboardVerdict
from portal.promql.findings import Code, Sli
from portal.workbench.candidates import Candidate, DashboardOrigin
from portal.workbench.criterion import DashboardCriterion, digest
from portal.workbench.evidence import DashboardEvidence

READING = ScanProgress(1, 900)
SILENT = ClientError("It is down.", system="Prometheus", kind=ErrorKind.UNREACHABLE)
TROUBLE = "Grafana can't be reached."


def panel(name: str, sli: Sli | None = None, code: Code = Code.GOOD_RATIO) -> PanelFinding:
    return PanelFinding(name, sli, code, "", "", run=name)


def board(*panels: PanelFinding) -> Candidate:
    finding = DashboardFinding(next(iter(DashboardVerdict)), "", "Mine", "mine", panels)
    silent = {one.run: "there was no traffic" for one in panels}
    return Candidate(DashboardOrigin.GRAFANA, "mine", "Mine", "/d/mine", finding, silent)


RIGHT = board(panel("a", next(iter(Sli))), panel("b", next(iter(Sli))))
UNSURE = board(*(panel(name, code=next(iter(CONFIRMABLE))) for name in "ab"))
UNTRIED = board(*(panel(name, code=Code.UNTRIED) for name in "ab"))
EMPTY = board(panel("a", code=Code.UNTRIED))
WAITING = {
    "panels_without_data": DashboardEvidence((RIGHT,)),
    "confirmation_needed": DashboardEvidence((UNSURE,)),
    "still_reading": DashboardEvidence((EMPTY,), progress=READING),
}


@pytest.mark.parametrize("code", WAITING)
def test_waiting_is_asked_for_only_while_everybody_answers(code: str) -> None:
    judge, evidence = DashboardCriterion().judge, WAITING[code]
    waits = judge(evidence)
    assert (waits.status, waits.code) == (Status.NOT_ENOUGH_DATA, code)
    blind = judge(replace(evidence, grafana_trouble=TROUBLE))
    assert (blind.status, blind.code) == (Status.CANNOT_CHECK, "grafana_cannot_be_asked")
    assert blind.lines == waits.lines
    blind = judge(replace(evidence, prometheus_error=SILENT))
    assert (blind.status, blind.code) == (Status.CANNOT_CHECK, "prometheus_unreachable")


def test_panels_that_cannot_be_tried_are_told_while_others_are_read() -> None:
    verdict = DashboardCriterion().judge(DashboardEvidence((UNTRIED,), progress=READING))
    assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "queries_cannot_be_tried")


def test_what_met_before_stays_met_while_grafana_cannot_be_asked() -> None:
    seen = frozenset(map(digest, "ab"))
    evidence = DashboardEvidence((RIGHT,), grafana_trouble=TROUBLE, seen=seen)
    assert DashboardCriterion().judge(evidence).status is Status.MET
