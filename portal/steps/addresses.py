"""Lessons are written with the standard addresses; the page shows those of this lab."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.config import Settings

_STANDARD = re.compile(r"http://localhost:(8000|8080|9090|3000)\b")


def localise(html: str, settings: Settings) -> str:
    """``html`` with the addresses that this lab's servers really have."""
    return _STANDARD.sub(lambda found: _addresses(settings)[found[1]], html)


def _addresses(settings: Settings) -> Mapping[str, str]:
    return {
        "8000": f"http://localhost:{settings.mockapp_port}",
        "8080": settings.portal_base,
        "9090": settings.prometheus_link,
        "3000": settings.grafana_link,
    }
