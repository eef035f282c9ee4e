from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace

import pytest

from portal.config import Settings
from stack.sources import NotFoundError, find_prometheus
from tests.stack.sources.releases import put_program

NO_APT = not (shutil.which("apt-get") and shutil.which("dpkg-deb"))


@pytest.mark.skipif(NO_APT, reason="this is no Debian or Ubuntu")
def test_the_distributions_prometheus_is_unpacked_and_runs(settings: Settings) -> None:
    forced = replace(settings, prometheus_source="distribution")
    install = find_prometheus(forced)
    assert install.program.is_relative_to(settings.cache_dir)
    shown = subprocess.run([install.promtool, "--version"], capture_output=True, check=False)
    assert shown.returncode == 0
    cached = find_prometheus(replace(settings, prometheus_source="cache"))
    assert cached.program == install.program
    assert [path.name for path in settings.cache_dir.iterdir()] == ["distribution-prometheus"]


def test_what_apt_complains_about_is_told(
    settings: Settings, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.data_dir / "bin"
    for name in ("apt-get", "dpkg-deb"):
        put_program(folder / name, name, "1").write_text(
            "#!/bin/sh\necho E: no luck >&2\nexit 100\n"
        )
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    reason = r"the package prometheus can't be downloaded \(E: no luck\)"
    with pytest.raises(NotFoundError, match=reason):
        find_prometheus(replace(settings, prometheus_source="distribution"))
    assert list(settings.cache_dir.iterdir()) == []
