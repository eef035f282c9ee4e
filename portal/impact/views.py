"""The form of the user impact step."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.criteria.views import verdict_context
from portal.impact import store
from portal.impact.forms import ImpactForm
from portal.impact.models import ImpactStatement
from portal.kit.htmx import form_again, fragment_or_redirect
from portal.kit.pages import render_page
from portal.learners import current_learner
from portal.numbers import plain
from portal.services import current_services

bp = Blueprint("impact", __name__, url_prefix="/impact")


@bp.get("")
def index() -> ResponseReturnValue:
    """The form, and what was stated so far."""
    return render_page("impact/index.html", **impact_context(), **_beside())


@bp.post("")
def state() -> ResponseReturnValue:
    """Keep a statement and show how close it is."""
    learner, form = current_learner(), ImpactForm.of(request.form)
    incidents = {burst.id: burst for burst in store.incidents(learner.id)}
    stated = form.read(set(incidents))
    if stated is None:
        context = impact_context(form)
        return form_again("impact/index.html", "impact/_form.html", beside=_beside, **context)
    store.save(learner.id, incidents[int(form.burst)], stated, current_services().clock())
    return fragment_or_redirect(
        "impact/_form.html",
        url_for("steps.show", slug="user-impact", kept="yes", _anchor="impact-form"),
        events="criterion-changed",
        **{**impact_context(), "kept": True},
    )


def impact_context(form: ImpactForm | None = None) -> dict[str, Any]:
    """What ``impact/_form.html`` shows, here and on the user impact step."""
    learner = current_learner()
    latest = store.latest_statement(learner.id)
    return {
        "form": form or _form_of(latest),
        "incidents": store.incidents(learner.id),
        "latest": latest,
        "compared": store.compared(latest) if latest else (),
        "kept": "kept" in request.args,
    }


def _beside() -> dict[str, Any]:
    return {"card": verdict_context("impact")}


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
