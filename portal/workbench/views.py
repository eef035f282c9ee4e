"""The workbench page: try a query, keep panels, export or push them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4
from zlib import crc32

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.bursts.profiles import PRESETS
from portal.bursts.store import active_burst
from portal.criteria.views import verdict_context
from portal.errors import SLOLabError
from portal.kit.form import plain
from portal.kit.htmx import (
    form_again,
    fragment_at,
    fragment_or_redirect,
    reload_page,
    wants_fragment,
)
from portal.kit.pages import render_page
from portal.kit.row_numbers import row_number
from portal.kit.version import seen_version
from portal.kit.vignettes import vignettes
from portal.lab.grafana_state import has_grafana
from portal.learners import current_learner
from portal.live.reading import ReadingState
from portal.live.readout import readout
from portal.promql.findings import Sli
from portal.services import current_services
from portal.workbench import export, store
from portal.workbench.board import board
from portal.workbench.evidence import handed_in
from portal.workbench.forms import MAX_TITLE, PanelForm, title_problem
from portal.workbench.judge import lab_context, tried_days
from portal.workbench.models import WorkbenchPanel
from portal.workbench.push import PushChoice, push_to_grafana, pushed_to
from portal.workbench.starts import starts
from portal.workbench.tryout import MAX_LENGTH, Tryout, try_query, unit_of_query, unreadable
from portal.workbench.units import OF_THE_QUERY, UNITS

bp = Blueprint("workbench", __name__, url_prefix="/workbench")
UNTITLED = "Untitled panel"
FULL = f"A dashboard holds at most {store.MAX_PANELS} panels here. Remove one first."


@bp.get("")
def index() -> ResponseReturnValue:
    """The bench: a query field, the panels so far, the upload form."""
    return render_page("workbench/index.html", **page(PanelForm().typed_over(request.args)))


@bp.get("/try")
def try_fragment() -> ResponseReturnValue:
    """What the typed query gives and shows; the page's address follows what is typed."""
    form, panel_id = PanelForm.of(request.args), request.args.get("panel", type=row_number)
    where = ".index" if panel_id is None else ".edit"
    url = url_for(where, panel_id=panel_id, **form.in_address)
    return fragment_at("workbench/_tried.html", url, tryout=_tryout(form))


@bp.post("/try")
def try_typed() -> ResponseReturnValue:
    """The same for a query too long for an address; the whole page without htmx."""
    form = PanelForm.of(request.form)
    if wants_fragment():
        return render_template("workbench/_tryout.html", tryout=_tryout(form))
    panel_id = request.form.get("panel", type=row_number)
    if panel_id is not None:
        return render_page("workbench/edit.html", **_editing(_find(panel_id), form))
    return render_page("workbench/index.html", **page(form))


@bp.get("/days")
def days() -> ResponseReturnValue:
    """The days that a query (``?expr=``) was tried on, as a page."""
    return render_page("workbench/days.html", **_days())


@bp.get("/days/drawn")
def days_fragment() -> ResponseReturnValue:
    """The pictures alone."""
    return render_template("_days.html", **_days())


@bp.app_template_filter()
def fingerprint(text: str) -> str:
    """A short mark that changes when the text does."""
    return f"{crc32(text.encode(errors='replace')):08x}"


@bp.get("/panels/drawn")
def board_fragment() -> ResponseReturnValue:
    """The panels as they are now."""
    drawn = board(current_services(), current_learner())
    return render_template("workbench/_board.html", board=drawn, units=UNITS)


@bp.get("/traffic")
def traffic_fragment() -> ResponseReturnValue:
    """A burst to start where nobody asks the service, and the burst that runs."""
    return render_template("workbench/_traffic.html", **_traffic())


@bp.post("/panels")
def add() -> ResponseReturnValue:
    """Keep the query as a panel; the same form sent twice is one panel."""
    form, learner = PanelForm.of(request.form), current_learner()
    before = store.find_by_key(learner.id, form.key)
    if before:
        return reload_page(url_for(".index", kept=before.id))
    good = form.is_good()
    if store.is_full(learner.id):
        form.errors["room"] = FULL
    if not good or form.errors:
        return form_again("workbench/index.html", "workbench/_form.html", **page(form))
    title, now = form.title or UNTITLED, current_services().clock()
    panel = store.add_panel(learner.id, title, form.expr, _unit(form), now, form.key)
    return reload_page(url_for(".index", kept=panel.id))


