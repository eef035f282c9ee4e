"""How large a request's body may be: little for most forms, more where a file is handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

FORM_BYTES = 4 << 20
"""A form of texts; the longest text that any of them takes, each byte written as three."""
FILE_BYTES = 24 << 20
"""The same for a dashboard's JSON."""

View = TypeVar("View", bound=Callable[..., object])
ATTRIBUTE = "max_body_bytes"


def takes_files(view: View) -> View:
    """Let the body of this page's requests be ``FILE_BYTES`` long."""
    setattr(view, ATTRIBUTE, FILE_BYTES)
    return view


def init_app(app: Flask) -> None:
    """Refuse what is longer with 413, by its declared length where it has one."""
    app.config.update(MAX_CONTENT_LENGTH=FORM_BYTES, MAX_FORM_MEMORY_SIZE=FORM_BYTES)
    app.before_request(_limit)


def body_limit(app: Flask, method: str, path: str) -> int:
    """Of a request for ``path``, before its body was read; bytes."""
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method)
    except HTTPException:
        return FORM_BYTES
    return _limit_of(app, endpoint)


def _limit_of(app: Flask, endpoint: str | None) -> int:
    view = app.view_functions.get(endpoint or "")
    limit: int = getattr(view, ATTRIBUTE, FORM_BYTES)
    return limit


def _limit() -> None:
    limit = _limit_of(current_app, request.endpoint)
    request.max_content_length = request.max_form_memory_size = limit
