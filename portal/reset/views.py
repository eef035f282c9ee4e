"""Starting over: what would be lost, a confirmation, and the reset itself."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from portal.kit.pages import render_page
from portal.learners import current_learner
from portal.reset.scopes import ResetRefusedError, Scope, find_scope, losses, reset, scopes
from portal.services import current_services

bp = Blueprint("reset", __name__, url_prefix="/reset")


@bp.get("")
def index() -> ResponseReturnValue:
    """What can be reset, and what each would delete."""
    services, learner = current_services(), current_learner()
    listed = [(scope, losses(services, learner, scope)) for scope in scopes()]
    return render_page("reset/index.html", listed=listed)


@bp.get("/<name>")
def confirm(name: str) -> ResponseReturnValue:
    """What exactly would be deleted, what stays, and the question."""
    return _confirmation(_find(name))


@bp.post("/<name>")
def start_over(name: str) -> ResponseReturnValue:
    """Reset it, when the learner is sure."""
    scope = _find(name)
    if request.form.get("sure") != "yes":
        return make_response(_confirmation(scope, "Tick the box if you are sure."), 422)
    try:
        reset(current_services(), current_learner(), scope)
    except ResetRefusedError as refusal:
        return make_response(_confirmation(scope, str(refusal)), 409)
    flash(f"{scope.title}: reset. You can begin again.")
    return redirect(url_for(".index"), 303)


def _confirmation(scope: Scope, error: str = "") -> str:
    gone = losses(current_services(), current_learner(), scope)
    return render_page("reset/confirm.html", scope=scope, losses=gone, error=error)


def _find(name: str) -> Scope:
    return find_scope(name) or abort(404, "There is nothing of that name to reset.")