@bp.get("/panels/<int:panel_id>")
def edit(panel_id: int) -> ResponseReturnValue:
    """One panel to be changed."""
    panel = _find(panel_id)
    form = PanelForm(panel.title, panel.expr, panel.unit).typed_over(request.args)
    form.seen = seen_version(request.args)
    return render_page("workbench/edit.html", **_editing(panel, form))


@bp.post("/panels/<int:panel_id>")
def change(panel_id: int) -> ResponseReturnValue:
    """Save the changed panel."""
    panel, form = _find(panel_id), PanelForm.of(request.form)
    if not form.is_good():
        return _change_again(panel, form)
    said = (form.title or UNTITLED, form.expr, _unit(form))
    if not store.change_panel(panel, said, current_services().clock(), form.seen):
        form.seen = panel.version
        return _change_again(panel, form, status=409, meanwhile=panel)
    flash(f"Saved: {said[0]}.")
    return reload_page(url_for(".index"))


@bp.post("/panels/<int:panel_id>/remove")
def remove(panel_id: int) -> ResponseReturnValue:
    """Take a panel off; the answer offers to undo it."""
    panel = _find(panel_id)
    store.remove_panel(panel, current_services().clock())
    return _panels(url_for(".index", removed=panel.id, _anchor="panels"), removed=panel)


@bp.post("/panels/<int:panel_id>/bring-back")
def bring_back(panel_id: int) -> ResponseReturnValue:
    """Undo a removal."""
    panel = _find(panel_id)
    back = store.bring_back(panel)
    url = url_for(".index", removed=None if back else panel.id, _anchor="panels")
    return _panels(url, removed=None if back else panel, problem="" if back else FULL)


@bp.post("/panels/<int:panel_id>/move")
def move(panel_id: int) -> ResponseReturnValue:
    """Put a panel at another place; ``to`` counts from 0."""
    place = request.form.get("to", type=row_number)
    if place is None:
        abort(422, "Say which place the panel is to have.")
    store.move(current_learner().id, _find(panel_id), place)
    return _panels(url_for(".index", _anchor="panels"))


@bp.post("/title")
def rename() -> ResponseReturnValue:
    """Give the dashboard a title."""
    title = plain(request.form.get("title", ""))
    problem = title_problem(title)
    if problem:
        return _title_again(title, panels_problem=problem)
    learner_id = current_learner().id
    if not store.rename(learner_id, title, seen_version(request.form)):
        other = store.bench(learner_id).title
        return _title_again(title, status=409, other_title=other)
    return _panels(url_for(".index", _anchor="panels"))


@bp.post("/confirm")
def confirm() -> ResponseReturnValue:
    """Keep the learner's word on a query that runs and can't be analysed."""
    sli, expr = request.form.get("sli", ""), plain(request.form.get("expr", ""))
    if sli not in set(Sli) or not expr:
        abort(422, "Say which SLI the query shows: availability or latency.")
    there = request.form.get("then") == "dashboards"
    back = (
        url_for("workbench_dashboards.index")
        if there
        else url_for(".index", expr=expr[:MAX_LENGTH])
    )
    problem = unreadable(current_services(), current_learner(), expr)
    if problem:
        flash(f"Not recorded: {problem}")
    else:
        store.confirm(current_learner().id, expr, sli, current_services().clock())
        flash(f"Recorded as confirmed by you: this query shows {sli}.")
    return reload_page(back)


@bp.get("/dashboard.json")
def download() -> ResponseReturnValue:
    """The panels as Grafana JSON."""
    learner = current_learner()
    panels, title = store.panels(learner.id), store.bench(learner.id).title
    if not panels:
        flash("There is nothing to download yet: keep a panel first.")
        return redirect(url_for(".index"), 303)
    named = f'attachment; filename="{export.file_name(title)}"'
    content = json.dumps(export.importable(panels, title), indent=2) + "\n"
    return Response(content, 200, {"Content-Disposition": named}, "application/json")


@bp.post("/push")
def push() -> ResponseReturnValue:
    """Save the panels as a dashboard in Grafana; what stands in the way there is asked about."""
    learner, services = current_learner(), current_services()
    panels, choice = store.panels(learner.id), PushChoice.of(request.form)
    try:
        if not panels:
            raise SLOLabError("there are no panels yet.")
        obstacle = push_to_grafana(services, learner, panels, choice)
    except SLOLabError as error:
        flash(f"Not pushed: {error}")
        return reload_page(url_for(".index"))
    if obstacle:
        context = {**page(), "obstacle": obstacle}
        return form_again("workbench/index.html", "workbench/_panels.html", status=409, **context)
    flash(f"It is in Grafana now: “{store.bench(learner.id).title}”.")
    return reload_page(url_for(".index"))


