"""Every part of the portal that has pages."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

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


def init_app(app: Flask) -> None:
    """Register the blueprint ``bp`` of each feature."""
    for name in FEATURES:
        app.register_blueprint(import_module(name).bp)
