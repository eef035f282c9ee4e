"""Official releases, checked against the sums their makers publish, unpacked into our cache."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath

from portal.config import Settings
from portal.files import FOR_ALL, write_whole
from stack.sources.base import (
    GrafanaInstall,
    PrometheusInstall,
    SourceError,
    SourceReporter,
    inspect_grafana,
    inspect_prometheus,
)
from stack.sources.drafts import draft_folder
from stack.sources.fetch import DownloadLimits, fetch_file, fetch_text
from stack.sources.releases import Release, grafana_release, prometheus_release

LIMITS = DownloadLimits()


def prometheus(settings: Settings, report: SourceReporter) -> PrometheusInstall:
    """The pinned Prometheus, downloaded now."""
    folder = download(prometheus_release(settings), settings.cache_dir, report)
    return inspect_prometheus(folder / "prometheus", folder / "promtool", "downloaded")


def grafana(settings: Settings, report: SourceReporter) -> GrafanaInstall:
    """The pinned Grafana, downloaded now."""
    home = download(grafana_release(settings), settings.cache_dir, report)
    return inspect_grafana(home / "bin" / "grafana", home, "downloaded")


def download(
    release: Release, cache_dir: Path, report: SourceReporter, limits: DownloadLimits = LIMITS
) -> Path:
    """The folder of the unpacked release: all of it, or a SourceError and nothing."""
    try:
        with draft_folder(cache_dir) as draft:
            return _download(release, cache_dir, draft, report, limits)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"the cache {cache_dir} can't be written ({reason}).") from error


def _download(
    release: Release, cache_dir: Path, draft: Path, report: SourceReporter, limits: DownloadLimits
) -> Path:
    expected = _expected_sum(release, cache_dir, limits)
    archive = draft / release.archive
    found = fetch_file(release.archive_url, archive, release.title, report, limits)
    if found != expected:
        raise SourceError(
            f"{release.archive_url} has the sum {found}, but its makers publish {expected}: "
            "nothing of it was kept."
        )
    _unpack(release, archive, draft / "unpacked")
    write_whole(_record(release, cache_dir), f"{expected}  {release.archive}\n", FOR_ALL)
    return _move(draft / "unpacked", release.folder(cache_dir))


def _expected_sum(release: Release, cache_dir: Path, limits: DownloadLimits) -> str:
    """What the makers publish; it must not differ from what was recorded the first time."""
    published = _sum_in(fetch_text(release.sums_url, limits), release.archive)
    if not published:
        raise SourceError(f"{release.sums_url} has no sum for {release.archive}.")
    record = _record(release, cache_dir)
    recorded = _sum_in(record.read_text("ascii"), release.archive) if record.is_file() else ""
    if recorded and recorded != published:
        raise SourceError(
            f"{release.sums_url} now says {published}, but said {recorded} at the first download; "
            f"if that is expected, delete {record}."
        )
    return published


def _record(release: Release, cache_dir: Path) -> Path:
    return cache_dir / f"{release.archive}.sha256"


def _sum_in(text: str, archive: str) -> str:
    """The SHA-256 of the archive in a sums file (``SUM  NAME`` a line, or one bare sum)."""
    for line in text.splitlines():
        words = line.split()
        named = len(words) == 1 or (len(words) == 2 and words[1].lstrip("*") == archive)
        if named and len(words[0]) == 64:
            return words[0].lower()
    return ""


def _unpack(release: Release, archive: Path, target: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            for member in tar:
                member.name = _inner_name(member.name)
                if _wanted(member, release):
                    tar.extract(member, target)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise SourceError(f"{release.archive} can't be unpacked ({error}).") from error
    for folder in (target, *target.rglob("*/")):
        folder.chmod(0o755)  # a cache may be shared, whatever our umask is
    missing = [name for name in release.needed if not (target / name).is_file()]
    if missing:
        raise SourceError(f"{release.archive} has no {' and no '.join(missing)} in it.")


def _inner_name(name: str) -> str:
    """The name without the archive's top folder, which differs from release to release."""
    return str(PurePosixPath(*PurePosixPath(name).parts[1:]))


def _wanted(member: tarfile.TarInfo, release: Release) -> bool:
    """Plain files and folders that stay inside; of Prometheus only the two programs."""
    if ".." in PurePosixPath(member.name).parts or not (member.isfile() or member.isdir()):
        return False
    return member.name in release.needed if release.only_needed else member.name != "."


def _move(unpacked: Path, folder: Path) -> Path:
    """Put the finished folder in its place; what another lab put there meanwhile is as good."""
    if folder.exists():
        shutil.rmtree(folder)
    unpacked.rename(folder)
    return folder
