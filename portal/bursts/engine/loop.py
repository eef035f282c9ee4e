"""The loop that sends a burst: one thread, non-blocking sockets, and a precise alarm clock."""

from __future__ import annotations

import errno
import select
import selectors
import time
from collections.abc import Callable, Iterator

from portal.bursts.engine.connection import Connection, SendOutcome
from portal.bursts.engine.control import FELL_SILENT, Control
from portal.bursts.engine.schedule import Schedule
from portal.bursts.engine.tally import Tally
from portal.bursts.engine.target import BurstTarget, Request
from portal.durations import duration
from portal.errors import SLOLabError

MAX_SENDS_A_TURN = 100
PROGRESS_SECONDS = 0.5
MAX_WAIT_SECONDS = 0.1
STANDSTILL_SECONDS = 1.0
"""A turn that took longer did not run: the machine paused, or had no time for this process."""

SLEPT_SECONDS = 30.0
"""Longer than that no machine is busy: it was asleep, and nobody waited for an answer."""

GRACE_SECONDS = 0.45
"""After a stop, requests on their way have this long to end by themselves; with the runner's tick
before it, that is less than a second."""

_KINDS = {
    SendOutcome.BROKEN: "connection",
    SendOutcome.GARBAGE: "garbage",
    SendOutcome.TOO_LARGE: "too_large",
}

# No connection was even tried: this machine is out of files, ports or memory.
_OWN_LIMITS = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM}
)


