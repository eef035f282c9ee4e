from __future__ import annotations

from pathlib import Path

import pytest

from portal.config import Settings
from stack.sources.releases import GRAFANA, PROMETHEUS, grafana_release, prometheus_release
from tests.stack.sources.releases import ReleaseServer, archive, program


@pytest.fixture
def settings(tmp_path: Path, releases: ReleaseServer) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        prometheus_download_url=releases.url,
        grafana_download_url=releases.url,
    )


@pytest.fixture
def published(releases: ReleaseServer, settings: Settings) -> ReleaseServer:
    """Both releases are there, as their makers pack them."""
    prometheus = prometheus_release(settings)
    content = {
        "prometheus": program("prometheus", PROMETHEUS),
        "promtool": program("promtool", PROMETHEUS),
        "NOTICE": b"not needed",
    }
    path = f"/v{PROMETHEUS}/{prometheus.archive}"
    releases.publish(path, archive(prometheus.name, content), f"/v{PROMETHEUS}/sha256sums.txt")
    grafana = grafana_release(settings)
    content = {
        "bin/grafana": program("grafana", GRAFANA),
        "conf/defaults.ini": b"",
        "public/index.html": b"page",
    }
    path = f"/{grafana.archive}"
    releases.publish(path, archive(f"grafana-{GRAFANA}", content), f"{path}.sha256")
    return releases
