"""Gives the portal an account in the lab's Grafana, and gives it again when it is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana.accounts import keep_token
from portal.clients.grafana.credentials import ADMIN, Credentials, password_advice, token_path
from portal.clients.grafana.lockout import Lockout, lockout_folder
from portal.config import Settings
from portal.errors import SLOLabError
from portal.secret_files import read_or_make

CALL_SECONDS = 10.0
PAUSE_SECONDS = 10.0  # between two looks at the token
DOWN = (ErrorKind.UNREACHABLE, ErrorKind.TIMEOUT)  # the supervisor tells of a server that is down


class GrafanaAccount:
    """Sees to the account's token in a thread, until it is ended: anybody may delete it."""

    def __init__(
        self,
        settings: Settings,
        notify: Callable[[str, str], None],
        pause: float = PAUSE_SECONDS,
        stands: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """``stands`` is told after each look whether the portal's token works."""
        self._settings = settings
        self._notify = notify
        self._pause = pause
        self._stands = stands
        self._told: object = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lockout = Lockout(lockout_folder(settings))

    def start(self) -> None:
        """Begin, where that was not done yet; nobody waits for the end."""
        if self._thread is None:
            self._thread = threading.Thread(target=self.run, daemon=True, name="grafana-account")
            self._thread.start()

    def end(self) -> None:
        """Look after it no more."""
        self._ended.set()

    def run(self) -> None:
        """Look again and again, until it is ended."""
        while not self._ended.is_set():
            self._stands(self._see_to_it())
            self._ended.wait(self._pause)

    def _see_to_it(self) -> bool:
        settings = self._settings
        try:
            admin = Credentials(user=ADMIN, password=admin_password(settings))
            path = token_path(settings.data_dir)
            keep_token(
                settings.grafana_base, admin, path, lockout=self._lockout, timeout=CALL_SECONDS
            )
        except ClientError as error:
            if error.kind not in DOWN:
                self._complain((error.kind, error.detail), self._words(error))
        except (SLOLabError, OSError) as error:
            self._complain(str(error), str(error))
        else:
            if self._told is not None:
                self._notify("grafana", "The portal has an account in Grafana again.")
            self._told = None
            return True
        return False

    def _words(self, error: ClientError) -> str:
        refused = error.kind is ErrorKind.UNAUTHORIZED
        return f"{error} {password_advice(self._settings)}" if refused else str(error)

    def _complain(self, what: object, words: str) -> None:
        """Say it once, however often it is met."""
        if what != self._told:
            self._told = what
            self._notify("grafana", f"The portal has no account in Grafana: {words}")


def admin_password(settings: Settings) -> str:
    """The learner's password for Grafana, made at the first start."""
    return read_or_make(settings.data_dir, "grafana-password", settings)
