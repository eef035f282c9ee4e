"""The rule editor, the rules as Prometheus has them, and what the alerts did during a burst."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.alerts import store
from portal.alerts.course import AlertsDuring, alerts_during
from portal.alerts.editor import (
    apply_learner_rules,
    keep_typed,
    remove_learner_rules,
    restore_learner_rules,
)
from portal.alerts.listing import shared_listing
from portal.alerts.models import AlertRuleText
from portal.alerts.nearness import outlook
from portal.alerts.slos import GuardedSLO, applied_findings
from portal.bursts import store as bursts
from portal.bursts.models import Burst
from portal.criteria.views import verdict_context
from portal.kit.htmx import form_again, fragment, fragment_or_redirect
from portal.kit.pages import render_page
from portal.kit.row_numbers import row_number
from portal.kit.version import seen_version
from portal.kit.vignettes import vignettes
from portal.learners import current_learner
from portal.learners.models import Learner
from portal.objectives.store import list_slos
from portal.promql.text import caret_under
from portal.rulefile.outline import MAX_BYTES, fits, one_newline
from portal.rulefolder.apply import Outcome, Refused
from portal.rulefolder.changes import check_alert, rules_changed
from portal.rulefolder.folder import RuleFolder, learner_file
from portal.services import Services, current_services
from portal.shop import JOB
from portal.tie import AlertFinding
from portal.trial.diary import Diary

bp = Blueprint("alerts", __name__, url_prefix="/alerts")

STARTER = Path(__file__).with_name("starter.yml").read_text(encoding="utf-8")
CHANGED = "rules-changed, criterion-changed"
MAX_FOLDS = 20
ACTIONS: dict[str, Callable[[Services, Learner, str], Outcome]] = {
    "apply": apply_learner_rules,
    "remove": remove_learner_rules,
    "restore": restore_learner_rules,
}


@bp.get("")
def index() -> ResponseReturnValue:
    """The alerts' home is the rule editor."""
    return redirect(url_for(".rules"))


@bp.get("/rules")
def rules() -> ResponseReturnValue:
    """The editor, and every rule that is loaded."""
    return render_page("alerts/rules.html", **_page(), **_beside())


@bp.get("/rules/loaded")
def loaded_fragment() -> ResponseReturnValue:
    """The loaded rules alone."""
    return _looked_at("alerts/_loaded.html")


@bp.get("/rules/now")
def now_fragment() -> ResponseReturnValue:
    """How far each of the learner's alerts is from firing."""
    return _looked_at("alerts/_now.html")


@bp.post("/rules")
def change() -> ResponseReturnValue:
    """Apply, remove or put back (``do``); what was typed is kept, whatever comes of it."""
    learner, typed = current_learner(), one_newline(request.form.get("text", ""))
    action = ACTIONS.get(request.form.get("do", "apply"))
    if action is None:
        abort(422, "The rule editor can apply, remove or restore.")
    if not keep_typed(current_services(), learner, typed, seen_version(request.form)):
        return _editor_again(_page(typed, stale=True), status=409)
    return _answer(action(current_services(), learner, typed), typed)


@bp.get("/rules/days")
def days() -> ResponseReturnValue:
    """The days that an applied alert (``?number=``, its place in the text) was tried on."""
    return render_page("alerts/days.html", **_days())


@bp.get("/rules/days/drawn")
def days_fragment() -> ResponseReturnValue:
    """The pictures alone."""
    return render_template("_days.html", **_days())


@bp.get("/transitions")
def transitions() -> ResponseReturnValue:
    """What the alerts did during the burst of that number (``?burst=``)."""
    found = _burst(request.args.get("burst", 0, type=row_number))
    return render_template("alerts/_transitions.html", told=_told(found))


@bp.get("/bursts/<int:number>")
def burst(number: int) -> ResponseReturnValue:
    """The same as a page, for whoever comes without JavaScript."""
    found = _burst(number)
    return render_page("alerts/burst.html", burst=found, told=_told(found))


def _burst(number: int) -> Burst:
    found = bursts.find(current_learner().id, number)
    if found is None:
        abort(404, "There is no burst of that number.")
    return found


def _told(burst: Burst) -> AlertsDuring:
    return alerts_during(current_services(), burst)


