"""The alerts on an SLO that are there already, told by the room above that knows alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from flask import Flask, current_app

from portal.slo.objective import SLO
from portal.slo.planner import Plan, PlannedBurst

EXTENSION = "slo_lab_own_alerts"


class OwnAlert(Protocol):
    """An alert that guards the SLO; ``plan``: what the burst would do to it, where that is known.

    ``limit`` is an error ratio, ``factor`` a burn rate; it must hold for ``for_s`` seconds.
    """

    @property
    def name(self) -> str: ...
    @property
    def limit(self) -> float: ...
    @property
    def factor(self) -> float: ...
    @property
    def for_s(self) -> float: ...
    @property
    def plan(self) -> Plan | None: ...


OwnAlerts = Callable[[SLO, PlannedBurst], Sequence[OwnAlert]]


def init_app(app: Flask, told_by: OwnAlerts) -> None:
    """``told_by`` asks Prometheus for the current learner's alerts; it never raises."""
    app.extensions[EXTENSION] = told_by


def own_alerts(slo: SLO, burst: PlannedBurst) -> Sequence[OwnAlert]:
    """The learner's own alerts that guard the SLO."""
    return cast(OwnAlerts, current_app.extensions[EXTENSION])(slo, burst)
