"""The product's own limits in real time, far beyond what they cut short on a busy machine.

A page gives up on Prometheus after a second or two. A machine that pauses for as long, or has
much else to do, makes a Prometheus look silent that is well. A test about such a limit sets it.
"""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from portal.criteria import checker
from portal.limits import (
    CheckLimits,
    ClientLimits,
    Limits,
    PromtoolLimits,
    TrialLimits,
    WorkbenchLimits,
)
from portal.services import Services
from portal.workbench import board, dashboard_views, evidence, turns
from portal.workbench import criterion as dashboard_criterion

SECONDS = 60.0
TRIAL = TrialLimits(wall_s=SECONDS, total_s=4 * SECONDS)
PATIENT = Limits(
    client=ClientLimits(call_s=SECONDS),
    promtool=PromtoolLimits(check_s=SECONDS, queries=TRIAL, alerts=TRIAL),
    check=CheckLimits(wait_s=SECONDS),
    workbench=WorkbenchLimits(
        turn_s=SECONDS,
        draw_s=SECONDS,
        heavy_s=SECONDS,
        refresh_s=SECONDS,
        gather_s=SECONDS,
        scan_wait_s=SECONDS,
        page_wait_s=SECONDS,
    ),
)
"""What the apps under test are given."""

MODULES: tuple[tuple[ModuleType, str], ...] = (
    (board, "HEAVY_SECONDS"),
    (board, "REFRESH_SECONDS"),
    (board, "TIME_SECONDS"),
    (checker, "PATIENCE_SECONDS"),
    (dashboard_criterion, "SCAN_WAIT_SECONDS"),
    (dashboard_views, "WAIT_SECONDS"),
    (evidence, "TIME_SECONDS"),
    (turns, "TURN_SECONDS"),
)


def have_patience(patch: pytest.MonkeyPatch) -> None:
    """Every limit that is no value yet is SECONDS, until ``patch`` is undone."""
    for module, name in MODULES:
        patch.setattr(module, name, SECONDS)


def limited(services: Services, subject: str, **limits: float) -> Services:
    """The services with other limits of one subject: ``limited(s, "workbench", turn_s=0.2)``."""
    changed: Any = replace(getattr(services.limits, subject), **limits)
    return replace(services, limits=replace(services.limits, **{subject: changed}))
