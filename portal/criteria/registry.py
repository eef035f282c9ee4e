"""All criteria, in the order of the lab. A new one is one file and one line here."""

from __future__ import annotations

from portal.criteria.alert import AlertCriterion
from portal.criteria.base import Criterion
from portal.criteria.dashboard import DashboardCriterion
from portal.criteria.impact import ImpactCriterion
from portal.criteria.preflight import PreflightCriterion
from portal.criteria.reflection import ReflectionCriterion
from portal.criteria.slo import SLOCriterion
from portal.criteria.traffic import TrafficCriterion

CRITERIA: tuple[Criterion, ...] = (
    PreflightCriterion(),
    TrafficCriterion(),
    DashboardCriterion(),
    SLOCriterion(),
    AlertCriterion(),
    ImpactCriterion(),
    ReflectionCriterion(),
)
