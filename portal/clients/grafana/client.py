"""Grafana as the portal uses it."""

from __future__ import annotations

from collections.abc import Callable

from portal.clients.grafana.credentials import Credentials, from_settings
from portal.clients.http import Http
from portal.config import Settings

SYSTEM = "Grafana"
NOBODY = Credentials()


class GrafanaClient:
    """Asks one Grafana. Every method may raise ClientError; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | Callable[[], Credentials] = NOBODY,
        *,
        timeout: float = 1.5,
        max_bytes: int = 4 << 20,
    ) -> None:
        self._http = Http(SYSTEM, base_url, timeout=timeout, max_bytes=max_bytes)
        self._credentials = credentials
        self.base_url = self._http.base_url

    @classmethod
    def from_settings(cls, settings: Settings) -> GrafanaClient:
        """The client for the Grafana that the settings name, or the lab's own."""
        return cls(settings.grafana_base, from_settings(settings))
