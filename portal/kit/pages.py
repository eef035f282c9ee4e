"""Whole pages: what a view gives, in the frame that all pages share.

A template gets values. Whatever has to be asked of the database or of another system is asked by
the view, before anything is rendered; the tests watch for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, render_template

EXTENSION = "slo_lab_page_frame"


def init_app(app: Flask, frame: Callable[[], object]) -> None:
    """``frame`` gives what stands on every page around its own part, once for each page."""
    app.extensions[EXTENSION] = frame


def render_page(template: str, /, *, frame: object = None, **context: Any) -> str:
    """The page; ``frame``: where the view needed it too and has asked for it already."""
    return render_template(template, frame=frame or current_app.extensions[EXTENSION](), **context)


def render_page_alone(template: str, /, **context: Any) -> str:
    """The page without what is around it on all pages: that is asked of the database."""
    return render_template(template, frame=None, **context)
