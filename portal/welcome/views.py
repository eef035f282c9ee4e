"""The first page."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.kit.pages import render_page
from portal.steps.catalog import load, minutes

bp = Blueprint("welcome", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """What this is, how long it takes; start, or go on where the learner was."""
    steps = load()
    return render_page(
        "welcome/index.html",
        required_minutes=minutes(step for step in steps if not step.optional),
        optional_minutes=minutes(step for step in steps if step.optional),
    )
