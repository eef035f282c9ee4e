"""Gets Grafana while the rest of the lab already runs: it is a large download."""

from __future__ import annotations

import threading

from portal.config import Settings
from portal.errors import SLOLabError
from portal.numbers import count
from stack.sources import GrafanaInstall, find_grafana
from stack.sources.base import SourceError


class GrafanaGetter:
    """Looks for Grafana in a thread. After ``done``, either ``install`` or ``reason`` is set."""

    def __init__(self, settings: Settings) -> None:
        self.install: GrafanaInstall | None = None
        self.reason = ""
        self.progress_text = ""
        self._settings = settings
        self._cancelled = False
        self._thread = threading.Thread(target=self._get, daemon=True, name="grafana-getter")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it is known if Grafana can be had."""
        return not self._thread.is_alive()

    def cancel(self) -> None:
        """Give up a download that is under way; nothing half of it is kept."""
        self._cancelled = True
        self._thread.join(timeout=2)

    def say(self, text: str) -> None:
        """A SourceReporter's line: not shown."""

    def progress(self, label: str, done: int, total: int) -> None:
        """A SourceReporter's progress: for the state file."""
        if self._cancelled:
            raise SourceError("the lab was stopped.")
        of = f" of {count(total / 1e6)}" if total else ""
        self.progress_text = f"downloading {label}: {count(done / 1e6)}{of} MB"

    def _get(self) -> None:
        try:
            self.install = find_grafana(self._settings, self)
        except SLOLabError as error:
            self.reason = str(error)
