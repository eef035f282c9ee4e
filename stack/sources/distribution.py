"""Debian's and Ubuntu's packages, unpacked into our cache: no root, nothing installed.

``apt-get`` works on lists and a cache of our own, so it needs no right to the system's; it
checks the packages against the keys that the system trusts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from portal.config import Settings
from portal.numbers import exact
from stack.sources.base import PrometheusInstall, SourceError, SourceReporter, inspect_prometheus
from stack.sources.drafts import draft_folder

UPDATE_SECONDS = 120.0
DOWNLOAD_SECONDS = 300.0


def unpacked_folder(cache_dir: Path) -> Path:
    """Where the packages are unpacked."""
    return cache_dir / "distribution-prometheus"


def prometheus(settings: Settings, report: SourceReporter) -> PrometheusInstall:
    """The distribution's Prometheus, fetched and unpacked now."""
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise SourceError(f"this is no Debian or Ubuntu (no {tool}).")
    report.say("Getting Prometheus from the distribution's packages ...")
    try:
        programs = _unpack_packages(settings.cache_dir) / "usr" / "bin"
    except OSError as error:
        cache, reason = settings.cache_dir, error.strerror or str(error)
        raise SourceError(f"the cache {cache} can't be written ({reason}).") from error
    source = "from the distribution's packages"
    return inspect_prometheus(programs / "prometheus", programs / "promtool", source)


def _unpack_packages(cache_dir: Path) -> Path:
    with draft_folder(cache_dir) as draft:
        apt = _Apt(draft)
        apt.update()
        unpacked = draft / "unpacked"
        apt.unpack("prometheus", unpacked)
        if not (unpacked / "usr" / "bin" / "promtool").exists():  # its own package since trixie
            apt.unpack("promtool", unpacked)
        folder = unpacked_folder(cache_dir)
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)
    return folder


class _Apt:
    """``apt-get`` with lists, cache and status of its own below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("state/lists/partial", "cache/archives/partial", "packages"):
            (folder / name).mkdir(parents=True)
        options = {
            "Dir::State": folder / "state",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Dir::Cache": folder / "cache",
            "APT::Sandbox::User": "root",  # the folder is ours alone: no other user may write it
            "Acquire::Languages": "none",
            "Acquire::http::Timeout": 10,
            "Acquire::https::Timeout": 10,
            "Acquire::Retries": 1,
        }
        self._options = [f"-o{name}={value}" for name, value in options.items()]

    def update(self) -> None:
        """Get the package lists. One source that fails is no reason to give up."""
        self._run("apt-get", *self._options, "-q", "update", seconds=UPDATE_SECONDS)

    def unpack(self, package: str, target: Path) -> None:
        """Download a package and unpack it; raises SourceError."""
        packages = self._folder / "packages"
        words = ["apt-get", *self._options, "-q", "download", package]
        said = self._run(*words, seconds=DOWNLOAD_SECONDS)
        found = sorted(packages.glob(f"{package}_*.deb"))
        if not found:
            raise SourceError(f"the package {package} can't be downloaded ({said}).")
        said = self._run("dpkg-deb", "-x", str(found[0]), str(target), seconds=DOWNLOAD_SECONDS)
        if said:
            raise SourceError(f"the package {package} can't be unpacked ({said}).")

    def _run(self, *words: str, seconds: float) -> str:
        """Run a tool; returns its last line of complaint where it failed, else nothing."""
        environ = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            run = subprocess.run(
                words,
                cwd=self._folder / "packages",
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"{words[0]} took longer than {exact(seconds)} s.") from error
        complaints = run.stderr.strip().splitlines() or [f"status {run.returncode}"]
        return complaints[-1] if run.returncode else ""
