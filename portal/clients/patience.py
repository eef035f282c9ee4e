"""How long a system that fell silent is waited for: once in full, once briefly, then not.

A page asks several things of one system. Without this a silent one would be waited for at each.
A single question may just be heavy (a learner's own query), so its silence alone proves nothing:
the next question decides, within a short time. Whatever is answered restores full patience.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from portal.clients.errors import ClientError, ErrorKind
from portal.deadline import Deadline
from portal.limits import SilenceLimits


@dataclass(frozen=True)
class Turn:
    """The time one call may take; ``given`` is seconds, ``brief``: it decides about silence."""

    deadline: Deadline
    given: float
    brief: bool = False


class Patience:
    """The patience with one system; safe to share between threads."""

    def __init__(
        self,
        limits: SilenceLimits = SilenceLimits(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``monotonic`` returns seconds."""
        self._limits = limits
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._doubt: ClientError | None = None
        self._silent_until: float | None = None

    def turn(self, deadline: Deadline, *, insist: bool = False) -> Turn:
        """The time for a call now; raises the ClientError of before while the system is silent.

        ``insist``: the call is worth its full time whatever happened before.
        """
        with self._guard:
            if self._silent_until is not None and self._monotonic() >= self._silent_until:
                self._forget()
            if self._doubt is None or insist:
                return Turn(deadline, deadline.left)
            if self._silent_until is not None:
                raise _again(self._doubt)
            given = min(self._limits.brief_s, deadline.left)
            return Turn(Deadline(given), given, brief=given == self._limits.brief_s)

    def failed(self, error: ClientError, turn: Turn) -> ClientError:
        """Learn from a failed call; returns the error to tell people."""
        if error.kind not in {ErrorKind.TIMEOUT, ErrorKind.NOT_ASKED}:
            self.answered()
            return error
        with self._guard:
            if self._doubt is None:
                self._doubt = error if turn.given >= self._limits.worth_s else None
                return error
            if turn.brief and self._silent_until is None:
                self._silent_until = self._monotonic() + self._limits.silent_s
            return _again(self._doubt)

    def answered(self) -> None:
        """The system answered, be it with an error: the next call has its full time."""
        with self._guard:
            self._forget()

    def _forget(self) -> None:
        self._doubt, self._silent_until = None, None


def _again(error: ClientError) -> ClientError:
    return ClientError(
        str(error), system=error.system, kind=error.kind, status=error.status, detail=error.detail
    )
