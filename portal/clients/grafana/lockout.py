"""What is remembered of refused logins, so that the portal never locks the learner out.

Grafana locks an account for some minutes after five wrong passwords. So one refusal is enough:
the login is not tried again until it changes, or until a person asks for another try.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from portal.files import write_whole

AT_ONCE = 3
"""Calls in flight with one password: should it be changed meanwhile, fewer than five fail."""


class Lockout:
    """The logins that were refused, by fingerprint, with Grafana's words.

    Shared by the threads of this process, and through files in ``folder`` (when given) with
    other processes and later starts. The files hold no address and no secret.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._refused: dict[str, str] = {}

    def reason(self, fingerprint: str) -> str | None:
        """Grafana's words when this login was refused; None when it may be tried."""
        if self._folder is None:
            return self._refused.get(fingerprint)
        try:
            return (self._folder / fingerprint).read_text(encoding="utf-8")
        except OSError:
            return self._refused.get(fingerprint)

    def refuse(self, fingerprint: str, reason: str) -> None:
        """Remember that this login was refused."""
        self._refused[fingerprint] = reason
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(self._folder / fingerprint, reason)

    def forget(self, fingerprint: str) -> None:
        """Let this login be tried again."""
        self._refused.pop(fingerprint, None)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / fingerprint).unlink()


class Turnstile:
    """Lets few calls through with a password: one until it has worked once, then AT_ONCE."""

    def __init__(self) -> None:
        self._first = threading.Lock()
        self._later = threading.Semaphore(AT_ONCE)
        self._proven: set[str] = set()

    @contextlib.contextmanager
    def enter(self, fingerprint: str, seconds: float) -> Iterator[None]:
        """Wait for a turn, ``seconds`` at most; raises TimeoutError."""
        turn = self._later if fingerprint in self._proven else self._first
        if not turn.acquire(timeout=seconds):
            raise TimeoutError("Other calls with this login are still under way.")
        try:
            yield
        finally:
            turn.release()

    def prove(self, fingerprint: str) -> None:
        """This login works."""
        self._proven.add(fingerprint)

    def doubt(self, fingerprint: str) -> None:
        """This login doesn't work (any more)."""
        self._proven.discard(fingerprint)
