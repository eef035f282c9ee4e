"""The features of the portal: what has pages, what stands in the navigation, what is checked."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from portal.alerts.criterion import AlertCriterion
from portal.alerts.follower import AlertFollower
from portal.alerts.guards import own_guards
from portal.alerts.models import AlertRuleText, AlertWatch, KeptAlert
from portal.alerts.store import applied_text
from portal.annotations.annotator import Annotator
from portal.annotations.clearing import AnnotationClearing
from portal.bursts.settler import start_settling
from portal.criteria.base import Criterion
from portal.criteria.checker import Checker
from portal.impact.clearing import BurstClearing
from portal.impact.criterion import ImpactCriterion
from portal.kit import clearing, pages
from portal.kit.clearing import Clearing
from portal.kit.db import Loss
from portal.lab.criterion import PreflightCriterion
from portal.live.criterion import TrafficCriterion
from portal.objectives import own_alerts
from portal.objectives.criterion import SLOCriterion
from portal.objectives.models import SavedSLO
from portal.reflections.clearing import ReflectionClearing
from portal.reflections.criterion import ReflectionCriterion
from portal.rulefolder import healing
from portal.rulefolder.clearing import RuleFolderClearing
from portal.steps.clearing import TickClearing
from portal.steps.frame import page_frame
from portal.workbench.criterion import DashboardCriterion
from portal.workbench.models import (
    ConfirmedQuery,
    HandedInDashboard,
    WorkbenchDashboard,
    WorkbenchPanel,
)

FEATURES: tuple[str, ...] = (
    "portal.welcome.views",
    "portal.steps.views",
    "portal.criteria.views",
    "portal.stage.views",
    "portal.live.views",
    "portal.objectives.guard_views",
    "portal.objectives.views",
    "portal.impact.views",
    "portal.workbench.views",
    "portal.workbench.dashboard_views",
    "portal.reflections.views",
    "portal.reset.views",
    "portal.alerts.views",
    "portal.lab.views",
)
"""The modules with a blueprint ``bp``."""

CRITERIA: tuple[Criterion, ...] = (
    PreflightCriterion(),
    TrafficCriterion(),
    DashboardCriterion(),
    SLOCriterion(),
    AlertCriterion(),
    ImpactCriterion(),
    ReflectionCriterion(),
)
"""All criteria, in the order of the lab."""

CLEARINGS: tuple[Clearing, ...] = (
    Clearing(ConfirmedQuery, HandedInDashboard, WorkbenchPanel, WorkbenchDashboard),
    Clearing(SavedSLO),
    Clearing(KeptAlert, AlertWatch, AlertRuleText),
    AnnotationClearing(),
    BurstClearing(),
    TickClearing(),
    RuleFolderClearing(
        slo_step=Loss.of(SavedSLO.__table__).step,
        alert_step=Loss.of(AlertRuleText.__table__).step,
    ),
    ReflectionClearing(),
)
"""What becomes of all that a learner has, when the learner starts over."""

NAVIGATION = (
    ("Steps", "steps.index", "steps."),
    ("Bursts", "stage.index", "stage."),
    ("SLIs", "live.index", "live."),
    ("SLOs", "objectives.index", "objectives."),
    ("Alerts", "alerts.rules", "alerts."),
    ("Workbench", "workbench.index", ("workbench.", "workbench_dashboards.")),
    ("Reflections", "reflections.index", "reflections."),
    ("Lab", "lab.index", "lab."),
)


def start_background(app: Flask) -> None:
    """Begin what goes on whether or not a page is open; ``end_app`` ends it."""
    start_settling(app)
    healing.start_healing(app)
    AlertFollower(app).start()
    Annotator(app).start()


def init_app(app: Flask) -> None:
    """Register the features and their criteria; each app has one checker."""
    app.extensions["slo_lab_checker"] = Checker(app, CRITERIA)
    app.context_processor(lambda: {"navigation": NAVIGATION})
    pages.init_app(app, page_frame)
    own_alerts.init_app(app, own_guards)
    healing.init_app(app, applied_text)
    clearing.init_app(app, CLEARINGS)
    for name in FEATURES:
        app.register_blueprint(import_module(name).bp)
