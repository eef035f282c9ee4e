"""Where the lab keeps what: the one place that spells the names inside the data folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.errors import SLOLabError

BLOCK = 65536  # bytes that even a small log needs
DATABASE = "slo-lab.db"
SECRETS = ("secret-key", "fault-token", "grafana-password")


class DataFolderError(SLOLabError):
    """The data folder can't be made or written."""


@dataclass(frozen=True)
class Layout:
    """The folders and files below the data folder."""

    root: Path

    @property
    def secrets(self) -> Path:
        """Folder of the secrets, one file each, for the owner only."""
        return self.root / "secrets"

    @property
    def copies(self) -> Path:
        """Folder of the copies of the database."""
        return self.root / "copies"

    @property
    def prometheus(self) -> Path:
        """Folder of Prometheus' configuration, targets, rules and data."""
        return self.root / "prometheus"

    @property
    def grafana(self) -> Path:
        """Folder of Grafana's database and plugins."""
        return self.root / "grafana"

    @property
    def logs(self) -> Path:
        """Folder of one log file for each server."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Folder of what is true only while the lab runs."""
        return self.root / "run"

    @property
    def state(self) -> Path:
        """What the supervisor knows of its servers, as JSON."""
        return self.run / "state.json"

    @property
    def lock(self) -> Path:
        """Locked while a supervisor runs."""
        return self.run / "lock"

    @property
    def portals(self) -> Path:
        """Locked, by all of them at once, while portals or their commands run."""
        return self.run / "portals"

    def log(self, name: str) -> Path:
        """The log of a server."""
        return self.logs / f"{name}.log"

    def prometheus_data(self, major: int) -> Path:
        """Prometheus' database; version 2 can't read what version 3 wrote, so each has its own."""
        return self.prometheus / f"data-v{major}"

    def is_full(self) -> bool:
        """Whether nothing can be written any more."""
        return shutil.disk_usage(self.root).free < BLOCK

    def kept(self) -> list[Path]:
        """All that the lab keeps here: other things may lie in the same folder."""
        database = sorted(self.root.glob(f"{DATABASE}*"))
        folders = [self.copies, self.secrets, self.prometheus, self.grafana, self.logs, self.run]
        return [path for path in [*database, *folders] if path.exists()]

    def close_to_others(self) -> None:
        """Take from everybody else what an older lab, or another umask, left open to them.

        The folder itself only where all in it is ours. Raises DataFolderError.
        """
        with self._told("made private"):
            kept = self.kept()
            for path in kept:
                path.chmod(0o700 if path.is_dir() else 0o600)
            if set(self.root.iterdir()) <= set(kept):
                self.root.chmod(0o700)

    def make(self) -> None:
        """Make the folders; raises DataFolderError."""
        with self._told("written"):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.prometheus / "targets", self.grafana, self.logs, self.run):
                folder.mkdir(parents=True, exist_ok=True)
            self.secrets.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataFolderError(
                f"The data folder {self.root} can't be {what} ({error.strerror}); "
                "free it or set SLO_LAB_DATA_DIR to another one."
            ) from error
