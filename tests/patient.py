"""What the portal says of queries, dashboards and alerts, with patience for promtool.

One memory of trials for all tests of a process: the same query is tried once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from portal import dashboards, tie
from portal.config import Settings
from portal.dashboards import CheckContext, DashboardFinding
from portal.limits import Limits
from portal.promql import Context, Finding
from portal.services import Services
from portal.tie import check, grafana
from portal.trial import verdict
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from tests.patience import PATIENT
from tests.promtool import promtool_at_hand

ENGINE = TrialEngine(PATIENT.promtool, promtool_at_hand)
TRIALS = TrialMemory(ENGINE)
analyse = partial(tie.analyse, memory=TRIALS)
analyse_all = partial(tie.analyse_all, memory=TRIALS)
analyse_grafana = partial(grafana.analyse_grafana, memory=TRIALS)
check_file = partial(check.check_file, memory=TRIALS)


def findings(exprs: Sequence[str], context: Context | None = None) -> dict[str, Finding]:
    return verdict.findings(exprs, context, memory=TRIALS)


def judge(document: Any, context: CheckContext | None = None) -> DashboardFinding:
    return dashboards.judge(document, replace(context or CheckContext(TRIALS), memory=TRIALS))


def services_at(settings: Settings, limits: Limits = PATIENT) -> Services:
    """The real collaborators, at the addresses that the settings name."""
    services = Services.from_settings(settings, limits)
    return replace(services, trials=TRIALS) if limits is PATIENT else services