class StoodStillError(SLOLabError):
    """The machine did not run for so many seconds, or its clock was set ahead."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This machine stood still for {duration(seconds)} while the burst ran (was it asleep, "
            "or its clock set?), so it was ended. The numbers are those of before."
        )


class Loop:
    """Sends what the schedule says and tallies what comes of it.

    ``keep_alive`` keeps connections for further requests; without it each request has a new
    one. ``progress`` is called twice a second with the time and returns False when nobody
    listens. ``silence_seconds``: so long may the portal say nothing before the burst ends; so long
    after the moment at which the burst was its own is anything sent, however long the machine stood
    still meanwhile: another portal may have taken the burst for over.
    """

    def __init__(
        self,
        *,
        target: BurstTarget,
        requests: Iterator[Request],
        schedule: Schedule,
        tally: Tally,
        control: Control,
        progress: Callable[[float], bool],
        timeout_seconds: float,
        keep_alive: bool,
        silence_seconds: float | None = None,
    ) -> None:
        self._target = target
        self._requests = requests
        self._schedule = schedule
        self._tally = tally
        self._control = control
        self._progress = progress
        self._timeout_seconds = timeout_seconds
        self._keep_alive = keep_alive
        self._silence_seconds = float("inf") if silence_seconds is None else silence_seconds
        self._selector = selectors.DefaultSelector()
        self._idle: list[Connection] = []
        # In the order of sending, which is the order in which they time out.
        self._in_flight: dict[Connection, None] = {}
        self._next_progress = 0.0
        self._cut_at = float("inf")
        self._unix_offset = 0.0
        self._looked_at = 0.0

    def run(self) -> None:
        """Send the burst until its end, or until the control says stop.

        Raises StoodStillError where the machine slept meanwhile: what was due then was late for
        nobody.
        """
        try:
            self._run()
        finally:
            self._close_all()

    def _run(self) -> None:
        now = self._control.heard_at = self._looked_at = time.monotonic()
        self._unix_offset = time.time() - now
        self._next_progress = now + PROGRESS_SECONDS
        while not self._is_done(now):
            if not self._control.stop_reason:
                self._send_due(now)
            self._give_up_waiting(now)
            self._tell_progress(now)
            self._wait()
            before, now = now, self._now()
            if now - before > STANDSTILL_SECONDS:
                self._make_up_for(now - before)

    def _make_up_for(self, seconds: float) -> None:
        """Give back the time in which nobody could have read an answer, or a word of the portal."""
        self._control.heard_at += seconds
        for connection in self._in_flight:
            connection.sent_at += seconds
        self._cut_at = float("inf")

    def _is_done(self, now: float) -> bool:
        if now - self._control.heard_at > self._silence_seconds:
            self._control.lose_parent(FELL_SILENT)
        if self._control.is_orphaned:
            return True
        if not self._control.stop_reason:
            return not self._in_flight and self._schedule.is_over(now)
        self._cut_at = min(self._cut_at, now + GRACE_SECONDS)
        return not self._in_flight or now >= self._cut_at

    def _may_send(self, now: float) -> bool:
        return now - self._control.owned_at <= self._silence_seconds

    def _send_due(self, now: float) -> None:
        for _ in range(MAX_SENDS_A_TURN):
            due, moment = self._schedule.next_due(), self._now()
            if due is None or due > now or not self._may_send(moment):
                return
            self._send(next(self._requests), self._schedule.take(now), moment)

    def _send(self, request: Request, due: float, now: float) -> None:
        self._tally.start(request.path, due, now)
        self._dispatch(request, due, now, self._idle.pop() if self._idle else None)

    def _dispatch(
        self, request: Request, due: float, now: float, connection: Connection | None
    ) -> None:
        """Put a request on a kept connection, or on a new one."""
        if connection is None:
            try:
                connection = Connection(self._target)
            except OSError as error:
                if error.errno in _OWN_LIMITS:
                    self._tally.kept_back(request.path, due)
                else:
                    self._tally.broke(request.path, "connection", due, now)
                self._schedule.ended(now)
                return
            self._selector.register(connection.socket, selectors.EVENT_WRITE, connection)
        self._in_flight[connection] = None
        self._settle(connection, connection.carry(request, due, now))

    def _give_up_waiting(self, now: float) -> None:
        while self._in_flight:
            oldest = next(iter(self._in_flight))
            if oldest.sent_at + self._timeout_seconds > now:
                return
            self._tally.timed_out(oldest.path, oldest.due, now)
            self._drop(oldest)
            self._schedule.ended(now)

    def _tell_progress(self, now: float) -> None:
        if now >= self._next_progress:
            self._next_progress += PROGRESS_SECONDS * (
                (now - self._next_progress) // PROGRESS_SECONDS + 1
            )
            if not self._progress(now):
                self._control.lose_parent()

    def _now(self) -> float:
        """The monotonic clock, which a paused process finds ahead; raises StoodStillError.

        Asked wherever a moment is noted, so that no answer bears the sleep as its latency.
        """
        now = time.monotonic()
        self._refuse_sleep(now - self._looked_at)
        return now

    def _notice_sleep(self) -> None:
        """Before anything is read, by the other clock too.

        The monotonic clock of a machine that sleeps stands on Linux and macOS; the other goes on.
        """
        self._looked_at = self._now()
        before, self._unix_offset = self._unix_offset, time.time() - self._looked_at
        self._refuse_sleep(self._unix_offset - before)

    def _refuse_sleep(self, seconds: float) -> None:
        if seconds > SLEPT_SECONDS:
            raise StoodStillError(seconds)

    def _wait(self) -> None:
        """Sleep until something happens or has to be done.

        select() wakes up within 0.1 ms where epoll counts whole milliseconds, but knows only
        1024 files: so it watches one file, the selector itself, which watches all the others.
        """
        seconds = self._seconds_to_wait()
        ready, _, _ = select.select([self._selector.fileno(), self._control.fd], [], [], seconds)
        self._notice_sleep()
        if self._control.fd in ready:
            self._control.read()
        if len(ready) > (self._control.fd in ready):
            for key, _ in self._selector.select(0):
                self._on_event(key.data, key.events)

    def _seconds_to_wait(self) -> float:
        moments = [self._next_progress, self._cut_at]
        if self._in_flight:
            moments.append(next(iter(self._in_flight)).sent_at + self._timeout_seconds)
        due = self._schedule.next_due()
        now = time.monotonic()
        if due is not None and not self._control.stop_reason and self._may_send(now):
            moments.append(due)
        return max(0.0, min(min(moments) - now, MAX_WAIT_SECONDS))

    def _on_event(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._settle(connection, connection.on_writable())
        else:
            self._settle(connection, connection.on_readable())

    def _settle(self, connection: Connection, outcome: SendOutcome) -> None:
        """Do what an outcome asks for."""
        if outcome is SendOutcome.SENT:
            self._listen(connection)
        elif outcome is SendOutcome.ANSWERED:
            self._finish(connection)
        elif outcome is SendOutcome.UNREAD:
            self._repeat(connection)
        elif outcome in _KINDS:
            self._fail(connection, _KINDS[outcome])

    def _listen(self, connection: Connection) -> None:
        key = self._selector.get_key(connection.socket)
        if key.events != selectors.EVENT_READ:
            self._selector.modify(connection.socket, selectors.EVENT_READ, connection)

    def _finish(self, connection: Connection) -> None:
        now = self._now()
        self._tally.answered(connection.path, connection.answer.status, connection.due, now)
        self._schedule.ended(now)
        if self._keep_alive and connection.answer.reusable:
            del self._in_flight[connection]
            connection.rest()
            self._idle.append(connection)
        else:
            self._drop(connection)

    def _repeat(self, connection: Connection) -> None:
        """Once more, on a new connection: nobody has read the request."""
        request, due = connection.request, connection.due
        self._drop(connection)
        if request is not None:
            self._dispatch(request, due, self._now(), None)

    def _fail(self, connection: Connection, kind: str) -> None:
        if connection.request is None:
            self._idle.remove(connection)
        else:
            now = self._now()
            self._tally.broke(connection.path, kind, connection.due, now)
            self._schedule.ended(now)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._in_flight.pop(connection, None)
        self._selector.unregister(connection.socket)
        connection.socket.close()

    def _close_all(self) -> None:
        for connection in self._in_flight:
            self._tally.cut_off(connection.path, connection.due)
        for connection in [*self._in_flight, *self._idle]:
            self._drop(connection)
        self._selector.close()
