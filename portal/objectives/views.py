"""The SLO pages: list with budgets, form with live preview, delete with undo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.bursts.bands import burst_bands
from portal.bursts.store import recent
from portal.criteria.views import verdict_context
from portal.errors import SLOLabError
from portal.kit.charts import Chart, ChartLine, value_chart
from portal.kit.htmx import form_again, fragment_or_redirect, reload_page
from portal.kit.pages import render_page
from portal.learners import current_learner
from portal.objectives import store
from portal.objectives.changes import slos_changed
from portal.objectives.cost import BurstCost, read_burst_cost
from portal.objectives.forms import SLOForm
from portal.objectives.guard import read_guards
from portal.objectives.guard_views import alerts_context, found_slo
from portal.objectives.models import SavedSLO
from portal.objectives.reading import (
    BudgetReading,
    bucket_bounds,
    read_budget,
    read_budget_history,
    reading_instant,
)
from portal.rulefolder.apply import Applied, remove_file
from portal.rulefolder.folder import RuleFolder, slo_file
from portal.rulefolder.presence import has_alert
from portal.services import current_services
from portal.slo.objective import SLO
from portal.slo.windows import Window
from portal.words import listed

MAX_OPENSLO = 256 * 1024
bp = Blueprint("objectives", __name__, url_prefix="/slos")


@bp.get("")
def index() -> ResponseReturnValue:
    """All SLOs, each with its error budget so far, and the form for another one.

    Without JavaScript the form asks this page for its preview (``?objective=...``).
    """
    form = SLOForm.of(request.args)
    context = {**_form_context(form), "preview": _preview(form)}
    saved = request.args.get("saved", "")
    return render_page("objectives/index.html", **_list_context(saved), **context, **_beside_list())


@bp.get("/list")
def list_fragment() -> ResponseReturnValue:
    """The list alone."""
    return render_template("objectives/_list.html", **_list_context())


@bp.post("")
def create() -> ResponseReturnValue:
    """Save a new SLO."""
    learner, form = current_learner(), SLOForm.of(request.form)
    slo = form.read(learner.service.job, _bounds())
    if slo is None:
        return _new_form_again(form)
    try:
        row = store.add_slo(learner.id, slo, current_services().clock())
    except store.TooManySLOsError as error:
        form.errors["room"] = str(error)
        return _new_form_again(form)
    slos_changed()
    return reload_page(url_for(".index", saved=row.name))


@bp.post("/import")
def import_openslo() -> ResponseReturnValue:
    """Take SLOs over from an OpenSLO file or its text; a text that is refused stays in the form."""
    upload, text = request.files.get("file"), request.form.get("text", "")
    raw = upload.read(MAX_OPENSLO + 1) if upload and upload.filename else text.encode()
    try:
        names = store.import_documents(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _import_again("this is no text in UTF-8.", text)
    except SLOLabError as error:
        return _import_again(str(error), text)
    slos_changed()
    flash(f"Taken over: {listed(names)}.")
    return reload_page(url_for(".index"))


def _import_again(problem: str, text: str) -> ResponseReturnValue:
    return form_again(
        "objectives/index.html",
        "objectives/_import.html",
        problem=problem,
        document=text,
        changes=store.count_changes(current_learner().id),
        beside=_around_import,
    )


def _around_import() -> dict[str, Any]:
    context = {**_form_context(SLOForm.of(request.args)), "preview": None}
    del context["changes"]  # both forms show it
    return {**_list_context(), **context, **_beside_list()}


@bp.get("/preview")
def preview() -> ResponseReturnValue:
    """What the typed SLO would mean, without saving it."""
    form = SLOForm.of(request.args)
    return render_template("objectives/_typed.html", form=form, preview=_preview(form))


@bp.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """One SLO: its budget, its history, the form to change it."""
    row = found_slo(name)
    form, at = SLOForm.of_slo(row.value, row.version), _asked_ahead(row.value)
    context = {**_form_context(form, row), **_budget_context(row, at)}
    return render_page("objectives/show.html", **context, **_beside_form(context), preview=None)


@bp.post("/<name>")
def update(name: str) -> ResponseReturnValue:
    """Save the new state of an SLO, unless another page saved since this form was made."""
    row, form = found_slo(name), SLOForm.of(request.form)
    slo = form.read(row.learner.service.job, _bounds(), name=row.name)
    if slo is None:
        return _changed_form_again(form, row)
    if not store.change_slo(row, slo, form.seen, current_services().clock()):
        form.seen = row.version
        return _changed_form_again(form, row, status=409, meanwhile=store.summary(row))
    slos_changed()
    flash("Saved. The state before is kept in the history below.")
    return reload_page(url_for(".show", name=row.name))


@bp.get("/<name>/budget")
def budget_fragment(name: str) -> ResponseReturnValue:
    """The budget of one SLO, now."""
    return render_template("objectives/_budget.html", **_budget_context(found_slo(name)))


@bp.post("/<name>/delete")
def delete(name: str) -> ResponseReturnValue:
    """Take the SLO off the list, and its generated rules out; the answer offers to undo it."""
    row = found_slo(name)
    store.delete_slo(row, current_services().clock())
    _take_rules_out(row)
    slos_changed()
    return fragment_or_redirect(
        "objectives/_list.html",
        url_for(".index", deleted=row.name),
        events="criterion-changed",
        deleted=row,
        **_list_context(),
    )


@bp.post("/<name>/restore")
def restore(name: str) -> ResponseReturnValue:
    """Bring a deleted SLO back."""
    row = store.find_slo(current_learner().id, name)
    if row is None:
        abort(404, "There is no SLO of that name.")
    try:
        store.restore_slo(row, current_services().clock())
    except store.TooManySLOsError as error:
        abort(409, str(error))
    slos_changed()
    return fragment_or_redirect(
        "objectives/_list.html", url_for(".index"), events="criterion-changed", **_list_context()
    )


def _beside_list() -> dict[str, Any]:
    """What the page of all SLOs shows besides list and form.

    Without JavaScript the undo is offered on the page that follows the redirect.
    """
    name = request.args.get("deleted", "")
    row = store.find_slo(current_learner().id, name) if name else None
    return {"deleted": row if row and row.deleted_at else None, "card": verdict_context("slo")}


def _take_rules_out(row: SavedSLO) -> None:
    """An alert without its SLO would fire for nobody. Brought back, the SLO has no rules yet."""
    services, file = current_services(), slo_file(row.learner_id, row.name)
    if not RuleFolder.of(services.settings, services.limits.room).holds(file, None):
        outcome = remove_file(services, file)
        if not isinstance(outcome, Applied):
            flash(f"Its rules are still in Prometheus: {outcome.reason}")


def _list_context(saved: str = "") -> dict[str, Any]:
    """Every SLO with its budget, all read at one instant; the one just saved comes first."""
    services = current_services()
    at, slos = reading_instant(services), list(store.list_slos(current_learner().id))
    slos.sort(key=lambda row: row.name != saved)
    services.ask_ahead([partial(read_budget, services, row.value, at) for row in slos])
    rows = [{"slo": row, "reading": read_budget(services, row.value, at)} for row in slos]
    return {
        "rows": rows,
        "saved": next((row for row in slos if row.name == saved), None),
        "unreadable": store.unreadable_slos(current_learner().id),
    }


def _bounds() -> tuple[float, ...]:
    return bucket_bounds(current_services(), current_learner().service.job)


def _form_context(form: SLOForm, row: SavedSLO | None = None) -> dict[str, Any]:
    changes = store.count_changes(current_learner().id)
    shown = {"form": form, "row": row, "changes": changes}
    return {**shown, "bounds": _bounds(), "windows": list(Window)}


def _new_form_again(form: SLOForm) -> ResponseReturnValue:
    context = {**_form_context(form), "preview": _preview(replace(form, errors={})), "typed": True}
    return form_again(
        "objectives/index.html",
        "objectives/_form.html",
        beside=lambda: {**_list_context(), **_beside_list()},
        **context,
    )


def _changed_form_again(
    form: SLOForm, row: SavedSLO, *, status: int = 422, meanwhile: str = ""
) -> ResponseReturnValue:
    """``meanwhile``: what another page made of the SLO."""
    context = {**_form_context(form, row), "preview": _preview(replace(form, errors={}))}
    context |= {**_budget_context(row), "meanwhile": meanwhile, "typed": True}
    return form_again(
        "objectives/show.html",
        "objectives/_form.html",
        status=status,
        beside=lambda: _beside_form(context),
        **context,
    )


def _beside_form(context: dict[str, Any]) -> dict[str, Any]:
    """What an SLO's page shows besides budget and form: its history, its alerts.

    The alerts are those of the instant of the other figures.
    """
    row, reading = context["row"], context["reading"]
    alerts = alerts_context(row, at=reading.at)
    shown = {name: value for name, value in alerts.items() if name != "row"}
    return {**shown, "revisions": list(row.revisions)}


def _preview(form: SLOForm) -> dict[str, Any] | None:
    """What the typed SLO would mean; None where no SLO can be read from the form."""
    services, learner = current_services(), current_learner()
    slo = form.read(learner.service.job, _bounds(), draft=True) if form.objective else None
    if slo is None:
        return None
    at = _asked_ahead(slo)
    reading = read_budget(services, slo, at)
    return {
        "reading": reading,
        "guards": read_guards(services, slo, at),
        "cost": _last_burst_cost(learner.id, slo, reading),
        "has_alert": has_alert(services, learner.id),
    }


def _asked_ahead(slo: SLO) -> float:
    """The instant of a page's figures, once all that it shows of them is asked for."""
    services = current_services()
    at = reading_instant(services)
    figures = (read_budget, read_budget_history, read_guards)
    asked = [partial(read, services, slo, at) for read in figures]
    services.ask_ahead([*asked, partial(bucket_bounds, services, slo.job)])
    return at