def _looked_at(template: str) -> ResponseReturnValue:
    """The rules as they stand; an alert in another state than the page saw is a new verdict."""
    shown = alerts_context()
    states = shown["listing"].states
    changed = request.args.get("seen", states) != states
    if changed:
        check_alert()
    return fragment(template, events="criterion-changed" if changed else "", **shown)


def alerts_context() -> dict[str, Any]:
    """What ``alerts/_loaded.html`` and ``alerts/_now.html`` show: the rules, how near they are.

    Only the learner's own: somebody else's query is not asked for them.
    """
    services = current_services()
    listed = shared_listing(services)
    own = listed.alerts_of(current_learner().id)
    return {"listing": listed, "own": own, "outlook": outlook(services, own, listed.records)}


def _beside() -> dict[str, Any]:
    """What the page shows besides the editor."""
    return {**alerts_context(), "card": verdict_context("alert")}


def _editor_again(page: dict[str, Any], status: int = 422) -> ResponseReturnValue:
    return form_again(
        "alerts/rules.html", "alerts/_editor.html", status=status, beside=_beside, **page
    )


def _answer(outcome: Outcome, typed: str) -> ResponseReturnValue:
    """The editor as it is now, with the reason where nothing changed."""
    if isinstance(outcome, Refused):
        page = _page(typed, refused=outcome)
        return _editor_again(page)
    rules_changed()
    page = _page(typed)
    if not fits(typed):  # it could not be saved, so a redirect would lose it
        return _editor_again(page, status=200)
    return fragment_or_redirect("alerts/_editor.html", url_for(".rules"), events=CHANGED, **page)


def _page(
    typed: str | None = None,
    *,
    refused: Refused | None = None,
    stale: bool = False,
) -> dict[str, Any]:
    learner = current_learner()
    row = store.find(learner.id)
    slos = [one.value for one in list_slos(learner.id)]
    applied = applied_findings(row, slos, current_services().trials)
    kept = row.text if row else starter(learner.service.job)
    return {
        "row": row,
        "guarded": [GuardedSLO(slo) for slo in slos],
        "advised": [one for one in applied if one.advice],
        "tried": _tried(applied),
        "text": kept if typed is None else typed,
        "version": row.version if row else 0,
        "other_text": kept if stale else None,
        "refused": refused,
        "marked": _marked(typed or "", refused),
        "in_place": _in_place(learner.id, row),
        "max_bytes": MAX_BYTES,
    }


def starter(job: str) -> str:
    """The rule that the editor begins with, for the service and for this lab's scrapes."""
    every = f"{current_services().settings.scrape_interval} s"
    text = STARTER.replace(JOB, job).replace("5 s or more", f"{every} or more")
    return text.replace("interval: 5s", f"interval: {every.replace(' ', '')}")


def _tried(applied: Sequence[AlertFinding]) -> list[tuple[int, str, Diary]]:
    """Place, name and days of the alerts that were tried."""
    found = ((number, one.name, one.diary) for number, one in enumerate(applied))
    return list(islice((one for one in found if one[2].days), MAX_FOLDS))


def _days() -> dict[str, Any]:
    learner, number = current_learner(), request.args.get("number", type=row_number)
    slos = [one.value for one in list_slos(learner.id)]
    trials = current_services().trials
    found = dict(enumerate(applied_findings(store.find(learner.id), slos, trials)))
    if number is None or number not in found:
        abort(404, "There is no alert at that place of your rules.")
    diary = found[number].diary
    pictures = vignettes(diary)
    return {"name": found[number].name, "diary": diary, "vignettes": pictures, "what": "alert"}


def _marked(text: str, refused: Refused | None) -> str:
    """The line that was refused, with a caret under the place; empty where it isn't known."""
    if refused is None or refused.line is None:
        return ""
    line = text.split("\n")[refused.line - 1 :][:1]
    first = len(line[0]) - len(line[0].lstrip()) + 1 if line else 1
    return caret_under(text, refused.line, refused.column or first)


def _in_place(learner_id: int, row: AlertRuleText | None) -> bool:
    """Whether the file still holds what was applied; somebody may have changed it by hand."""
    if row is None or row.removed_at is not None:
        return True
    services = current_services()
    folder = RuleFolder.of(services.settings, services.limits.room)
    return folder.holds(learner_file(learner_id), row.applied_text)
