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
from portal.kit.version import seen_version
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
    incidents = {burst.number: burst for burst in store.incidents(learner.id)}
    stated = form.read(set(incidents))
    if stated is None:
        context = impact_context(form)
        return form_again("impact/index.html", "impact/_form.html", beside=_beside, **context)
    burst, now = incidents[int(form.burst)], current_services().clock()
    if not store.save(learner.id, burst, stated, now, seen_version(request.form)):
        context = impact_context(form, is_late=True)
        return form_again(
            "impact/index.html", "impact/_form.html", status=409, beside=_beside, **context
        )
    return fragment_or_redirect(
        "impact/_form.html",
        url_for("steps.show", slug="user-impact", kept="yes", _anchor="impact-form"),
        events="criterion-changed",
        **{**impact_context(), "kept": True},
    )


def impact_context(form: ImpactForm | None = None, *, is_late: bool = False) -> dict[str, Any]:
    """What ``impact/_form.html`` shows, here and on the user impact step."""
    learner = current_learner()
    latest = store.latest_statement(learner.id)
    return {
        "form": form or _form_of(latest),
        "typed": form is not None,
        "version": _version(form, latest, is_late),
        "is_late": is_late,
        "incidents": store.incidents(learner.id),
        "latest": latest,
        "compared": store.compared(latest) if latest else (),
        "kept": "kept" in request.args,
    }


def _version(form: ImpactForm | None, latest: ImpactStatement | None, is_late: bool) -> int:
    """The statement that the page with this form has shown; the latest where it shows that now."""
    seen = None if form is None or is_late else seen_version(request.form)
    return seen if seen is not None else latest.number if latest else 0


def _beside() -> dict[str, Any]:
    return {"card": verdict_context("impact")}


def _form_of(statement: ImpactStatement | None) -> ImpactForm:
    if statement is None:
        return ImpactForm()
    return ImpactForm(
        burst=str(statement.burst.number),
        failed=plain(statement.failed),
        slow=plain(statement.slow),
        seconds=plain(statement.seconds),
        sentence=statement.sentence,
    )
