"""What a source gives: a server that was run once and told its version."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal.config import variable
from portal.errors import SLOLabError
from portal.numbers import exact

OLDEST_PROMETHEUS = (2, 38)  # the first with /api/v1/format_query
OLDEST_GRAFANA = (9, 4)  # the first with "grafana server"
NOEXEC = getattr(os, "ST_NOEXEC", 0)  # macOS doesn't tell
PATIENCE = 20.0  # seconds for a server to tell its version, on a cold disk


class SourceError(SLOLabError):
    """One source doesn't have the server, and why."""


class CacheError(SourceError):
    """Nothing that the cache holds can be started, wherever it is got from."""


class NotFoundError(SLOLabError):
    """No source has the server."""


class SourceReporter(Protocol):
    """Hears what a source is doing."""

    def say(self, text: str) -> None:
        """One line for a person."""

    def progress(self, label: str, done: int, total: int) -> None:
        """Bytes so far, of how many (0: not known)."""


class Silent:
    """A reporter that keeps it to itself."""

    def say(self, text: str) -> None:
        """Nothing."""

    def progress(self, label: str, done: int, total: int) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Install:
    """A server's program. ``version`` is like ``3.5.3``, ``source`` for a person to read."""

    program: Path
    version: str
    source: str


@dataclass(frozen=True)
class PrometheusInstall(Install):
    """Prometheus with its promtool."""

    promtool: Path

    @property
    def major(self) -> int:
        """The first number of the version; the database's format depends on it."""
        return int(self.version.split(".")[0])

    @property
    def pages(self) -> Path | None:
        """Debian's build has its web pages in a folder; None where they are in the program."""
        folder = self.program.parent.parent / "share" / "prometheus" / "web"
        return folder if folder.is_dir() else None


@dataclass(frozen=True)
class GrafanaInstall(Install):
    """Grafana with the folder of its web pages and default settings."""

    home: Path

    @property
    def command(self) -> list[str]:
        """How the server is started, before its options."""
        server = [] if self.program.name == "grafana-server" else ["server"]
        return [str(self.program), *server]


def inspect_prometheus(program: Path, promtool: Path, source: str) -> PrometheusInstall:
    """The install behind two programs; raises SourceError when they are too old or don't run."""
    if not promtool.is_file():
        raise SourceError(f"there is no promtool beside {program}.")
    version = _version_of(program, "--version", OLDEST_PROMETHEUS)
    return PrometheusInstall(program, version, source, promtool)


def inspect_grafana(program: Path, home: Path, source: str) -> GrafanaInstall:
    """The install behind a program and its home; raises SourceError."""
    if not (home / "conf" / "defaults.ini").is_file():
        raise SourceError(f"{program} has no conf/defaults.ini in {home}.")
    version = _version_of(program, "-v", OLDEST_GRAFANA)
    return GrafanaInstall(program, version, source, home)


def _version_of(program: Path, flag: str, oldest: tuple[int, int]) -> str:
    try:
        run = subprocess.run(
            [program, flag], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except OSError as error:
        if isinstance(error, PermissionError) and os.statvfs(program).f_flag & NOEXEC:
            raise CacheError(
                f"{program} lies on a disk that no program may be started from (noexec); "
                f"set {variable('cache_dir')} to a folder on another disk."
            ) from error
        raise SourceError(f"{program} doesn't run ({error.strerror}).") from error
    except subprocess.SubprocessError as error:
        raise SourceError(f"{program} doesn't tell its version in {exact(PATIENCE)} s.") from error
    found = re.search(r"version v?(\d+)\.(\d+)\.(\d+)", run.stdout + run.stderr, re.IGNORECASE)
    if run.returncode or not found:
        raise SourceError(f"{program} doesn't tell its version.")
    version = ".".join(found.groups())
    if (int(found[1]), int(found[2])) < oldest:
        wanted = ".".join(map(str, oldest))
        raise SourceError(f"{program} is {version}, but {wanted} or newer is needed.")
    return version
