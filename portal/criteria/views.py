"""Verdict cards: shown on the steps, checked again on request, refreshed gently."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.bursts.store import bursts_between
from portal.criteria import store
from portal.criteria.base import Criterion, Status, Verdict, Where, verdict_mark
from portal.criteria.checker import current_checker
from portal.criteria.models import StoredVerdict
from portal.kit.age import ago
from portal.kit.htmx import fragment, fragment_or_redirect
from portal.kit.pages import render_page
from portal.learners import current_learner, known_learner
from portal.services import current_services

bp = Blueprint("criteria", __name__, url_prefix="/criteria")
bp.add_app_template_filter(verdict_mark)
POLL_SECONDS = 5
POLL_MET_SECONDS = 15
LIVELY = timedelta(seconds=30)
"""After a burst the numbers still move for so long."""

OUR_PATH = re.compile(r"/(?![/\\])[!-~]*")
"""A path on this site; browsers pass over tabs and line ends, which could make it another site."""


@bp.get("")
def index() -> ResponseReturnValue:
    """Every criterion with its verdict."""
    refresh_stale()
    return render_page("criteria/index.html", cards=list(map(verdict_context, _ids())))


@bp.get("/<criterion_id>")
def verdict_fragment(criterion_id: str) -> ResponseReturnValue:
    """The verdict now; announces a change against what the page shows."""
    criterion = _find(criterion_id)
    checker, services, learner = current_checker(), current_services(), current_learner()
    row = store.stored_verdict(learner.id, criterion.id)
    # Nearly as long as one page waits, so that many open pages cause no more checks than one.
    age = timedelta(seconds=_poll_seconds(row.known_status if row else None) * 0.9)
    checker.refresh(learner.id, [criterion.id], services.clock(), age)
    context = verdict_context(criterion.id, request.args.get("here", ""))
    changed = request.args.get("shown", "") != context["shown"]
    return fragment(
        "criteria/_verdict.html", events="criterion-changed" if changed else "", **context
    )


@bp.post("/<criterion_id>/check")
def check(criterion_id: str) -> ResponseReturnValue:
    """Check again, now."""
    criterion, back = _find(criterion_id), request.form.get("back", "")
    current_checker().check_now(current_learner().id, [criterion.id], current_services().clock())
    return fragment_or_redirect(
        "criteria/_verdict.html",
        back if OUR_PATH.fullmatch(back) else url_for(".index"),
        events="criterion-changed",
        **verdict_context(criterion.id, back.partition("?")[0]),
    )


@bp.after_app_request
def note_work(response: Response) -> Response:
    """What the learner did may have changed a verdict: the next look checks again.

    Where nobody asked who the learner is, nothing was done; and nobody asks the database now.
    """
    learner, did = known_learner(), request.method == "POST" and request.blueprint != bp.name
    if did and learner is not None and response.status_code < 400:
        current_checker().work_done(learner.id, current_services().clock())
    return response


def verdict_context(criterion_id: str, here: str | None = None) -> dict[str, Any]:
    """What ``criteria/_verdict.html`` shows on the page whose path is ``here`` (this one).

    A page gives it to ``criteria/_card.html`` as ``card``.

    A link that leads to the same page is left out.
    """
    here = request.path if here is None else here
    criterion = _find(criterion_id)
    row = store.stored_now(current_learner().id, criterion_id)
    verdict: Verdict | None = store.verdict_of(row) if row else None
    mark, shown = _mark(row, verdict)
    checking = current_checker().is_checking(current_learner().id, criterion_id)
    return {
        "criterion": criterion,
        "here": here,
        "where": _leads_on(verdict.where if verdict else None, here),
        "details": _leads_on(getattr(criterion, "details", None), here),
        "row": row,
        "verdict": verdict,
        "mark": mark,
        "shown": shown,
        "poll_seconds": 1 if checking else _poll_seconds(verdict.status if verdict else None),
        "unsaved": current_checker().unsaved.get((current_learner().id, criterion_id)),
        "ago": ago(row.checked_at, current_services().clock()) if row else "",
    }


def _mark(row: StoredVerdict | None, verdict: Verdict | None) -> tuple[str, str]:
    """The sign and the look of a verdict; nobody is shown ✗ before they had a try."""
    if row is None or verdict is None:
        return "…", "unchecked"
    if verdict.status is Status.NOT_MET and not verdict.lines and not row.first_met_at:
        return "○", "to_do"
    return verdict.status.mark, verdict.status.value


def _leads_on(where: Where | None, here: str) -> Where | None:
    """Where to look next, unless that is the page that is open."""
    return None if where and where.url and where.url.partition("#")[0] == here else where


def _poll_seconds(status: Status | None) -> int:
    """How soon a page asks again where no verdict is on its way; None: there is none yet."""
    if status is None:
        return 1
    return POLL_MET_SECONDS if status is Status.MET and not _is_lively() else POLL_SECONDS


def _is_lively() -> bool:
    """Whether a burst moves the numbers that a verdict tells."""
    now = current_services().clock()
    return bool(bursts_between(current_learner().id, now - LIVELY, now))


def refresh_stale(older_than: timedelta = timedelta(seconds=15)) -> None:
    """Have every criterion checked that was not for a while; returns at once."""
    ids = _ids()
    now = current_services().clock()
    current_checker().refresh(current_learner().id, ids, now, older_than)


def _ids() -> list[str]:
    return list(current_checker().criteria)


def _find(criterion_id: str) -> Criterion:
    found = current_checker().criteria.get(criterion_id)
    if found is None:
        abort(404, "There is no criterion of that name.")
    return found
