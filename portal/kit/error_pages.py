"""Error pages that help: what happened, and where to go from here."""

from __future__ import annotations

import logging

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from portal.errors import SLOLabError
from portal.kit.db import db
from portal.kit.htmx import problem, wants_fragment

log = logging.getLogger(__name__)

ADVICE = {
    400: "The portal could not make sense of this request.",
    403: "The portal did not accept this request.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "That is more than the portal takes at once.",
    500: "The portal made a mistake. What you had saved is still there.",
    503: "The database can't be used right now.",
}


def init_app(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(DataError, _unkeepable)
    app.register_error_handler(SLOLabError, _our_error)


def _page(status: int, sentence: str) -> ResponseReturnValue:
    if request.method == "POST" and wants_fragment():
        return problem(sentence, status)
    page = render_template("error.html", status=status, sentence=sentence)
    return make_response(page, status)


def _unknown_host(error: SecurityError) -> ResponseReturnValue:
    text = (
        "This portal answers to localhost only. If you reach it by another name, "
        "add that name to SLO_LAB_ALLOWED_HOSTS and start the lab again.\n"
    )
    return make_response(text, 400, {"Content-Type": "text/plain; charset=utf-8"})


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    own_words = error.description if error.description != type(error).description else None
    if isinstance(error, InternalServerError):
        log.error(
            "unhandled error", extra={"path": request.path}, exc_info=error.original_exception
        )
        own_words = None
    return _page(status, own_words or ADVICE.get(status, error.name))


def _our_error(error: SLOLabError) -> ResponseReturnValue:
    db.session.rollback()
    log.warning("refused", extra={"path": request.path, "reason": str(error)})
    return _page(503, str(error))


def _database_error(error: OperationalError) -> ResponseReturnValue:
    db.session.rollback()
    log.error("database error", extra={"path": request.path, "reason": str(error.orig)})
    return _page(503, database_sentence(error))


def _unkeepable(error: DataError) -> ResponseReturnValue:
    """PostgreSQL refuses NUL characters and texts longer than their column."""
    db.session.rollback()
    log.warning("unkeepable", extra={"path": request.path, "reason": str(error.orig)})
    if request.method in {"GET", "HEAD"}:
        return _page(404, ADVICE[404])
    return _page(
        422,
        "Nothing was saved: a text is too long, or holds a character (NUL) that can't be kept.",
    )


def database_sentence(error: OperationalError) -> str:
    """What a database error means for the person at the page."""
    cause = str(error.orig).lower()
    if "full" in cause or "no space" in cause:
        return (
            "The disk is full, so nothing could be saved. Free some space and try again; "
            "what was saved before is still there."
        )
    if "locked" in cause:
        return "The database was busy for too long. Try again in a moment."
    if "readonly" in cause or "read-only" in cause:
        return "The database is read-only, so nothing could be saved."
    return "The database did not answer. Look at the lab page, or run slo-lab doctor."
