"""Gives bursts whose runner is gone a named end and their counts, whether or not a page is open."""

from __future__ import annotations

from flask import Flask

from portal.bursts.recount import recount
from portal.bursts.start import current_runner
from portal.services import Services


def start_settling(app: Flask) -> None:
    """Look in the background, until that is stopped: a page that is only read writes nothing."""
    services: Services = app.extensions["slo_lab"]
    limits = services.limits.burst

    def look() -> None:
        with app.app_context():
            current_runner().settle(services.clock())

    def count() -> None:
        with app.app_context():
            recount(services)

    again = services.background.repeat
    again("settler", "ends bursts whose runner is gone", limits.settle_every_s, look)
    again("recount", "asks Prometheus about such bursts", limits.recount_every_s, count)
