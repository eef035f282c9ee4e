"""Servers that an earlier run has unpacked into our cache."""

from __future__ import annotations

from portal.config import Settings
from stack.sources.base import (
    GrafanaInstall,
    PrometheusInstall,
    SourceError,
    SourceReporter,
    inspect_grafana,
    inspect_prometheus,
)
from stack.sources.distribution import unpacked_folder
from stack.sources.releases import grafana_release, prometheus_release


def prometheus(settings: Settings, _report: SourceReporter) -> PrometheusInstall:
    """The pinned release, else the distribution's packages, where one of them is in the cache."""
    release = prometheus_release(settings).folder(settings.cache_dir)
    for folder in (release, unpacked_folder(settings.cache_dir) / "usr" / "bin"):
        if (folder / "prometheus").is_file():
            return inspect_prometheus(folder / "prometheus", folder / "promtool", "in the cache")
    raise SourceError(f"nothing in {settings.cache_dir}.")


def grafana(settings: Settings, _report: SourceReporter) -> GrafanaInstall:
    """The pinned release, where it is in the cache."""
    home = grafana_release(settings).folder(settings.cache_dir)
    if not home.is_dir():
        raise SourceError(f"nothing in {settings.cache_dir}.")
    return inspect_grafana(home / "bin" / "grafana", home, "in the cache")
