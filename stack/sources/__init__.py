"""Where real servers come from: PATH, our cache, a download, the distribution's packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from portal.config import Settings, variable
from stack.sources import cache, distribution, download, path
from stack.sources.base import (
    CacheError,
    GrafanaInstall,
    Install,
    NotFoundError,
    PrometheusInstall,
    Silent,
    SourceError,
    SourceReporter,
)

__all__ = [
    "GrafanaInstall",
    "NotFoundError",
    "PrometheusInstall",
    "Silent",
    "SourceReporter",
    "find_grafana",
    "find_prometheus",
]

InstallT = TypeVar("InstallT", bound=Install)

PROMETHEUS_SOURCES: Mapping[str, Callable[[Settings, SourceReporter], PrometheusInstall]] = {
    "path": path.prometheus,
    "cache": cache.prometheus,
    "download": download.prometheus,
    "distribution": distribution.prometheus,
}
GRAFANA_SOURCES: Mapping[str, Callable[[Settings, SourceReporter], GrafanaInstall]] = {
    "path": path.grafana,
    "cache": cache.grafana,
    "download": download.grafana,
}


def find_prometheus(settings: Settings, report: SourceReporter | None = None) -> PrometheusInstall:
    """Prometheus and promtool, from the first source that has them; raises NotFoundError.

    May download. ``settings.prometheus_source`` forces one source.
    """
    return _first("Prometheus", "prometheus_source", PROMETHEUS_SOURCES, settings, report)


def find_grafana(settings: Settings, report: SourceReporter | None = None) -> GrafanaInstall:
    """Grafana, from the first source that has it; raises NotFoundError. May download."""
    return _first("Grafana", "grafana_source", GRAFANA_SOURCES, settings, report)


def _first(
    title: str,
    setting: str,
    sources: Mapping[str, Callable[[Settings, SourceReporter], InstallT]],
    settings: Settings,
    report: SourceReporter | None,
) -> InstallT:
    wanted = getattr(settings, setting)
    reasons = []
    for name in sources if wanted == "auto" else [wanted]:
        try:
            return sources[name](settings, report or Silent())
        except CacheError as error:
            raise NotFoundError(f"{title} can't be had here: {error}") from error
        except SourceError as error:
            reasons.append(f"{name}: {error}")
    forced = "" if wanted == "auto" else f" ({variable(setting)}={wanted})"
    raise NotFoundError(f"{title} can't be had here{forced}. " + " ".join(reasons))
