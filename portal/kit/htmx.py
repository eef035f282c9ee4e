"""The only module that speaks htmx: which script, and fragment or redirect after a POST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from markupsafe import escape

from portal.kit.pages import render_page

VERSION = "4.0.1"
INTEGRITY = "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
CDN = f"https://cdn.jsdelivr.net/npm/htmx.org@{VERSION}/dist/htmx.min.js"
VENDORED = f"vendor/htmx.org@{VERSION}/htmx.min.js"
MAX_ADDRESS = 2000


def init_app(app: Flask, source: str) -> None:
    """Tell the templates where htmx comes from: ``cdn`` (vendored copy behind) or ``vendored``."""
    app.jinja_env.globals["htmx"] = {
        "cdn": CDN if source == "cdn" else None,
        "integrity": INTEGRITY,
        "vendored": VENDORED,
    }


def wants_fragment() -> bool:
    """Whether htmx sent this POST and will swap the answer in."""
    return request.headers.get("HX-Request") == "true"


def fragment_or_redirect(
    template: str, url: str, /, *, events: str = "", status: int = 200, **context: Any
) -> Response:
    """After a POST: the fragment for htmx (with the events it announces), else 303 to ``url``."""
    if not wants_fragment():
        return make_response(redirect(url, 303))
    return fragment(template, events=events, status=status, **context)


def fragment(template: str, /, *, events: str = "", status: int = 200, **context: Any) -> Response:
    """A rendered fragment; ``events`` (names separated by commas) are raised in the page."""
    response = make_response(render_template(template, **context), status)
    if events:
        response.headers["HX-Trigger"] = events
    return response


def fragment_at(template: str, url: str, /, **context: Any) -> Response:
    """A fragment with which the page takes the address ``url``, unless that is far too long.

    What was typed stands in it, so that a link and Back don't lose it.
    """
    response = fragment(template, **context)
    if len(url) <= MAX_ADDRESS:
        response.headers["HX-Replace-Url"] = url
    return response


def form_again(
    page: str,
    form_fragment: str,
    /,
    *,
    place: str = "",
    status: int = 422,
    beside: Callable[[], Mapping[str, Any]] = dict,
    **context: Any,
) -> Response:
    """A form that was refused, with what was typed: its fragment for htmx, else the whole page.

    ``place`` is the id of what the fragment replaces, where the form's own target is elsewhere;
    ``beside`` gives what the page shows around the form, and is asked for the whole page alone.
    """
    if not wants_fragment():
        return make_response(render_page(page, **context, **beside()), status)
    response = make_response(render_template(form_fragment, **context), status)
    if place:
        response.headers["HX-Retarget"] = f"#{place}"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def reload_page(url: str) -> Response:
    """After a POST that changes the whole page: htmx is told to go there, others get a 303."""
    if not wants_fragment():
        return make_response(redirect(url, 303))
    response = make_response("", 200)
    response.headers["HX-Redirect"] = url
    return response


def problem(sentence: str, status: int) -> Response:
    """After a POST that failed: the reason, for the page's own place for it.

    Nothing that was typed is swapped away. A 5xx is never swapped in (the page says so to htmx),
    so the sentence (as ``Markup``: without its tags) also travels in a header, from which
    ``problems.js`` shows it.
    """
    # Without the frame of pages, which asks the very database that failed.
    template = current_app.jinja_env.get_template("_problem.html")
    response = make_response(template.render(sentence=sentence), status)
    response.headers["HX-Retarget"] = "#problem"
    response.headers["HX-Reswap"] = "innerHTML"
    response.headers["X-Problem"] = quote(escape(sentence).striptags())
    return response
