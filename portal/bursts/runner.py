"""Follows a burst from start to end: its fault, its engine process, its record.

One thread a burst. The fault is a lease: it is renewed each second and ends by itself, so that
nothing stays broken when the portal is killed; the engine ends when its standard input closes.
The record is written by threads of its own, so that a database that stands still holds up neither.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import IO, Any, cast

from flask import Flask
from sqlalchemy import ColumnElement, CursorResult, Select, select, true, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal.bursts.engine.control import FELL_SILENT
from portal.bursts.hearing import Hearing
from portal.bursts.messages import HERE, STOP, Message, MessageKind
from portal.bursts.models import ACTIVE, Burst, BurstState
from portal.bursts.profiles import Profile
from portal.bursts.record import BurstRecord
from portal.bursts.server_view import counters_before, seen_since
from portal.bursts.store import ABANDONED_REASON, CUT_SHORT, settle_abandoned
from portal.clients.calls import announce
from portal.clients.errors import ClientError
from portal.commands import typed_here
from portal.errors import SLOLabError
from portal.kit.database_fault import DatabaseFault, fault_of
from portal.kit.db import db, waiting_for_lock
from portal.limits import BurstLimits
from portal.services import Services

log = logging.getLogger(__name__)
LAST_WORDS = (MessageKind.FINISHED, MessageKind.STOPPED, MessageKind.FAILED)
MISTAKE = "The portal made a mistake; slo-lab logs portal has the details."
DISK_REASON = "The disk of the database was full, so the burst was ended before its time."
"""What the record says once it could be saved."""

OVERTAKEN = 409
READ_BYTES = 64 << 10
WRITERS = 16
"""Threads that write records, of all bursts; only a database that stands still keeps one for long.
"""

NOT_SAVED = "The numbers below are not saved yet; the portal keeps trying."
SETTLED_REASON = (
    "The portal stood still while this burst ran (did the machine sleep?), so it was ended."
)
OVERTAKEN_REASON = "Another burst at this service came after this one, so this one was ended."


class BurstError(SLOLabError):
    """The burst could not go on; the sentence becomes its reason."""


@dataclass(frozen=True)
class Unsaved:
    """What is known of a burst beyond its record, and why it could not be saved.

    ``fault``: None where the database may answer yet.
    """

    values: dict[str, Any]
    fault: DatabaseFault | None


@dataclass(frozen=True)
class Tried:
    """How a try to save ended: whether the burst was still active, or what went wrong instead.

    ``stop``: somebody asked for its end.
    """

    active: bool = True
    error: DatabaseError | PoolTimeoutError | None = None
    stop: bool = False


class Runner:
    """Runs the bursts of this portal process."""

    def __init__(self, app: Flask) -> None:
        """``app`` gives the threads their database and services."""
        self._app = app
        self.hearing = Hearing(self._limits)
        self.unsaved: dict[int, Unsaved] = {}
        self.followed: set[int] = set()

    @property
    def _services(self) -> Services:
        return cast(Services, self._app.extensions["slo_lab"])

    @property
    def _limits(self) -> BurstLimits:
        return self._services.limits.burst

    def settle(self, now: datetime) -> None:
        """Give bursts whose runner is gone a named end, as far as that can be known here."""
        settle_abandoned(now, self._limits, self.followed, self.hearing)

    def write(self, run: _Run, values: dict[str, Any], now: datetime) -> Future[Tried]:
        """Save what is known now of a burst that is under way, in a thread of its own."""

        def tried() -> Tried:
            with self._app.app_context():
                return run.tried(values, now)

        background = self._services.background
        make = functools.partial(background.pool, "record", WRITERS)
        return self._services.instruments.get("burst record", make).submit("saves a burst", tried)

    def start(self, burst_id: int) -> None:
        """Run the queued burst in a thread of its own; returns at once."""
        self.followed.add(burst_id)
        name, what = f"burst-{burst_id}", "follows a burst"
        if not self._services.background.start(name, what, lambda: self._follow(burst_id)):
            self.followed.discard(burst_id)

    def _follow(self, burst_id: int) -> None:
        try:
            with self._app.app_context():
                run = self._ready(burst_id)
            if run:
                with self._app.app_context():
                    run.to_its_end()
        finally:
            self.followed.discard(burst_id)

    def _ready(self, burst_id: int) -> _Run | None:
        """The run of a queued burst, once the database can be read; None when it never can."""
        services = self._services
        give_up = time.monotonic() + self._limits.retry_for_s
        while True:
            try:
                return self._read(services, burst_id)
            except (DatabaseError, PoolTimeoutError) as error:
                db.session.rollback()
                fault = fault_of(error).value
                log.error("burst not begun", extra={"burst": burst_id, "fault": fault})
                stopped = services.background.stopping.wait(self._limits.retry_s)
                if stopped or time.monotonic() > give_up:
                    return None

    def _read(self, services: Services, burst_id: int) -> _Run | None:
        burst = db.session.get(Burst, burst_id)
        if burst is None:
            return None
        profile = Profile.from_dict(burst.preset, burst.title, burst.spec)
        job, fence = burst.learner.service.job, burst.fence
        db.session.rollback()
        return _Run(self, services, burst_id, profile, job, fence)


class _Run:
    """One burst on its way."""

    def __init__(
        self,
        runner: Runner,
        services: Services,
        burst_id: int,
        profile: Profile,
        job: str,
        fence: int,
    ) -> None:
        self._runner = runner
        self._services = services
        self._limits = services.limits.burst
        self._id = burst_id
        self._profile = profile
        self._job = job
        self._fence = fence
        self._counts: dict[str, Any] = {}
        self._record = BurstRecord()
        self._record_due = 0.0
        self._heard = b""
        self._reason = ""
        self._stopping = self._stop_wanted = False
        self._full_since: float | None = None
        self._owned_at = time.monotonic()
        self._writing: Future[Tried] | None = None
        self._wrote_at = time.monotonic()

    def to_its_end(self) -> None:
        state, before, started = BurstState.FAILED, None, self._services.clock()
        try:
            before = counters_before(self._services, self._job)
            self._take_fence()
            self._hold_fault()
            started, self._owned_at = self._services.clock(), time.monotonic()
            known = asdict(before) if before else None
            self._save(state=BurstState.RUNNING, started_at=started, counted_before=known)
            state = self._drive()
        except SLOLabError as error:
            self._reason = self._reason or str(error)
        except Exception:
            log.exception("burst broke", extra={"burst": self._id})
            self._reason = typed_here(MISTAKE, self._services.settings)
        finally:
            self._release_fault()
            ended = max(started, self._services.clock())
            told = {"record": self._record.dump()} if self._record.seconds else {}
            self._finish(state=state, reason=self._reason[:500], ended_at=ended, **told)
        view = seen_since(self._services, self._job, before, ended)
        if view is None and self._services.background.stopping.is_set():
            return  # the next portal asks
        self._finish(server_counts=asdict(view) if view else {})

    def _drive(self) -> BurstState:
        with _engine(self._limits.leave_s) as engine, selectors.DefaultSelector() as selector:
            order = self._profile.spec(self._services.mockapp.base_url)
            _write(engine, replace(order, silence_seconds=self._limits.alone_s).dump())
            self._say_here(engine)
            selector.register(_output(engine), selectors.EVENT_READ)
            silent, due = 0.0, time.monotonic()
            while True:
                if self._services.background.stopping.is_set():
                    return self._cut_short(engine, selector)
                wait = max(0.0, due - time.monotonic())
                if selector.select(timeout=wait):
                    silent = 0.0
                    for message in self._messages(engine):
                        if ended := self._hear(message):
                            return ended
                # What was waited, not what the clock says: a machine that stood still did so
                # for the engine too.
                elif (silent := silent + wait) > self._limits.silence_s:
                    raise BurstError("The burst's own process fell silent, so it was ended.")
                if time.monotonic() >= due:
                    self._tick(engine)
                    # From its end, so that messages are read however long a tick takes.
                    due = time.monotonic() + self._limits.tick_s

    def _cut_short(
        self, engine: subprocess.Popen[bytes], selector: selectors.BaseSelector
    ) -> BurstState:
        """Stop the engine because the portal ends; its last words have the whole numbers.

        Raises BurstError, unless the burst was over.
        """
        _write(engine, STOP + "\n")
        last = self._last_words(engine, selector)
        if last is MessageKind.FINISHED:
            return BurstState.FINISHED
        if last is None:
            engine.kill()  # it had its time to leave
        raise BurstError(CUT_SHORT if last else ABANDONED_REASON)

    def _last_words(
        self, engine: subprocess.Popen[bytes], selector: selectors.BaseSelector
    ) -> MessageKind | None:
        """Of which kind they were; None when none came in time."""
        with contextlib.suppress(SLOLabError):
            while selector.select(timeout=self._limits.last_words_s):
                for message in self._messages(engine):
                    self._take(message)
                    if message.kind in LAST_WORDS:
                        return message.kind
        return None

    def _messages(self, engine: subprocess.Popen[bytes]) -> Iterator[Message]:
        """Those that have come whole; raises BurstError once no more will."""
        data = os.read(_output(engine).fileno(), READ_BYTES)
        if not data:
            raise BurstError(self._gone(engine))
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            yield Message.parse(line.decode("utf-8", "replace"))

    def _take(self, message: Message) -> None:
        self._counts = message.counts()
        if message.part:
            self._record.take(message.part)

    def _hear(self, message: Message) -> BurstState | None:
        self._take(message)
        if message.kind is MessageKind.FAILED:
            raise BurstError(message.reason or "The burst's own process gave up.")
        if message.kind is MessageKind.FINISHED:
            self._reason = ""
            return BurstState.FINISHED
        if message.kind is MessageKind.STOPPED:
            if message.reason == FELL_SILENT:
                raise BurstError(SETTLED_REASON)
            if not self._stopping and self._services.background.stopping.wait(self._limits.tick_s):
                raise BurstError(CUT_SHORT)  # whoever ends the portal ends its group
            self._reason = self._reason or "Stopped before its time."
            return BurstState.FAILED if self._reason == DISK_REASON else BurstState.STOPPED
        return None

    def _tick(self, engine: subprocess.Popen[bytes]) -> None:
        """Save the heartbeat, renew the lease, pass on the wish to stop.

        In this order: a burst that was given up meanwhile breaks nothing any more.
        """
        began = time.monotonic()
        self._say_here(engine)
        is_saved = self._save(counts=self._counts, **self._record_in_time())
        self._owned_at = began if is_saved else time.monotonic()
        self._say_here(engine)
        self._hold_fault(must=False)
        since = self._full_since
        if since is not None and time.monotonic() - since > self._limits.full_s:
            self._reason = DISK_REASON
        if not self._stopping and (self._reason == DISK_REASON or self._stop_wanted):
            self._stopping = True
            _write(engine, STOP + "\n")

    def _say_here(self, engine: subprocess.Popen[bytes]) -> None:
        """Nobody may take the burst for given up sooner than ``abandoned_s`` after that moment."""
        _write(engine, f"{HERE} {self._owned_at}\n")

    def _record_in_time(self) -> dict[str, bytes]:
        """The record by the second, where it is time to save it again."""
        if not self._record.seconds or time.monotonic() < self._record_due:
            return {}
        self._record_due = time.monotonic() + self._limits.record_s
        return {"record": self._record.dump()}

    def _take_fence(self) -> None:
        """A number above all that the service has seen, which may remember more than we do.

        A burst without a fault shows it too: none of an older burst may come in between.
        """
        with contextlib.suppress(ClientError):
            newest = self._services.mockapp.fault().newest_fence
            self._fence = max(self._fence, newest + 1)
        self._save(fence=self._fence)
        if self._profile.fault is None:
            with contextlib.suppress(ClientError):
                self._services.mockapp.clear_fault(self._fence)

    def _hold_fault(self, *, must: bool = True) -> None:
        fault = self._profile.fault
        if fault is None:
            return
        try:
            self._services.mockapp.set_fault(
                lifetime_seconds=self._limits.lease_s,
                error_ratio=fault.error_ratio,
                latency_seconds=fault.latency_seconds,
                hang=fault.hang,
                fence=self._fence,
            )
        except ClientError as error:
            if error.status == OVERTAKEN:
                raise BurstError(OVERTAKEN_REASON) from error
            if must:
                raise BurstError(f"The fault could not be switched on: {error}") from error

    def _release_fault(self) -> None:
        if self._profile.fault is not None:
            with contextlib.suppress(ClientError):
                self._services.mockapp.clear_fault(self._fence)

    def _gone(self, engine: subprocess.Popen[bytes]) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(self._limits.leave_s)
        return (
            "The burst's own process ended unexpectedly "
            f"({_how(engine.returncode)}). The numbers are the last ones it told."
        )

    def _save(self, **values: Any) -> bool:
        """Write to the record while the burst is under way; what fails is tried at the next tick.

        Whether it was written. Only a disk that stays full ends the burst: ``_full_since`` says
        since when it is.
        """
        values = {**self._unsaved, **values}
        tried = self._tried(values)
        if tried is None:
            is_silent = time.monotonic() - self._wrote_at > self._limits.lease_s
            fault = DatabaseFault.SILENT if is_silent else None  # else this machine is busy
            self._note_unsaved(values, fault, "no answer yet")
            return False
        self._wrote_at = time.monotonic()
        self._stop_wanted = tried.stop
        if tried.error:
            fault = self._not_saved(values, tried.error)
            still = self._full_since if self._full_since is not None else time.monotonic()
            self._full_since = still if fault is DatabaseFault.FULL else None
            return False
        if not tried.active:
            raise BurstError(SETTLED_REASON)
        self._full_since = None
        self._runner.unsaved.pop(self._id, None)
        return True

    def _tried(self, values: dict[str, Any]) -> Tried | None:
        """How the saving ended; None where that takes longer than the lease can wait.

        Where the process stood still meanwhile, it may have been given up since: once more.
        """
        while True:
            began = time.monotonic()
            tried = self._tried_once(values)
            if time.monotonic() - began < 2 * self._patience_s:
                return tried

    def _tried_once(self, values: dict[str, Any]) -> Tried | None:
        if self._writing and not self._writing.done():
            return None
        is_known = self._writing is not None and not self._writing.cancelled()
        late = self._writing.result() if self._writing and is_known else Tried()
        self._writing = None
        if not late.active:
            return late
        writing = self._runner.write(self, values, self._services.clock())
        try:
            return writing.result(self._patience_s)
        except NotYetError:
            self._writing = writing
            return None
        except CancelledError:  # the portal ends, and the burst with its last words
            return None

    @property
    def _patience_s(self) -> float:
        """So long a tick waits for the database."""
        return self._limits.lock_s + self._limits.tick_s

    def tried(self, values: dict[str, Any], now: datetime) -> Tried:
        """Write to the record of a burst that is active, and see whether it is to stop."""
        try:
            return self._written(values, Burst.state.in_(ACTIVE), now)
        except (DatabaseError, PoolTimeoutError) as error:
            db.session.rollback()
            return Tried(error=error, stop=self._is_to_stop())

    def _is_to_stop(self) -> bool:
        """Where nothing can be written, something may be read."""
        try:
            return bool(db.session.scalar(self._wish))
        except (DatabaseError, PoolTimeoutError):  # told by the next try to save
            return False
        finally:
            db.session.rollback()

    @property
    def _wish(self) -> Select[bool]:
        return select(Burst.stop_requested).where(Burst.id == self._id)

    def _finish(self, **values: Any) -> None:
        """Write to the record at the end; try again for as long as the database can't be used.

        Whoever settled the record meanwhile knew less.
        """
        values = {**self._unsaved, "counts": self._counts, **values}
        give_up = time.monotonic() + self._limits.retry_for_s
        while True:
            try:
                self._written(values, true(), self._services.clock())
            except (DatabaseError, PoolTimeoutError) as error:
                self._not_saved(values, error)
                if time.monotonic() > give_up:
                    return
                if self._services.background.stopping.wait(self._limits.retry_s):
                    return
            else:
                self._runner.unsaved.pop(self._id, None)
                return

    @property
    def _unsaved(self) -> dict[str, Any]:
        """What could not be written so far."""
        kept = self._runner.unsaved.get(self._id)
        return dict(kept.values) if kept else {}

    def _not_saved(
        self, values: dict[str, Any], error: DatabaseError | PoolTimeoutError
    ) -> DatabaseFault:
        """Keep the values for the pages and the next try; why they are not saved."""
        db.session.rollback()
        fault = fault_of(error)
        self._note_unsaved(values, fault, str(error))
        return fault

    def _note_unsaved(
        self, values: dict[str, Any], fault: DatabaseFault | None, reason: str
    ) -> None:
        """``fault``: None where nothing is known to be wrong yet."""
        self._runner.hearing.lose()
        before = self._runner.unsaved.get(self._id)
        self._runner.unsaved[self._id] = Unsaved(values, fault)
        is_news = before is None or before.fault is not fault  # once, and not at each tick
        if fault and is_news:
            extra = {"burst": self._id, "fault": fault.value, "reason": reason}
            log.error("burst not saved", extra=extra)

    def _written(self, values: dict[str, Any], which: ColumnElement[bool], now: datetime) -> Tried:
        statement = update(Burst).where(Burst.id == self._id, which)
        with waiting_for_lock(self._limits.lock_s):
            result = db.session.execute(statement.values({"heartbeat_at": now, **values}))
        stop = bool(db.session.scalar(self._wish))
        db.session.commit()
        return Tried(cast(CursorResult[Any], result).rowcount == 1, stop=stop)


def shown(runner: Runner | None, burst: Burst) -> Burst:
    """The burst as it is, even where the database keeps an older state."""
    unsaved = runner.unsaved.get(burst.id) if runner else None
    if unsaved:
        db.session.expunge(burst)
        for name, value in unsaved.values.items():
            setattr(burst, name, value)
        if unsaved.fault:
            burst.reason = f"{burst.reason} {unsaved.fault.what} {NOT_SAVED}".strip()
    return burst


@contextlib.contextmanager
def _engine(leave_s: float) -> Iterator[subprocess.Popen[bytes]]:
    announce("the burst's engine")
    engine = subprocess.Popen(
        [sys.executable, "-P", "-m", "portal.bursts.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    try:
        yield engine
    finally:
        _end(engine, leave_s)


def _end(engine: subprocess.Popen[bytes], leave_s: float) -> None:
    """Close its input, which asks it to leave; kill it when it does not."""
    with contextlib.suppress(OSError):
        cast(IO[bytes], engine.stdin).close()
    try:
        engine.wait(leave_s)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()
    _output(engine).close()


def _how(returncode: int | None) -> str:
    if returncode is None:
        return "it closed its output"
    return f"signal {-returncode}" if returncode < 0 else f"status {returncode}"


def _write(engine: subprocess.Popen[bytes], line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        cast(IO[bytes], engine.stdin).write(line.encode())


def _output(engine: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast(IO[bytes], engine.stdout)