@bp.get("/pushed")
def pushed() -> ResponseReturnValue:
    """Lead to the dashboard in Grafana, or say that it is there no more."""
    bench = store.bench(current_learner().id)
    place = pushed_to(current_services(), bench) if bench.pushed_at else None
    if place is None:
        flash("Your dashboard is not in Grafana now. Push it, and it is there.")
    return redirect(place or url_for(".index"), 303)


def page(form: PanelForm | None = None) -> dict[str, Any]:
    """What the workbench page shows; an empty form by default."""
    learner = current_learner()
    number = request.args.get("removed", type=row_number)
    removed = store.find_panel(learner.id, number) if number is not None else None
    form = form or PanelForm()
    return {
        **_bench(),
        **_traffic(),
        "form": form,
        "tryout": _tryout(form),
        "starts": starts(learner.service.job),
        "newest": store.newest_panel(learner.id),
        "kept": _kept(learner.id),
        "handed_in": store.handed_in(learner.id),
        "candidates": handed_in(current_services(), learner),
        "removed": removed if removed and removed.removed_at else None,
        "card": verdict_context("dashboard"),
    }


def _kept(learner_id: int) -> dict[str, Any] | None:
    """The panel that was just kept, and its place among the others, from 1."""
    number = request.args.get("kept", type=row_number)
    places = enumerate(store.panels(learner_id), 1)
    return next(({"panel": one, "place": at} for at, one in places if one.id == number), None)


def _traffic() -> dict[str, Any]:
    services, learner = current_services(), current_learner()
    state = readout(services, learner).reading.state
    return {
        "burst": active_burst(learner.id),
        "quiet": state is ReadingState.NO_TRAFFIC,
        "preset": PRESETS["steady"],
        "key": uuid4().hex,
    }


def _tryout(form: PanelForm) -> Tryout | None:
    if not form.expr:
        return None
    return try_query(current_services(), current_learner(), form.expr, form.unit)


def _days() -> dict[str, Any]:
    expr = plain(request.args.get("expr", ""))[:MAX_LENGTH]
    services = current_services()
    context = lab_context(services, current_learner().service.job)
    diary = tried_days(expr, context, services.trials)
    return {"expr": expr, "diary": diary, "vignettes": vignettes(diary), "what": "query"}


def _unit(form: PanelForm) -> str:
    if form.unit != OF_THE_QUERY:
        return form.unit
    return unit_of_query(current_services(), current_learner(), form.expr)


def _editing(panel: WorkbenchPanel, form: PanelForm) -> dict[str, Any]:
    return {"panel": panel, "form": form, "tryout": _tryout(form), "units": UNITS}


def _change_again(panel: WorkbenchPanel, form: PanelForm, **answer: Any) -> Response:
    """The form with what was typed; ``meanwhile``: the panel as another page has saved it."""
    context = {**_editing(panel, form), "typed": True, **answer}
    return form_again("workbench/edit.html", "workbench/_form.html", **context)


def _title_again(title: str, **answer: Any) -> Response:
    """The title as typed; ``other_title``: the one that another page has saved."""
    context = {**page(), "dashboard_title": title, "typed": True, **answer}
    return form_again("workbench/index.html", "workbench/_panels.html", **context)


def _find(panel_id: int) -> WorkbenchPanel:
    panel = store.find_panel(current_learner().id, panel_id)
    if panel is None:
        abort(404, "There is no panel of that number.")
    return panel


def _panels(url: str, removed: WorkbenchPanel | None = None, problem: str = "") -> Response:
    if problem and not wants_fragment():
        flash(problem)
    context = {"removed": removed, "panels_problem": problem, **_bench()}
    return fragment_or_redirect(
        "workbench/_panels.html", url, events="criterion-changed", **context
    )


def _bench() -> dict[str, Any]:
    """The dashboard and its panels, each drawn, with what it shows."""
    learner, services = current_learner(), current_services()
    bench = store.bench(learner.id)
    return {
        "board": board(services, learner),
        "bench": bench,
        "dashboard_title": bench.title,
        "max_title": MAX_TITLE,
        "units": UNITS,
        "has_grafana": has_grafana(services.settings),
    }
