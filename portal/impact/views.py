"""The form of the user impact step."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.impact import store
from portal.impact.forms import ImpactForm
from portal.impact.models import ImpactStatement
from portal.kit.htmx import form_again, fragment_or_redirect
from portal.learners import current_learner
from portal.numbers import plain
from portal.services import current_services

bp = Blueprint("impact", __name__, url_prefix="/impact")


@bp.get("")
def index() -> ResponseReturnValue:
    """The form, and what was stated so far."""
    return render_template("impact/index.html", **impact_context())


@bp.post("")
def state() -> ResponseReturnValue:
    """Keep a statement and show how close it is."""
    learner, form = current_learner(), ImpactForm.of(request.form)
    incidents = {burst.id: burst for burst in store.incidents(learner.id)}
    stated = form.read(set(incidents))
    if stated is None:
        return form_again("impact/index.html", "impact/_form.html", **impact_context(form))
    store.save(learner.id, incidents[int(form.burst)], stated, current_services().clock())
    return fragment_or_redirect(
        "impact/_form.html",
        url_for("steps.show", slug="user-impact", kept="yes", _anchor="impact-form"),
        events="criterion-changed",
        **{**impact_context(), "kept": True},
    )


@bp.app_context_processor
def impact_form() -> dict[str, Any]:
    """The user impact step shows the same form, the one before what is missing for it."""
    return {
        "impact_context": impact_context,
        "worst_hurt": cache(lambda: store.worst_hurt(current_learner().id)),
    }


def impact_context(form: ImpactForm | None = None) -> dict[str, Any]:
    """What ``impact/_form.html`` shows."""
    learner = current_learner()
    latest = store.latest_statement(learner.id)
    return {
        "form": form or _form_of(latest),
        "incidents": store.incidents(learner.id),
        "latest": latest,
        "compared": store.compared(latest) if latest else (),
        "kept": "kept" in request.args,
    }


def _form_of(statement: ImpactStatement | None) -> ImpactForm:
    if statement is None:
        return ImpactForm()
    return ImpactForm(
        burst=str(statement.burst_id),
        failed=plain(statement.failed),
        slow=plain(statement.slow),
        seconds=plain(statement.seconds),
        sentence=statement.sentence,
    )
