"""How faults get in: ``/fault`` to read and set them, and what they do to a user's request."""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Flask, Response, abort, jsonify, make_response, request

from mockapp.faults import Fault, Faults, StaleFenceError
from mockapp.metrics import NOT_COUNTED, is_counted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_LATENCY_SECONDS = 5.0
MAX_LIFETIME_SECONDS = 600.0
MAX_BODY_BYTES = 512
MAX_FENCE = 2**53
FENCE = re.compile("[0-9]{1,20}")

_LIMITS = {
    "error_ratio": (0.0, 1.0),
    "latency_seconds": (0.0, MAX_LATENCY_SECONDS),
    "lifetime_seconds": (0.0, MAX_LIFETIME_SECONDS),
}


class HungUpError(BrokenPipeError):
    """The request ends without an answer: a server takes it as a broken connection."""

    def __init__(self) -> None:
        super().__init__(errno.EPIPE, "the service hung, and then hung up")


class Hanging:
    """WSGI middleware: while the service hangs, a user's request waits and is never counted."""

    def __init__(self, wsgi_app: WSGIApplication, faults: Faults) -> None:
        self._wsgi_app = wsgi_app
        self._faults = faults

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer like the app inside, or raise HungUpError after the wait."""
        if environ.get("PATH_INFO") not in NOT_COUNTED and self._faults.hold():
            raise HungUpError
        return self._wsgi_app(environ, start_response)


def init_app(app: Flask, token: str | Path, faults: Faults) -> None:
    """Let the faults act on every counted request, and add ``/fault``."""
    app.wsgi_app = Hanging(app.wsgi_app, faults)  # type: ignore[method-assign]

    @app.before_request
    def suffer() -> Response | None:
        if not is_counted(request):
            return None
        fault = faults.effective
        if fault.latency_seconds:
            time.sleep(fault.latency_seconds)
        if fault.error_ratio and faults.next_fails():
            return make_response("Something broke, and you are the one who noticed.\n", 500)
        return None

    @app.get("/fault")
    def read_state() -> Response:
        return _state(faults)

    @app.put("/fault")
    def set_fault() -> Response:
        _check_token(token)
        fault, lifetime_seconds = _read_fault()
        with _fenced() as fence:
            faults.set(fault, lifetime_seconds, fence)
        return _state(faults)

    @app.delete("/fault")
    def clear_fault() -> Response:
        _check_token(token)
        with _fenced() as fence:
            faults.clear(fence)
        return _state(faults)


def _state(faults: Faults) -> Response:
    return jsonify(
        **asdict(faults.effective),
        lifetime_seconds=faults.remaining_seconds or None,
        hung_requests=faults.hung_requests,
        newest_fence=faults.newest_fence,
    )


def _check_token(token: str | Path) -> None:
    """401 unless the request bears the token; a file is read anew, it may have been made later."""
    expected = _read_token(token)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not expected or not compare_digest(given.encode(), expected.encode()):
        response = _refusal(401, "Setting a fault needs the fault token (Authorization: Bearer).")
        response.headers["WWW-Authenticate"] = "Bearer"
        abort(response)


def _read_token(token: str | Path) -> str:
    try:
        return token.read_text().strip() if isinstance(token, Path) else token
    except (OSError, UnicodeError):
        return ""


@contextmanager
def _fenced() -> Iterator[int | None]:
    """The fence in the request's query, if any; 422 for no number, 409 for one that is over."""
    given = request.args.get("fence")
    if given is not None and not (FENCE.fullmatch(given) and int(given) <= MAX_FENCE):
        _refuse(422, f"fence must be a whole number up to {MAX_FENCE}.")
    try:
        yield None if given is None else int(given)
    except StaleFenceError as error:
        _refuse(409, f"A newer burst was here: its fence is {error.newest}.")


def _read_fault() -> tuple[Fault, float]:
    """The fault and its lifetime in seconds, from the request's JSON; 400 or 422 otherwise."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        _refuse(400, f"A fault fits in {MAX_BODY_BYTES} bytes of JSON.")
    request.max_content_length = MAX_BODY_BYTES
    values = request.get_json(force=True, silent=True)
    if not isinstance(values, dict):
        _refuse(400, "Send a JSON object: error_ratio, latency_seconds, hang, lifetime_seconds.")
    if unknown := sorted(values.keys() - _READERS.keys()):
        _refuse(422, f"Unknown: {', '.join(unknown)}.")
    if "lifetime_seconds" not in values:
        _refuse(422, "lifetime_seconds is missing: a fault has to end by itself.")
    read = {name: _READERS[name](name, value) for name, value in values.items()}
    lifetime_seconds = read.pop("lifetime_seconds")
    if not lifetime_seconds:
        _refuse(422, "lifetime_seconds must be more than 0.")
    return Fault(**read), lifetime_seconds


def _number(name: str, value: object) -> float:
    low, high = _LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        _refuse(422, f"{name} must be a number from {low:g} to {high:g}.")
    return float(value)


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        _refuse(422, f"{name} must be true or false.")
    return value


_READERS: dict[str, Callable[[str, object], Any]] = {
    "error_ratio": _number,
    "latency_seconds": _number,
    "hang": _switch,
    "lifetime_seconds": _number,
}


def _refusal(status: int, error: str) -> Response:
    return make_response(jsonify(error=error), status)


def _refuse(status: int, error: str) -> NoReturn:
    abort(_refusal(status, error))
