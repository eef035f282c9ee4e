"""Gives the portal an account of its own in the lab's Grafana, as soon as that is up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from portal.clients.errors import ClientError
from portal.clients.grafana.accounts import keep_token
from portal.clients.grafana.credentials import Credentials, token_path
from portal.config import Settings
from portal.secret_files import read_or_make

ADMIN = "admin"
CALL_SECONDS = 10.0


class GrafanaAccount:
    """Sees to the account's token in a thread: Grafana is slow in its first seconds."""

    def __init__(self, settings: Settings, notify: Callable[[str, str], None]) -> None:
        self._settings = settings
        self._notify = notify
        self._thread = threading.Thread(target=self._see_to_it, daemon=True, name="grafana-account")

    def start(self) -> None:
        """Begin; nobody waits for the end."""
        self._thread.start()

    def _see_to_it(self) -> None:
        settings = self._settings
        admin = Credentials(user=ADMIN, password=admin_password(settings))
        path = token_path(settings.data_dir)
        try:
            keep_token(settings.grafana_base, admin, path, timeout=CALL_SECONDS)
        except (ClientError, OSError) as error:
            self._notify("grafana", f"The portal has no account in Grafana: {error}")


def admin_password(settings: Settings) -> str:
    """The learner's password for Grafana, made at the first start."""
    return read_or_make(settings.data_dir, "grafana-password", settings)
