"""What is remembered of refused logins, so that the portal never locks the learner out.

Grafana locks an account for five minutes after five wrong passwords. So one refusal of a password
is enough: it is not tried again until it changes, or until those five minutes are over. A token
locks nothing: it is tried again after a pause, at each start, and when a person asks for it.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.clients.errors import plain
from portal.config import Settings
from portal.files import write_whole
from portal.limits import GrafanaLimits


@dataclass(frozen=True)
class Refusal:
    """A login that was refused: Grafana's words, at that Unix time; held back for so long."""

    reason: str
    at: float
    seconds: float

    def left(self, now: float) -> float:
        """Seconds until it may be tried again; 0 when it may. A stamp beyond now counts as old."""
        age = now - self.at
        return self.seconds - age if 0 <= age < self.seconds else 0.0


class Lockout:
    """The logins that were refused, by fingerprint, with Grafana's words.

    Shared by the threads of this process; those with a password also through files in ``folder``
    (when given) with other processes and later starts. The files hold no address and no secret.
    ``clock`` gives Unix time.
    """

    def __init__(
        self,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        limits: GrafanaLimits = GrafanaLimits(),
    ) -> None:
        self.limits = limits
        self._folder = folder
        self._clock = clock
        self._refused: dict[str, Refusal] = {}

    def refusal(self, fingerprint: str) -> Refusal | None:
        """How this login was refused; None when it may be tried."""
        known = (self._kept(fingerprint), self._refused.get(fingerprint))
        return next((one for one in known if one and one.left(self._clock())), None)

    def seconds_left(self, refusal: Refusal) -> float:
        """How long it is held back still."""
        return refusal.left(self._clock())

    def refuse_token(self, fingerprint: str, reason: str) -> Refusal:
        """Remember that this token was refused a moment ago."""
        refusal = Refusal(reason, self._clock(), self.limits.token_pause_s)
        return self._remember(fingerprint, refusal)

    def refuse_password(self, fingerprint: str, reason: str) -> Refusal:
        """Remember that this password was refused, here and in the file."""
        refusal = Refusal(reason, self._clock(), self.limits.password_held_s)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(self._folder / fingerprint, f"{refusal.at!r}\n{reason}")
        return self._remember(fingerprint, refusal)

    def forget_token(self, fingerprint: str) -> None:
        """Let this token be tried again at once."""
        self._refused.pop(fingerprint, None)

    def _remember(self, fingerprint: str, refusal: Refusal) -> Refusal:
        self._refused[fingerprint] = refusal
        return refusal

    def _kept(self, fingerprint: str) -> Refusal | None:
        """The refusal in the file; None where there is none, or one of an older portal's."""
        if self._folder is None:
            return None
        try:
            text = (self._folder / fingerprint).read_text(encoding="utf-8")
            at = float(text.partition("\n")[0])
        except (OSError, ValueError):
            return None
        reason = plain(text.partition("\n")[2])
        held_s = self.limits.password_held_s
        return Refusal(reason, at, held_s) if math.isfinite(at) else None


def lockout_folder(settings: Settings) -> Path:
    """Where all processes of a lab remember refused passwords."""
    return settings.data_dir / "run" / "grafana-refused"


class Turnstile:
    """Lets few calls through with a password: one until it has worked once, then ``at_once``."""

    def __init__(self, at_once: int) -> None:
        self._first = threading.Lock()
        self._later = threading.Semaphore(at_once)
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
