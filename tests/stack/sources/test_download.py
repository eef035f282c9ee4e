from __future__ import annotations

import hashlib
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from portal.config import Settings
from stack.sources import Silent, download
from stack.sources.base import SourceError
from stack.sources.fetch import DownloadLimits
from stack.sources.releases import GRAFANA, PROMETHEUS, grafana_release, prometheus_release
from tests.stack.sources.releases import ReleaseServer, archive

PATIENT = DownloadLimits(connect=60, stall=60, total=60)


class Recorder(Silent):
    """Keeps the progress that was reported."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []

    def progress(self, label: str, done: int, total: int) -> None:
        self.seen.append((label, done, total))


def path_of(settings: Settings) -> str:
    return f"/v{PROMETHEUS}/{prometheus_release(settings).archive}"


def assert_refused(settings: Settings, reason: str, limits: DownloadLimits = PATIENT) -> None:
    """The download fails with that reason, and nothing of it is kept."""
    with pytest.raises(SourceError, match=reason):
        download.download(prometheus_release(settings), settings.cache_dir, Silent(), limits)
    assert not any(path.is_dir() for path in settings.cache_dir.iterdir())


def test_prometheus_is_unpacked_with_its_promtool_and_nothing_else(
    settings: Settings, published: ReleaseServer
) -> None:
    report = Recorder()
    install = download.prometheus(settings, report)
    assert install.version == PROMETHEUS
    assert install.promtool.is_file()
    assert sorted(path.name for path in install.program.parent.iterdir()) == [
        "prometheus",
        "promtool",
    ]
    label, done, total = report.seen[-1]
    assert (label, done) == (f"Prometheus {PROMETHEUS}", total)
    assert total == len(published.files[path_of(settings)])


def test_grafana_is_unpacked_whole(settings: Settings, published: ReleaseServer) -> None:
    install = download.grafana(settings, Silent())
    assert install.version == GRAFANA
    assert install.command == [str(install.program), "server"]
    assert (install.home / "public" / "index.html").read_text() == "page"


def test_a_bare_sum_is_understood(settings: Settings, published: ReleaseServer) -> None:
    name = grafana_release(settings).archive
    digest = hashlib.sha256(published.files[f"/{name}"]).hexdigest()
    published.files[f"/{name}.sha256"] = digest.encode()
    assert download.grafana(settings, Silent()).version == GRAFANA


def test_a_wrong_sum_is_refused(settings: Settings, published: ReleaseServer) -> None:
    published.files[path_of(settings)] += b"more"
    assert_refused(settings, "but its makers publish .*: nothing of it was kept")


def test_a_truncated_archive_is_refused(settings: Settings, published: ReleaseServer) -> None:
    published.cut.add(path_of(settings))
    assert_refused(settings, "was cut off")


def test_a_stalled_download_is_given_up(settings: Settings, published: ReleaseServer) -> None:
    published.stalled.add(path_of(settings))
    assert_refused(settings, "sent nothing for 0.5 s", replace(PATIENT, stall=0.5))


def test_a_slow_download_is_given_up(settings: Settings, published: ReleaseServer) -> None:
    assert_refused(settings, "took longer than 0 s", replace(PATIENT, total=0))


def test_an_archive_beyond_all_size_is_given_up(
    settings: Settings, published: ReleaseServer
) -> None:
    assert_refused(settings, "is larger than 10 bytes", replace(PATIENT, size=10))


def test_an_absent_archive_is_named(settings: Settings, published: ReleaseServer) -> None:
    del published.files[path_of(settings)]
    assert_refused(settings, r"linux-.*tar.gz is not there \(answer 404\)")


def test_absent_sums_are_named(settings: Settings, published: ReleaseServer) -> None:
    del published.files[f"/v{PROMETHEUS}/sha256sums.txt"]
    assert_refused(settings, r"sha256sums.txt is not there \(answer 404\)")


def test_sums_without_our_archive_are_refused(settings: Settings, published: ReleaseServer) -> None:
    published.files[f"/v{PROMETHEUS}/sha256sums.txt"] = b"0" * 64 + b"  other.tar.gz\n"
    assert_refused(settings, "has no sum for")


def test_an_archive_without_the_programs_is_refused(
    settings: Settings, published: ReleaseServer
) -> None:
    content = archive("prometheus", {"prometheus": b""})
    published.publish(path_of(settings), content, f"/v{PROMETHEUS}/sha256sums.txt")
    assert_refused(settings, "has no promtool in it")


def test_something_that_is_no_archive_is_refused(
    settings: Settings, published: ReleaseServer
) -> None:
    published.publish(path_of(settings), b"<html>", f"/v{PROMETHEUS}/sha256sums.txt")
    assert_refused(settings, "can't be unpacked")


def test_names_that_lead_outside_are_not_unpacked(
    settings: Settings, published: ReleaseServer, tmp_path: Path
) -> None:
    name = grafana_release(settings).archive
    evil = {"bin/grafana": b"", "conf/defaults.ini": b"", "x/../../../evil": b"", "/evil": b""}
    published.publish(f"/{name}", archive("grafana", evil), f"/{name}.sha256")
    home = download.download(grafana_release(settings), settings.cache_dir, Silent(), PATIENT)
    assert all(path.is_relative_to(home) for path in tmp_path.rglob("evil"))


def test_a_release_that_was_packed_anew_is_refused(
    settings: Settings, published: ReleaseServer
) -> None:
    release = prometheus_release(settings)
    download.download(release, settings.cache_dir, Silent(), PATIENT)
    content = archive(release.name, {"prometheus": b"other", "promtool": b"other"})
    published.publish(path_of(settings), content, f"/v{PROMETHEUS}/sha256sums.txt")
    with pytest.raises(SourceError, match=r"but said .* at the first download"):
        download.download(release, settings.cache_dir, Silent(), PATIENT)


def test_a_server_that_is_not_there_is_named(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        nowhere = replace(settings, prometheus_download_url=url)
        with pytest.raises(SourceError, match=r"127\.0\.0\.1 can't be reached"):
            download.prometheus(nowhere, Silent())


def test_a_cache_that_cannot_be_written_is_named(settings: Settings) -> None:
    settings.cache_dir.parent.mkdir(parents=True, exist_ok=True)
    settings.cache_dir.write_text("a file")
    with pytest.raises(SourceError, match="can't be written"):
        download.prometheus(settings, Silent())
