"""The SLIs page and the live readout that other pages include."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.kit.pages import render_page
from portal.lab.grafana_state import has_grafana
from portal.learners import current_learner
from portal.live.explore import explore_url
from portal.live.readout import readout, sli_chart
from portal.objectives.store import first_objective
from portal.services import current_services

bp = Blueprint("live", __name__, url_prefix="/slis")


def readout_context(*, wide: bool, fresh: bool = False) -> dict[str, object]:
    """What ``live/_readout.html`` and ``_strip.html`` show: ``fresh`` in answer to a poll.

    Whatever a page shows of it, strip and column, is of one reading.
    """
    learner = current_learner()
    shown = readout(current_services(), learner, fresh=fresh)
    objective = first_objective(learner.id)
    narrow = sli_chart(shown, learner.id, objective, 280, 130)
    return {
        "readout": shown,
        "chart": sli_chart(shown, learner.id, objective, 760, 240) if wide else narrow,
        "phone_chart": narrow,
        "wide": wide,
        "has_grafana": has_grafana(current_services().settings),
    }


@bp.get("")
def index() -> ResponseReturnValue:
    """The SLIs, wide."""
    return render_page("live/index.html", **readout_context(wide=True))


@bp.get("/readout")
def readout_fragment() -> ResponseReturnValue:
    """The narrow readout, and the strip of a page that has one."""
    return render_template("live/_narrow.html", **readout_context(wide=False, fresh=True))


@bp.get("/readout/wide")
def wide_fragment() -> ResponseReturnValue:
    """The wide readout."""
    return render_template("live/_readout.html", **readout_context(wide=True, fresh=True))


@bp.get("/explore")
def explore() -> ResponseReturnValue:
    """Lead to a query (``?expr=``) in Grafana's Explore."""
    return redirect(explore_url(current_services(), request.args.get("expr", "")))
