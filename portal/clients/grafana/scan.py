"""Reading many dashboards without making anybody wait: side by side, cancellable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

from portal.background import Pool
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana.dashboards import StoredDashboard
from portal.limits import ScanLimits

HOPELESS = {
    ErrorKind.UNAUTHORIZED,
    ErrorKind.UNREACHABLE,
    ErrorKind.LOGIN_PAGE,
    ErrorKind.REDIRECT,
}
"""Errors of Grafana as a whole: the next dashboard would meet them too."""
LOOK_AROUND_S = 0.1
"""From one look whether to stop to the next."""


@dataclass(frozen=True)
class ScanProgress:
    """``read`` of ``total`` dashboards are read."""

    read: int
    total: int


@dataclass(frozen=True)
class ScanReading:
    """A dashboard, or why it could not be read."""

    uid: str
    dashboard: StoredDashboard | None = None
    error: ClientError | None = None


def scan(
    uids: Sequence[str],
    read: Callable[[str], StoredDashboard],
    pool: Pool,
    stop: Callable[[], bool],
    silences: int = ScanLimits.silences,
) -> Generator[ScanReading, None, None]:
    """Each dashboard, in this order, as many at a time as the pool has threads.

    One that can't be read comes with its error; a Grafana that can't be asked at all, or was
    silent ``silences`` times in a row, raises ClientError. Ends early once ``stop`` says so, or
    when the iterator is closed.
    """
    timeouts = 0
    for reading in _ahead(uids, read, pool, stop):
        timed_out = reading.error is not None and reading.error.kind is ErrorKind.TIMEOUT
        timeouts = timeouts + 1 if timed_out else 0
        too_many = {ErrorKind.TIMEOUT} if timeouts >= silences else set()
        yield _give_up_or(reading, HOPELESS | too_many)


def _read(read: Callable[[str], StoredDashboard], uid: str) -> ScanReading:
    try:
        return ScanReading(uid, dashboard=read(uid))
    except ClientError as error:
        return ScanReading(uid, error=error)


def _give_up_or(reading: ScanReading, hopeless: set[ErrorKind]) -> ScanReading:
    if reading.error is not None and reading.error.kind in hopeless:
        raise reading.error
    return reading


def _ahead(
    uids: Sequence[str],
    read: Callable[[str], StoredDashboard],
    pool: Pool,
    stop: Callable[[], bool],
) -> Generator[ScanReading, None, None]:
    """Read a few dashboards ahead, and give them in their order."""
    waiting = deque(uids)
    under_way: deque[Future[ScanReading]] = deque()
    try:
        while waiting or under_way:
            while waiting and len(under_way) < pool.workers:
                uid = waiting.popleft()
                under_way.append(pool.submit(f"reads the dashboard {uid}", _read, read, uid))
            reading = _result(under_way.popleft(), stop)
            if reading is None:
                return
            yield reading
    finally:  # what runs ends by its own time limit
        for future in under_way:
            future.cancel()


def _result(future: Future[ScanReading], stop: Callable[[], bool]) -> ScanReading | None:
    """The future's reading; None when it is time to stop."""
    while not stop():
        try:
            return future.result(timeout=LOOK_AROUND_S)
        except NotYet:
            continue
        except CancelledError:
            return None
    return None
