"""The product's own limits in real time, far beyond what they cut short on a busy machine.

A page gives up on Prometheus after a second or two. A machine that pauses for as long, or has
much else to do, makes a Prometheus look silent that is well. A test about such a limit sets it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.limits import (
    CheckLimits,
    ClientLimits,
    Limits,
    PageLimits,
    PromtoolLimits,
    TrialLimits,
    WorkbenchLimits,
)
from portal.services import Services

SECONDS = 60.0
TRIAL = TrialLimits(wall_s=SECONDS, cpu_s=int(SECONDS), total_s=4 * SECONDS)
PATIENT = Limits(
    client=ClientLimits(call_s=SECONDS),
    page=PageLimits(answer_s=4 * SECONDS, export_s=4 * SECONDS, push_s=4 * SECONDS),
    promtool=PromtoolLimits(check_s=SECONDS, queries=TRIAL, alerts=TRIAL),
    check=CheckLimits(wait_s=SECONDS),
    workbench=WorkbenchLimits(
        turn_s=SECONDS,
        draw_s=SECONDS,
        heavy_s=SECONDS,
        drawn_s=SECONDS,
        gather_s=SECONDS,
        scan_wait_s=SECONDS,
        page_wait_s=SECONDS,
    ),
)
"""What the apps under test are given."""


def limited(services: Services, subject: str, **limits: float) -> Services:
    """The services with other limits of one subject: ``limited(s, "workbench", turn_s=0.2)``."""
    changed: Any = replace(getattr(services.limits, subject), **limits)
    return replace(services, limits=replace(services.limits, **{subject: changed}))
