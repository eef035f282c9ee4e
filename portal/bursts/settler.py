"""Gives bursts whose runner is gone a named end, whether or not a page is open."""

from __future__ import annotations

from flask import Flask

from portal.bursts.start import current_runner
from portal.services import Services


def start_settling(app: Flask) -> None:
    """Look in the background, until that is stopped: a page that is only read writes nothing."""
    services: Services = app.extensions["slo_lab"]
    limits = services.limits.burst

    def look() -> None:
        with app.app_context():
            current_runner().settle(services.clock())

    every_s = limits.settle_every_s
    services.background.repeat("settler", "ends bursts whose runner is gone", every_s, look)
