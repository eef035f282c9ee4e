"""The lab page: every server, what happened to it, what to do; Grafana's login."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.lab.grafana_state import grafana_absence, grafana_password
from portal.services import current_services
from stack.doctor import diagnose
from stack.layout import Layout
from stack.state import read_state

bp = Blueprint("lab", __name__, url_prefix="/lab")


@bp.get("")
def index() -> ResponseReturnValue:
    """The state of the lab."""
    return render_template("lab/index.html", **_context())


@bp.get("/fragment")
def lab_fragment() -> ResponseReturnValue:
    """The state of the lab, now."""
    return render_template("lab/_lab.html", **_context())


@bp.app_context_processor
def grafana_here() -> dict[str, object]:
    """Pages name Grafana only where there is one."""
    return {"has_grafana": lambda: grafana_absence(current_services().settings) is None}


def _context() -> dict[str, object]:
    services = current_services()
    settings = services.settings
    findings = services.readings.get("doctor", 2.5, lambda: diagnose(settings))
    state = read_state(Layout(settings.data_dir).state)
    return {
        "findings": findings,
        "events": state.events[::-1][:10] if state else [],
        "tasks": [(task, services.background.age(task)) for task in services.background.tasks],
        "settings": settings,
        "grafana_password": grafana_password(settings),
    }
