"""Requests from other sites are refused by what the browser says of them; no tokens in forms.

A request passes when ``Sec-Fetch-Site`` is ``same-origin`` or ``none``; where the header is absent
(curl, old browsers), when ``Origin`` is absent or is our own. From anywhere else there is one way
in: a link or an address that leads a whole tab here. What a page of another site fetches, embeds
or frames would make the portal and Prometheus work, again and again, although that page never
sees an answer.
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


def is_navigation(incoming: Request) -> bool:
    """Whether the browser asks for a page in a tab of its own, as for a link that was followed."""
    headers = incoming.headers
    return (
        incoming.method == "GET"
        and headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def _refuse_cross_origin() -> None:
    if not is_cross_origin(request) or is_navigation(request):
        return
    if request.method in SAFE_METHODS:
        abort(403, "A page of another site asked for this, so the portal did nothing.")
    abort(403, "This request came from another site, so nothing was changed.")
