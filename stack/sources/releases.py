"""The pinned releases: their versions, and the names of their archives."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from portal.config import Settings
from stack.sources.base import SourceError

PROMETHEUS = "3.5.3"
GRAFANA = "12.4.11"
_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Release:
    """One archive of one release. ``name`` is its folder in our cache."""

    title: str
    name: str
    archive_url: str
    sums_url: str
    needed: tuple[str, ...]  # what must be in the archive
    only_needed: bool  # whether nothing else of it is unpacked

    @property
    def archive(self) -> str:
        """The archive's file name."""
        return self.archive_url.rpartition("/")[2]

    def folder(self, cache_dir: Path) -> Path:
        """Where it is unpacked."""
        return cache_dir / self.name


def prometheus_release(settings: Settings) -> Release:
    """Prometheus for this machine; raises SourceError where there is none."""
    name = f"prometheus-{PROMETHEUS}.{_platform('Prometheus')}"
    base = f"{settings.prometheus_download_url.rstrip('/')}/v{PROMETHEUS}"
    return Release(
        title=f"Prometheus {PROMETHEUS}",
        name=name,
        archive_url=f"{base}/{name}.tar.gz",
        sums_url=f"{base}/sha256sums.txt",
        needed=("prometheus", "promtool"),
        only_needed=True,
    )


def grafana_release(settings: Settings) -> Release:
    """Grafana for this machine; raises SourceError where there is none."""
    name = f"grafana-{GRAFANA}.{_platform('Grafana')}"
    url = f"{settings.grafana_download_url.rstrip('/')}/{name}.tar.gz"
    return Release(
        title=f"Grafana {GRAFANA}",
        name=name,
        archive_url=url,
        sums_url=f"{url}.sha256",
        needed=("bin/grafana", "conf/defaults.ini"),
        only_needed=False,
    )


def _platform(title: str) -> str:
    system = _SYSTEMS.get(platform.system())
    machine = _MACHINES.get(platform.machine().lower())
    if not system or not machine:
        ours = f"{platform.system()} on {platform.machine()}"
        raise SourceError(f"{title} has no release for {ours}.")
    return f"{system}-{machine}"
