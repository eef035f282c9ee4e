"""All criteria, in the order of the lab. A new one is one file and one line here."""

from __future__ import annotations

from portal.alerts.criterion import AlertCriterion
from portal.criteria.base import Criterion
from portal.impact.criterion import ImpactCriterion
from portal.lab.criterion import PreflightCriterion
from portal.live.criterion import TrafficCriterion
from portal.objectives.criterion import SLOCriterion
from portal.reflections.criterion import ReflectionCriterion
from portal.workbench.criterion import DashboardCriterion

CRITERIA: tuple[Criterion, ...] = (
    PreflightCriterion(),
    TrafficCriterion(),
    DashboardCriterion(),
    SLOCriterion(),
    AlertCriterion(),
    ImpactCriterion(),
    ReflectionCriterion(),
)
