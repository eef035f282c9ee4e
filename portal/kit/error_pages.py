"""Error pages that help: what happened, and where to go from here."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, abort, current_app, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from portal.commands import typed_here
from portal.errors import SLOLabError
from portal.kit.database_fault import DatabaseFault, DatabaseTrouble, fault_of
from portal.kit.db import db
from portal.kit.htmx import problem, wants_fragment
from portal.services import current_services

log = logging.getLogger(__name__)

ADVICE = {
    400: "The portal could not make sense of this request.",
    403: "The portal did not accept this request.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "That is more than the portal takes at once.",
    500: "The portal made a mistake; slo-lab logs portal has the details.",
    503: "The portal can't answer this right now. Try again in a moment.",
}
ENDED = "slo_lab_ended"
GIVEN_BACK = (422, 500, 503)
"""After these a form that was sent without htmx would be gone with its page."""

DOUBT = "What you just sent may not be saved: look before you send it again."


@dataclass(frozen=True)
class Typed:
    """A field of a form as it was sent."""

    name: str
    text: str

    @property
    def is_written(self) -> bool:
        """Whether these are somebody's words, and neither a choice nor a number."""
        return len(self.text.split()) > 1


def init_app(app: Flask) -> None:
    """Answer every error with a page, and every request after the app's end with one."""
    app.before_request(_refuse_after_the_end)
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(DataError, _unkeepable)
    app.register_error_handler(SLOLabError, _our_error)


def end(app: Flask) -> None:
    """Refuse every request from now on."""
    app.extensions[ENDED] = True


def _refuse_after_the_end() -> None:
    """A request that comes too late would open the database again, with nobody to close it."""
    if ENDED in current_app.extensions:
        abort(503)


def _page(status: int, sentence: str) -> ResponseReturnValue:
    sentence = typed_here(sentence, current_services().settings)
    if request.method == "POST" and wants_fragment():
        return problem(sentence, status)
    # Without the frame of pages, which asks the very database that failed.
    template = current_app.jinja_env.get_template("error.html")
    page = template.render(
        status=status,
        sentence=sentence,
        typed=_typed() if status in GIVEN_BACK else (),
        address=request.full_path.removesuffix("?"),
        has_file=bool(request.files) if status in GIVEN_BACK else False,
    )
    return make_response(page, status)


def _typed() -> list[Typed]:
    """What was sent, field by field; what nobody has typed is among it, for the next try."""
    if request.method != "POST":
        return []
    return [Typed(name, text) for name, text in request.form.items(multi=True)]


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
    doubt = _doubt() if status == 500 else ""
    return _page(status, f"{own_words or ADVICE.get(status, error.name)}{doubt}")


def _our_error(error: SLOLabError) -> ResponseReturnValue:
    db.session.rollback()
    log.warning("refused", extra={"path": request.path, "reason": str(error)})
    return _page(503, str(error))


def _database_error(error: DatabaseTrouble) -> ResponseReturnValue:
    db.session.rollback()
    fault = fault_of(error)
    known = fault is not DatabaseFault.UNKNOWN
    reason = str(getattr(error, "orig", None) or error)
    log.error(
        "database error",
        extra={"path": request.path, "fault": fault.value, "reason": reason},
        exc_info=None if known else error,
    )
    return _page(503 if known else 500, f"{fault.sentence}{_doubt()}")


def _unkeepable(error: DataError) -> ResponseReturnValue:
    """PostgreSQL refuses NUL characters and texts longer than their column."""
    db.session.rollback()
    log.warning("unkeepable", extra={"path": request.path, "reason": str(error.orig)})
    if request.method in {"GET", "HEAD"}:
        return _page(404, ADVICE[404])
    words = "A text is too long, or holds a character (NUL) that can't be kept."
    return _page(422, f"{words}{_doubt()}")


def _doubt() -> str:
    """What became of a form: nobody knows here how far it was carried out."""
    return "" if request.method in {"GET", "HEAD"} else f" {DOUBT}"
