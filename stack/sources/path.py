"""Servers that are installed on this machine already."""

from __future__ import annotations

import shutil
from pathlib import Path

from portal.config import Settings
from stack.sources.base import (
    GrafanaInstall,
    PrometheusInstall,
    SourceError,
    SourceReporter,
    inspect_grafana,
    inspect_prometheus,
)

GRAFANA_HOMES = (
    Path("/usr/share/grafana"),
    Path("/opt/homebrew/opt/grafana/share/grafana"),
    Path("/usr/local/opt/grafana/share/grafana"),
)


def prometheus(_settings: Settings, _report: SourceReporter) -> PrometheusInstall:
    """The ``prometheus`` on PATH that has a ``promtool`` beside it."""
    program = shutil.which("prometheus")
    if not program:
        raise SourceError("no prometheus on PATH.")
    return inspect_prometheus(Path(program), Path(program).with_name("promtool"), "on PATH")


def grafana(_settings: Settings, _report: SourceReporter) -> GrafanaInstall:
    """The ``grafana`` on PATH."""
    program = shutil.which("grafana") or shutil.which("grafana-server")
    if not program:
        raise SourceError("no grafana on PATH.")
    return inspect_grafana(Path(program), _home(Path(program).resolve()), "on PATH")


def _home(program: Path) -> Path:
    own = program.parent.parent
    homes = (own, own / "share" / "grafana", *GRAFANA_HOMES)
    return next((home for home in homes if (home / "conf").is_dir()), own)
