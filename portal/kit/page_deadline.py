"""One deadline for all that a request asks of other systems."""

from __future__ import annotations

from flask import Flask

from portal.deadline import Deadline, share_deadline


def init_app(app: Flask, seconds: float) -> None:
    """Each request waits so long for others, in all; what is not asked by then says so."""

    @app.before_request
    def begin() -> None:
        share_deadline(Deadline(seconds))

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        share_deadline(None)
