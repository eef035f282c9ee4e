"""A command without a lab gets the promtool that it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.clients.promtool import PromtoolIdleError, PromtoolMissingError
from portal.config import SettingError, Settings
from stack.sources import Silent
from stack.sources.promtool import PromtoolSource
from tests.stack.sources.releases import ReleaseServer


@pytest.fixture(autouse=True)
def poor(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing on PATH and an empty cache, that may download."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("SLO_LAB_CACHE_DIR", str(settings.cache_dir))
    monkeypatch.setenv("SLO_LAB_PROMETHEUS_SOURCE", "download")
    monkeypatch.setenv("SLO_LAB_PROMETHEUS_DOWNLOAD_URL", settings.prometheus_download_url)


def on_path(tmp_path: Path, mode: int = 0o755) -> Path:
    tool = tmp_path / "bin" / "promtool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(mode)
    return tool


def test_one_on_path_is_taken_and_nothing_is_downloaded(
    tmp_path: Path, published: ReleaseServer
) -> None:
    tool = on_path(tmp_path)
    assert PromtoolSource(Silent())() == tool
    assert published.asked == []


def test_where_there_is_none_it_comes_with_prometheus(
    settings: Settings, published: ReleaseServer
) -> None:
    source = PromtoolSource(Silent())
    assert published.asked == []
    tool = source()
    assert tool.is_relative_to(settings.cache_dir)
    asked = list(published.asked)
    assert source() == PromtoolSource(Silent())() == tool
    assert published.asked == asked


def test_where_it_cannot_be_had_the_reason_is_one_and_the_search_too(
    releases: ReleaseServer,
) -> None:
    source = PromtoolSource(Silent())
    with pytest.raises(PromtoolMissingError, match=r"promtool on PATH\. Prometheus can't be had"):
        source()
    asked = list(releases.asked)
    with pytest.raises(PromtoolMissingError):
        source()
    assert releases.asked == asked


def test_one_that_cannot_be_started_is_told_as_that(
    tmp_path: Path, published: ReleaseServer
) -> None:
    on_path(tmp_path, 0o644)
    with pytest.raises(PromtoolIdleError):
        PromtoolSource(Silent())()
    assert published.asked == []


def test_a_setting_that_is_wrong_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_LAB_PROMETHEUS_SOURCE", "nowhere")
    with pytest.raises(SettingError, match="SLO_LAB_PROMETHEUS_SOURCE"):
        PromtoolSource(Silent())()
