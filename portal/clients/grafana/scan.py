"""Reading all dashboards without making anybody wait: likely ones first, bounded, cancellable."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

from portal.clients.deadline import Deadline
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana.dashboards import Hit, StoredDashboard

HOPELESS = {
    ErrorKind.UNAUTHORIZED,
    ErrorKind.UNREACHABLE,
    ErrorKind.LOGIN_PAGE,
    ErrorKind.REDIRECT,
}
"""Errors of Grafana as a whole: the next dashboard would meet them too."""
TIMEOUTS_IN_A_ROW = 3
LOOK_AROUND_S = 0.1


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
    search: Callable[[], list[Hit]],
    read: Callable[[str], StoredDashboard],
    *,
    known_uid: str | None,
    folder_uid: str,
    at_once: int,
    limit: int,
    seconds: float,
    cancelled: threading.Event,
    progress: Callable[[ScanProgress], None] | None,
) -> Generator[ScanReading, None, None]:
    """See GrafanaClient.read_dashboards(); the known one is read before anything is searched."""
    deadline = Deadline(seconds)
    known = [] if known_uid is None else [known_uid]
    for uid in known:
        yield _give_up_or(_read(read, uid), HOPELESS | {ErrorKind.TIMEOUT})
    others = sorted(search(), key=lambda hit: hit.folder_uid != folder_uid)
    uids = [hit.uid for hit in others if hit.uid not in known][:limit]
    with _Lookahead(read, at_once) as window:
        timeouts, done, total = 0, len(known), len(known) + len(uids)
        for reading in window.readings(uids, lambda: cancelled.is_set() or deadline.passed):
            done += 1
            if progress is not None:
                progress(ScanProgress(done, total))
            timed_out = reading.error is not None and reading.error.kind is ErrorKind.TIMEOUT
            timeouts = timeouts + 1 if timed_out else 0
            too_many = {ErrorKind.TIMEOUT} if timeouts >= TIMEOUTS_IN_A_ROW else set()
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


class _Lookahead:
    """Reads a few dashboards ahead, in threads, and gives them in their order."""

    def __init__(self, read: Callable[[str], StoredDashboard], at_once: int) -> None:
        self._reader = read
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="grafana-scan")

    def __enter__(self) -> _Lookahead:
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for: what is under way ends by its own time limit.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def readings(
        self, uids: list[str], stop: Callable[[], bool]
    ) -> Generator[ScanReading, None, None]:
        waiting = deque(uids)
        under_way: deque[Future[ScanReading]] = deque()
        while waiting or under_way:
            while waiting and len(under_way) < self._at_once:
                under_way.append(self._pool.submit(_read, self._reader, waiting.popleft()))
            reading = _result(under_way.popleft(), stop)
            if reading is None:
                return
            yield reading


def _result(future: Future[ScanReading], stop: Callable[[], bool]) -> ScanReading | None:
    """The future's reading; None when it is time to stop."""
    while not stop():
        try:
            return future.result(timeout=LOOK_AROUND_S)
        except NotYet:
            continue
    return None
