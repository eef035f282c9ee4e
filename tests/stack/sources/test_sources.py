from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from portal.config import Settings
from stack.sources import NotFoundError, find_grafana, find_prometheus
from stack.sources.distribution import unpacked_folder
from stack.sources.releases import GRAFANA, PROMETHEUS, grafana_release, prometheus_release
from tests.stack.sources.releases import ReleaseServer, put_program

NOEXEC = 8


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a program on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", str(folder))
    return lambda name, version: put_program(folder / name, name, version)


Put = Callable[[str, str], Path]


def test_path_comes_first(settings: Settings, on_path: Put, published: ReleaseServer) -> None:
    program = on_path("prometheus", "2.42.0+ds")
    on_path("promtool", "2.42.0+ds")
    install = find_prometheus(settings)
    assert (install.program, install.version, install.major) == (program, "2.42.0", 2)
    assert install.source == "on PATH"
    assert published.asked == []


def test_one_that_is_too_old_is_passed_over(
    settings: Settings, on_path: Put, published: ReleaseServer
) -> None:
    on_path("prometheus", "2.37.9")
    on_path("promtool", "2.37.9")
    assert find_prometheus(settings).source == "downloaded"


def test_one_without_promtool_is_passed_over(
    settings: Settings, on_path: Put, published: ReleaseServer
) -> None:
    on_path("prometheus", "3.5.3")
    assert find_prometheus(settings).source == "downloaded"


def test_a_download_is_found_in_the_cache_the_next_time(
    settings: Settings, on_path: Put, published: ReleaseServer
) -> None:
    assert find_prometheus(settings).source == "downloaded"
    published.files.clear()
    again = find_prometheus(settings)
    assert (again.source, again.version, again.major) == ("in the cache", PROMETHEUS, 3)


def test_unpacked_packages_are_found_in_the_cache(settings: Settings, on_path: Put) -> None:
    programs = unpacked_folder(settings.cache_dir) / "usr" / "bin"
    for name in ("prometheus", "promtool"):
        put_program(programs / name, name, "2.53.3+ds1")
    assert find_prometheus(settings).program == programs / "prometheus"


def test_a_cache_that_nothing_may_be_started_from_is_told_and_not_filled(
    settings: Settings, on_path: Put, published: ReleaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = unpacked_folder(settings.cache_dir) / "usr" / "bin"
    for name in ("prometheus", "promtool"):
        put_program(programs / name, name, "2.53.3+ds1").chmod(0o600)
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(f_flag=NOEXEC))
    monkeypatch.setattr("stack.sources.base.NOEXEC", NOEXEC)
    with pytest.raises(NotFoundError) as refused:
        find_prometheus(settings)
    assert str(refused.value) == (
        f"Prometheus can't be had here: {programs / 'prometheus'} lies on a disk that no program "
        "may be started from (noexec); set SLO_LAB_CACHE_DIR to a folder on another disk."
    )
    assert published.asked == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("path", "path: no prometheus on PATH"),
        ("cache", "cache: nothing in "),
        ("download", "download: .* is not there"),
        ("distribution", "distribution: this is no Debian or Ubuntu"),
    ],
)
def test_a_forced_source_is_the_only_one(
    settings: Settings, on_path: Put, source: str, reason: str
) -> None:
    forced = replace(settings, prometheus_source=source)
    pattern = rf"can't be had here \(SLO_LAB_PROMETHEUS_SOURCE={source}\). {reason}"
    with pytest.raises(NotFoundError, match=pattern):
        find_prometheus(forced)


def test_a_forced_download_passes_by_what_is_on_path(
    settings: Settings, on_path: Put, published: ReleaseServer
) -> None:
    on_path("prometheus", "2.42.0")
    on_path("promtool", "2.42.0")
    forced = replace(settings, prometheus_source="download")
    assert find_prometheus(forced).version == PROMETHEUS
    assert prometheus_release(settings).folder(settings.cache_dir).is_dir()


def test_all_reasons_are_told(settings: Settings, on_path: Put) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_prometheus(settings)
    for word in ("path:", "cache:", "download:", "distribution:"):
        assert word in str(caught.value)


def test_a_program_that_does_not_run_is_no_install(settings: Settings, on_path: Put) -> None:
    for name in ("prometheus", "promtool"):
        on_path(name, "").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(NotFoundError, match="doesn't tell its version"):
        find_prometheus(replace(settings, prometheus_source="path"))


def test_grafana_on_path_is_found_with_its_home(
    settings: Settings, on_path: Put, tmp_path: Path
) -> None:
    home = tmp_path / "grafana"
    program = put_program(home / "bin" / "grafana", "grafana", GRAFANA)
    (home / "conf").mkdir()
    (home / "conf" / "defaults.ini").touch()
    on_path("other", "1").with_name("grafana").symlink_to(program)
    install = find_grafana(settings)
    assert (install.home, install.version) == (home, GRAFANA)


def test_grafana_downloaded_is_found_in_the_cache_the_next_time(
    settings: Settings, on_path: Put, published: ReleaseServer
) -> None:
    assert find_grafana(settings).source == "downloaded"
    published.files.clear()
    again = find_grafana(settings)
    assert again.source == "in the cache"
    assert again.home == grafana_release(settings).folder(settings.cache_dir)
