"""Lessons are written with the standard addresses and times; the page shows those of this lab."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from portal.config import Settings
from portal.words import counted

_STANDARD = re.compile(r"http://localhost:(8000|8080|9090|3000)\b")
_EVERY = re.compile(r"\bevery 5 seconds\b")
_A_MINUTE = re.compile(r"\babout twelve readings\b")
_GRAFANA_LINK = re.compile(r'<a href="http://localhost:3000\b[^>]*>(.*?)</a>', re.DOTALL)
_PROMETHEUS_PAGE = re.compile(r"http://localhost:9090/(targets|alerts)\b")


def localise(
    html: str,
    settings: Settings,
    prometheus_page: Callable[[str], str] | None = None,
    *,
    has_grafana: bool = True,
) -> str:
    """``html`` with the addresses and the scrape interval that this lab's servers really have.

    ``prometheus_page`` tells where Prometheus' own page of a name is. Without Grafana, links to it
    are plain words.
    """
    html = _EVERY.sub(_pace(settings.scrape_interval), html)
    html = _A_MINUTE.sub(f"about {60 // settings.scrape_interval} readings", html)
    if not has_grafana:
        html = _GRAFANA_LINK.sub(r"\1", html)
    if prometheus_page is not None:
        html = _PROMETHEUS_PAGE.sub(lambda found: prometheus_page(found[1]), html)
    return _STANDARD.sub(lambda found: _addresses(settings)[found[1]], html)


def _pace(seconds: int) -> str:
    return "every second" if seconds == 1 else f"every {counted(seconds, 'second')}"


def _addresses(settings: Settings) -> Mapping[str, str]:
    return {
        "8000": settings.mockapp_link,
        "8080": settings.portal_base,
        "9090": settings.prometheus_link,
        "3000": settings.grafana_link,
    }
