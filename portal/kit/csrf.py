"""Cross-origin writes are refused by what the browser says of their origin; no tokens in forms.

An unsafe request passes when ``Sec-Fetch-Site`` is ``same-origin`` or ``none``; where the header
is absent (curl, old browsers), when ``Origin`` is absent or is our own.
"""

from __future__ import annotations

from flask import Flask, Request, abort, request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Guard every view of the app."""
    app.before_request(_refuse_cross_origin)


def is_cross_origin(incoming: Request) -> bool:
    """Whether a page of another site (or of another port) sent this request."""
    site = incoming.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = incoming.headers.get("Origin")
    return origin is not None and origin != incoming.host_url.rstrip("/")


def _refuse_cross_origin() -> None:
    if request.method not in SAFE_METHODS and is_cross_origin(request):
        abort(403, "This request came from another site, so nothing was changed.")
