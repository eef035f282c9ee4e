"""The lab page: every server, what happened to it, what to do; Grafana's login."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.kit.pages import render_page, render_page_alone
from portal.kit.rendering import prometheus_page
from portal.lab.grafana_state import grafana_password, has_grafana
from portal.services import Services, current_services
from stack.doctor import Diagnosis, diagnose, has_no_database
from stack.layout import Layout
from stack.state import read_state

bp = Blueprint("lab", __name__, url_prefix="/lab")


@bp.get("")
def index() -> ResponseReturnValue:
    """The state of the lab."""
    services, settings = current_services(), current_services().settings
    pages = [partial(prometheus_page, services, name) for name in ("targets", "alerts")]
    services.ask_ahead([*pages, partial(_findings, services)])
    render = render_page_alone if has_no_database(_findings(services)) else render_page
    return render(
        "lab/index.html",
        **_context(),
        grafana_password=grafana_password(settings),
        has_grafana=has_grafana(settings),
        targets=prometheus_page(services, "targets"),
        alerts=prometheus_page(services, "alerts"),
    )


@bp.get("/fragment")
def lab_fragment() -> ResponseReturnValue:
    """The state of the lab, now."""
    return render_template("lab/_lab.html", **_context())


def _findings(services: Services) -> list[Diagnosis]:
    return services.readings.get(
        "doctor", services.limits.reading.lab_s, lambda: diagnose(services.settings)
    )


def _context() -> dict[str, object]:
    services = current_services()
    settings = services.settings
    state = read_state(Layout(settings.data_dir).state)
    return {
        "findings": _findings(services),
        "events": state.events[::-1][:10] if state else [],
        "tasks": [(task, services.background.age(task)) for task in services.background.tasks],
        "settings": settings,
    }
