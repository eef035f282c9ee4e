"""Whether this process would hear the heartbeats of a burst: they go through the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal.limits import BurstLimits


class Hearing:
    """A runner that was silent while the database was away may be well, and is given a moment."""

    def __init__(
        self, limits: BurstLimits, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``monotonic`` returns seconds."""
        self._limits, self._monotonic = limits, monotonic
        self._lost: float | None = None

    def lose(self) -> None:
        """Note that the database does not answer now, or only just does again."""
        self._lost = self._monotonic()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within, the database is asked: one that fails, or takes long, was away."""
        began = self._monotonic()
        try:
            yield
        except (DatabaseError, PoolTimeoutError):
            self.lose()
            raise
        if self._monotonic() - began > self._limits.lock_s:
            self.lose()

    @property
    def is_sure(self) -> bool:
        """Whether whoever is silent by now is gone."""
        lost = self._lost
        return lost is None or self._monotonic() - lost > self._limits.abandoned_s
