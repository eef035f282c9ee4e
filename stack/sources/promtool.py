"""promtool for a command that judges files without the lab."""

from __future__ import annotations

from pathlib import Path

from portal.clients.promtool import PromtoolMissingError, find
from portal.config import Settings
from portal.errors import SLOLabError
from stack.sources import NotFoundError, SourceReporter, find_prometheus


class PromtoolSource:
    """promtool as the portal finds it, or fetched with Prometheus; looked for at its first use.

    Calling it raises SLOLabError, each time the same, where it can't be had.
    """

    def __init__(self, report: SourceReporter) -> None:
        """``report`` hears of a download."""
        self._report = report
        self._found: Path | SLOLabError | None = None

    def __call__(self) -> Path:
        """Where it is."""
        if self._found is None:
            self._found = self._look()
        if isinstance(self._found, SLOLabError):
            raise self._found
        return self._found

    def _look(self) -> Path | SLOLabError:
        try:
            settings = Settings.from_env()
            try:
                return find(settings.cache_dir)
            except PromtoolMissingError:
                return find_prometheus(settings, self._report).promtool
        except NotFoundError as error:
            return PromtoolMissingError(str(error))
        except SLOLabError as error:
            return error
