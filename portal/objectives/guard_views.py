"""Pages around an SLO's alerts: planner, generated rules, OpenSLO, many services."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.kit.htmx import fragment_or_redirect
from portal.kit.pages import render_page
from portal.learners import current_learner
from portal.numbers import read_number
from portal.objectives import store
from portal.objectives.guard import USUAL_BURST, read_guards
from portal.objectives.models import SavedSLO
from portal.objectives.own_alerts import own_alerts
from portal.objectives.reading import reading_instant
from portal.rulefolder.apply import Applied, Outcome, apply_file, remove_file
from portal.rulefolder.changes import rules_changed
from portal.rulefolder.folder import RuleFolder, slo_file
from portal.services import current_services
from portal.slo.planner import PlannedBurst
from portal.slo.rules import rule_file
from portal.slo.scale import MAX_SERVICES, fleet

bp = Blueprint("guards", __name__, url_prefix="/slos")


@bp.get("/planner")
def planner() -> ResponseReturnValue:
    """The burst planner of the learner's first SLO."""
    first = next(iter(store.list_slos(current_learner().id)), None)
    if first is None:
        return redirect(url_for("objectives.index"))
    rate, errors = USUAL_BURST.rate, round(USUAL_BURST.error_share * 100)
    show_it = url_for("objectives.show", name=first.name, rate=rate, errors=errors)
    return redirect(f"{show_it}#slo-alerts")


@bp.get("/<name>/alerts")
def show(name: str) -> ResponseReturnValue:
    """What each alert of the SLO takes to fire, from the present history on."""
    return render_template("objectives/_alerts.html", **alerts_context(found_slo(name)))


@bp.get("/<name>/rules.yml")
def rules(name: str) -> ResponseReturnValue:
    """The rule file that is made from the SLO."""
    return Response(_generated(found_slo(name)), content_type="text/yaml; charset=utf-8")


@bp.post("/<name>/rules")
def apply(name: str) -> ResponseReturnValue:
    """Write the generated rules and see Prometheus load them."""
    row = found_slo(name)
    return _after(
        row,
        apply_file(current_services(), slo_file(row.learner_id, row.name), _generated(row)),
    )


@bp.post("/<name>/rules/remove")
def remove(name: str) -> ResponseReturnValue:
    """Take the generated rules out of Prometheus."""
    row = found_slo(name)
    return _after(row, remove_file(current_services(), slo_file(row.learner_id, row.name)))


@bp.get("/openslo.yaml")
def export_openslo() -> ResponseReturnValue:
    """All SLOs as OpenSLO v1."""
    attachment = {"Content-Disposition": 'attachment; filename="slos.openslo.yaml"'}
    return Response(
        store.export_documents(), 200, attachment, content_type="text/yaml; charset=utf-8"
    )


@bp.get("/scale")
def scale() -> ResponseReturnValue:
    """What the same template costs for many services."""
    typed = request.args.get("services", "20")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
    problem = "" if 1 <= number <= MAX_SERVICES else f"Choose 1 to {MAX_SERVICES} services."
    cost = None if problem else fleet(number)
    return render_page("objectives/scale.html", typed=typed, problem=problem, cost=cost)


def alerts_context(
    row: SavedSLO, outcome: Outcome | None = None, at: float | None = None
) -> dict[str, Any]:
    """What ``objectives/_alerts.html`` shows; ``at``: the instant of the page's other figures."""
    services, generated = current_services(), _generated(row)
    folder = RuleFolder.of(services.settings, services.limits.room)
    in_place = folder.read(slo_file(row.learner_id, row.name))
    instant, burst = reading_instant(services) if at is None else at, _burst()
    return {
        "row": row,
        "planned": read_guards(services, row.value, instant, burst),
        "own": own_alerts(row.value, burst),
        "asked": "rate" in request.args,
        "applied": in_place is not None,
        "outdated": in_place not in {None, generated},
        "generated": generated,
        "outcome": outcome,
        "refused": outcome is not None and not isinstance(outcome, Applied),
    }


def _after(row: SavedSLO, outcome: Outcome) -> ResponseReturnValue:
    context = alerts_context(row, outcome)
    rules_changed()
    if context["refused"]:
        flash(f"Not applied: {outcome.reason}")  # type: ignore[union-attr]
    url = url_for("objectives.show", name=row.name, _anchor="slo-alerts")
    events = "criterion-changed, rules-changed"
    return fragment_or_redirect("objectives/_alerts.html", url, events=events, **context)


def _generated(row: SavedSLO) -> str:
    """The rule file that is made from the SLO, for this lab's scrapes."""
    return rule_file([row.value], current_services().settings.scrape_interval)


def _burst() -> PlannedBurst:
    rate, errors = (read_number(request.args.get(name, "")) for name in ("rate", "errors"))
    if rate is None or errors is None or not (0 < rate <= 500 and 0 <= errors <= 100):
        return USUAL_BURST
    return PlannedBurst(rate=rate, error_share=errors / 100)


def found_slo(name: str) -> SavedSLO:
    """The learner's SLO of that name; 404 without one."""
    row = store.find_slo(current_learner().id, name)
    if row is None or row.deleted_at:
        abort(404, "There is no SLO of that name. It may have been deleted.")
    return row
