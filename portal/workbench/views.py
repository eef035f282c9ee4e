"""The workbench page: try a query, keep panels, export or push them, hand in a dashboard."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.clients.errors import ClientError
from portal.htmx import form_again, fragment_or_redirect, reload_page
from portal.learners import current_learner
from portal.promql.findings import Sli
from portal.services import current_services
from portal.workbench import export, hand_in, store
from portal.workbench.forms import PanelForm
from portal.workbench.judge import judge_panels, lab_context
from portal.workbench.models import WorkbenchPanel
from portal.workbench.push import push_to_grafana
from portal.workbench.trial import try_query

bp = Blueprint("workbench", __name__, url_prefix="/workbench")


@bp.get("")
def index() -> ResponseReturnValue:
    """The bench: a query field, the panels so far, the upload form."""
    form = PanelForm(expr=request.args.get("expr", ""))
    return render_template("workbench/index.html", form=form, trial=_trial(form), **_page())


@bp.get("/try")
def try_fragment() -> ResponseReturnValue:
    """What the typed query gives and shows."""
    form = PanelForm.of(request.args)
    return render_template("workbench/_trial.html", form=form, trial=_trial(form))


@bp.post("/panels")
def add() -> ResponseReturnValue:
    """Keep the query as a panel."""
    form = PanelForm.of(request.form)
    if request.form.get("then") == "try":
        return redirect(url_for(".index", expr=form.expr), 303)
    if len(store.panels(current_learner().id)) >= store.MAX_PANELS:
        form.errors["expr"] = f"A dashboard holds at most {store.MAX_PANELS} panels here."
    if form.errors or not form.is_good():
        return _form_again(form)
    now = current_services().clock()
    title = form.title or "Untitled panel"
    store.add_panel(current_learner().id, title, form.expr, form.unit, now)
    flash(f"Kept as a panel: {title}.")
    return reload_page(url_for(".index"))


@bp.get("/panels/<int:panel_id>")
def edit(panel_id: int) -> ResponseReturnValue:
    """One panel to be changed."""
    panel = _find(panel_id)
    form = PanelForm(panel.title, panel.expr, panel.unit)
    return render_template("workbench/edit.html", panel=panel, form=form, trial=_trial(form))


@bp.post("/panels/<int:panel_id>")
def change(panel_id: int) -> ResponseReturnValue:
    """Save the changed panel."""
    panel, form = _find(panel_id), PanelForm.of(request.form)
    if not form.is_good():
        context = {"panel": panel, "form": form, "trial": _trial(form)}
        return form_again("workbench/edit.html", "workbench/_form.html", **context)
    title = form.title or "Untitled panel"
    store.change_panel(panel, title, form.expr, form.unit, current_services().clock())
    flash(f"Saved: {title}.")
    return reload_page(url_for(".index"))


@bp.post("/panels/<int:panel_id>/remove")
def remove(panel_id: int) -> ResponseReturnValue:
    """Take a panel off; the answer offers to undo it."""
    panel = _find(panel_id)
    store.remove_panel(panel, current_services().clock())
    return _panels(url_for(".index", removed=panel.id), removed=panel)


@bp.post("/panels/<int:panel_id>/bring-back")
def bring_back(panel_id: int) -> ResponseReturnValue:
    """Undo a removal."""
    store.bring_back(_find(panel_id))
    return _panels(url_for(".index"))


@bp.post("/panels/<int:panel_id>/up")
def up(panel_id: int) -> ResponseReturnValue:
    """Move a panel before the one above it."""
    store.move_up(current_learner().id, _find(panel_id))
    return _panels(url_for(".index"))


@bp.post("/confirm")
def confirm() -> ResponseReturnValue:
    """Keep the learner's word on a query that can't be analysed."""
    sli, expr = request.form.get("sli", ""), request.form.get("expr", "").strip()
    if sli not in set(Sli) or not expr:
        abort(422, "Say which SLI the query shows: availability or latency.")
    store.confirm(current_learner().id, expr, sli, current_services().clock())
    flash(f"Recorded as confirmed by you: this query shows {sli}.")
    return reload_page(url_for(".index", expr=expr))


@bp.get("/dashboard.json")
def download() -> ResponseReturnValue:
    """The panels as Grafana JSON."""
    content = export.importable(store.panels(current_learner().id), export.TITLE)
    attachment = {"Content-Disposition": 'attachment; filename="my-slis.json"'}
    return Response(json.dumps(content, indent=2) + "\n", 200, attachment, "application/json")


@bp.post("/push")
def push() -> ResponseReturnValue:
    """Save the panels as a dashboard in Grafana's folder "SLO lab"."""
    learner, services = current_learner(), current_services()
    try:
        pushed = push_to_grafana(services, learner, store.panels(learner.id))
    except ClientError as error:
        flash(f"Not pushed: {error}")
    else:
        flash(f"It is in Grafana now: {pushed}")
    return reload_page(url_for(".index"))


@bp.post("/hand-in")
def hand_in_dashboard() -> ResponseReturnValue:
    """Take a dashboard's JSON, as a file or as text."""
    upload, text = request.files.get("file"), request.form.get("document", "")
    name = (upload and upload.filename) or "pasted.json"
    raw = upload.read() if upload and upload.filename else text.encode()
    problem = hand_in.problem_with(raw)
    if problem:
        context = {**_page(), "problem": problem, "document": text, "form": PanelForm()}
        return form_again("workbench/index.html", "workbench/_hand_in.html", **context)
    services = current_services()
    store.hand_in(current_learner().id, name, raw.decode("utf-8-sig"), services.clock())
    flash(f"Handed in: {name}. The check reads it now.")
    return reload_page(url_for(".index"))


@bp.post("/handed-in/<int:row_id>/remove")
def take_back(row_id: int) -> ResponseReturnValue:
    """Remove a dashboard that was handed in."""
    store.take_back(current_learner().id, row_id)
    flash("Removed.")
    return reload_page(url_for(".index"))


def _trial(form: PanelForm) -> Any:
    if not form.expr:
        return None
    learner, services = current_learner(), current_services()
    return try_query(services, lab_context(services, learner.service.job), form.expr)


def _find(panel_id: int) -> WorkbenchPanel:
    panel = store.find_panel(current_learner().id, panel_id)
    if panel is None:
        abort(404, "There is no panel of that number.")
    return panel


def _panels(url: str, removed: WorkbenchPanel | None = None) -> Response:
    return fragment_or_redirect(
        "workbench/_panels.html",
        url,
        events="criterion-changed",
        removed=removed,
        **_panel_context(),
    )


def _form_again(form: PanelForm) -> ResponseReturnValue:
    context = {"form": form, "trial": _trial(form), **_page()}
    return form_again("workbench/index.html", "workbench/_form.html", **context)


def _panel_context() -> dict[str, Any]:
    learner, services = current_learner(), current_services()
    rows = store.panels(learner.id)
    return {"panels": judge_panels(services, learner, rows)}


def _page() -> dict[str, Any]:
    learner = current_learner()
    number = request.args.get("removed", "")
    removed = store.find_panel(learner.id, int(number)) if number.isdigit() else None
    return {
        **_panel_context(),
        "handed_in": store.handed_in(learner.id),
        "removed": removed if removed and removed.removed_at else None,
        "units": export.UNIT_WORDS,
    }
