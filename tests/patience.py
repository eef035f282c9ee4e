"""The product's own limits in real time, far beyond what they cut short on a busy machine.

A page gives up on Prometheus after a second or two. A machine that pauses for as long, or has
much else to do, makes a Prometheus look silent that is well. A test about such a limit sets it.
"""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from portal.clients import promtool
from portal.clients.grafana import GrafanaClient
from portal.clients.http import Http
from portal.clients.mockapp import MockappClient
from portal.clients.prometheus import PrometheusClient
from portal.criteria import checker
from portal.trial import engine
from portal.workbench import board, dashboard_views, evidence, turns
from portal.workbench import criterion as dashboard_criterion

SECONDS = 60.0
LIMITS: tuple[tuple[ModuleType, str], ...] = (
    (board, "HEAVY_SECONDS"),
    (board, "REFRESH_SECONDS"),
    (board, "TIME_SECONDS"),
    (checker, "PATIENCE_SECONDS"),
    (dashboard_criterion, "SCAN_WAIT_SECONDS"),
    (dashboard_views, "WAIT_SECONDS"),
    (evidence, "TIME_SECONDS"),
    (promtool, "TIMEOUT_S"),
    (turns, "TURN_SECONDS"),
)
CLIENTS: tuple[Any, ...] = (Http, PrometheusClient, GrafanaClient, MockappClient)


def have_patience(patch: pytest.MonkeyPatch) -> None:
    """Every limit is SECONDS, until ``patch`` is undone."""
    for module, name in LIMITS:
        patch.setattr(module, name, SECONDS)
    for client in CLIENTS:
        patch.setitem(client.__init__.__kwdefaults__, "timeout", SECONDS)
    limits = replace(engine.LIMITS, wall_s=SECONDS, total_s=4 * SECONDS)
    patch.setattr(engine, "LIMITS", limits)
