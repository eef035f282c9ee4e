"""Every dashboard of the learner, panel by panel, and the ones that are handed in."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.dashboards import UnreadableDashboardError
from portal.kit.body_size import takes_files
from portal.kit.form import plain
from portal.kit.htmx import form_again, reload_page
from portal.kit.pages import render_page
from portal.learners import current_learner
from portal.services import current_services
from portal.workbench import hand_in, store
from portal.workbench.criterion import EXPECTED, WHICH_ONE, known_dashboard
from portal.workbench.evidence import gather
from portal.workbench.views import page

bp = Blueprint("workbench_dashboards", __name__, url_prefix="/workbench")
MAX_LISTED = 20


@bp.get("/dashboards")
def index() -> ResponseReturnValue:
    """All dashboards that were found, the best one first."""
    return render_page("workbench/dashboards.html", **_found())


@bp.get("/dashboards/fragment")
def found_fragment() -> ResponseReturnValue:
    """The list, asked for again while Grafana is still being read."""
    return render_template("workbench/_dashboards.html", **_found())


@bp.post("/hand-in")
@takes_files
def hand_in_dashboard() -> ResponseReturnValue:
    """Take a dashboard's JSON, as a file or as text."""
    upload, text = request.files.get("file"), request.form.get("document", "")
    chosen = upload if upload and upload.filename else None
    try:
        with contextlib.closing(chosen or io.BytesIO(text.encode())) as raw:
            document = hand_in.read(raw.read(), current_services().trials)
    except UnreadableDashboardError as error:
        context = {**page(), "problem": str(error), "document": text}
        return form_again("workbench/index.html", "workbench/_hand_in.html", **context)
    name = plain((chosen and chosen.filename) or "") or "pasted.json"
    store.hand_in(current_learner().id, name, document, current_services().clock())
    flash(f"Handed in: {name}. The check reads it now.")
    return reload_page(url_for("workbench.index"))


@bp.post("/handed-in/<int:row_id>/remove")
def take_back(row_id: int) -> ResponseReturnValue:
    """Remove a dashboard that was handed in."""
    store.take_back(current_learner().id, row_id)
    flash("Removed.")
    return reload_page(url_for("workbench.index"))


def _found() -> dict[str, Any]:
    learner, services = current_learner(), current_services()
    wait = services.limits.workbench.page_wait_s
    evidence = gather(services, learner, known=known_dashboard(learner), wait_seconds=wait)
    ordered = sorted(evidence.candidates, key=lambda one: one.worth, reverse=True)
    return {
        "evidence": evidence,
        "shown": ordered[:MAX_LISTED],
        "further": ordered[MAX_LISTED:],
        "expected": EXPECTED,
        "which_one": WHICH_ONE,
    }
