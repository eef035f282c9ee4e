"""Sees what a template asks: the database, or another system, once a page is being rendered.

A view gathers values and hands them over. A template that asks by itself waits in the middle of
a page, and turns a fault of the one it asks into a page that is half there.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, before_render_template, request_started, template_rendered
from jinja2 import Template
from sqlalchemy import Engine, event

from portal.clients import calls


class RenderingWatch:
    """``asked`` tells who was asked from within which template, by which lines."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._of_thread = threading.local()

    @property
    def _templates(self) -> list[str | None]:
        templates: list[str | None] = self._of_thread.__dict__.setdefault("templates", [])
        return templates

    def started(self, app: Flask, **_: Any) -> None:
        """A rendering that broke was never told to have ended."""
        self._templates.clear()

    def begins(self, app: Flask, template: Template, **_: Any) -> None:
        self._templates.append(template.name)

    def ended(self, app: Flask, template: Template, **_: Any) -> None:
        self._templates.pop()

    def calls(self, whom: str) -> None:
        if self._templates:
            lines = (line for line in traceback.format_stack() if "/portal/" in line)
            self.asked.append(f"{self._templates[-1]} asks {whom}\n{''.join(lines)}")

    def executes(self, connection: object, cursor: object, statement: str, *rest: Any) -> None:
        self.calls(f"the database: {statement[:200]}")


@contextmanager
def watched_rendering() -> Iterator[RenderingWatch]:
    """Watch every template of this process."""
    watch = RenderingWatch()
    event.listen(Engine, "before_cursor_execute", watch.executes)
    calls.listeners.append(watch.calls)
    try:
        with (
            request_started.connected_to(watch.started),
            before_render_template.connected_to(watch.begins),
            template_rendered.connected_to(watch.ended),
        ):
            yield watch
    finally:
        calls.listeners.remove(watch.calls)
        event.remove(Engine, "before_cursor_execute", watch.executes)