def _budget_context(row: SavedSLO, at: float | None = None) -> dict[str, Any]:
    """``at``: the instant of the page's other figures."""
    services = current_services()
    reading = read_budget(services, row.value, reading_instant(services) if at is None else at)
    return {
        "row": row,
        "reading": reading,
        "chart": _budget_chart(row, reading, 760, 200) if reading.budget else None,
        "phone_chart": _budget_chart(row, reading, 280, 150) if reading.budget else None,
        "cost": _last_burst_cost(row.learner_id, row.value, reading),
    }


def _budget_chart(row: SavedSLO, reading: BudgetReading, width: int, height: int) -> Chart:
    """The budget left (%) over the last 15 minutes, bursts shaded, 0 % drawn as the limit.

    The line ends with the reading, so that it says what the figures say.
    """
    history = read_budget_history(current_services(), row.value, reading.at)
    left_now = reading.budget.remaining if reading.budget else None
    points = (*history.remaining, (reading.at, left_now))
    percent = [(at, None if left is None else left * 100) for at, left in points]
    end = datetime.fromtimestamp(reading.at, UTC)
    return value_chart(
        "Budget so far that was left, over the last 15 minutes, in percent",
        [ChartLine("budget so far left, %", percent)],
        history.start,
        end,
        bands=burst_bands(row.learner_id, history.start, end),
        limit=0.0,
        width=width,
        height=height,
    )


def _last_burst_cost(learner_id: int, slo: SLO, reading: BudgetReading) -> BurstCost | None:
    """What the last burst cost of the budget so far; None where there is nothing to say."""
    last = next(iter(recent(learner_id, 1)), None)
    if last is None or reading.budget is None or reading.budget.events is None:
        return None
    return read_burst_cost(slo, last, reading.budget.events)
