"""One server under supervision: started, watched, started again after it ended by itself."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from portal.clients.errors import ClientError
from portal.clients.http import Http
from portal.numbers import exact
from stack.child import Child, StartError
from stack.layout import Layout
from stack.processes import born
from stack.servers import Server
from stack.state import ServerState, ServerStatus

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before the first, second ... new start
CRASH_WINDOW = 120.0  # seconds; more ends than delays within them, and we give up
PROBE_SECONDS = 1.0
LOG_LIMIT = 5_000_000  # bytes; a longer log is put aside at the next start
REASON_LIMIT = 600  # characters of a log line that are shown


class ManagedServer:
    """A server and what has become of it. ``notify`` hears each event as a sentence."""

    def __init__(self, server: Server, layout: Layout, notify: Callable[[str, str], None]) -> None:
        self.server = server
        self.was_up = False
        self.state = ServerState(
            name=server.name,
            title=server.title,
            status=ServerStatus.STARTING,
            url=server.url,
            since=time.time(),
            version=server.version,
        )
        self._layout = layout
        self._log = layout.log(server.name)
        self._log_start = 0
        self._notify = notify
        self._child: Child | None = None
        self._ends: deque[float] = deque(maxlen=len(DELAYS) + 1)
        self._due = 0.0

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._child is not None

    def start(self) -> None:
        """Make the process, or note why that can't be done."""
        try:
            self._start()
        except StartError as error:
            self._give_up(f"did not start: {error} {self.last_words()}".strip())

    def tick(self) -> bool:
        """Look after the server; returns whether its state changed."""
        before = self.state.status
        if self._child is None:
            self._start_when_due()
        elif (code := self._child.poll()) is not None:
            self._on_end(code)
        elif self.state.status is ServerStatus.STARTING and self._answers():
            self._become(ServerStatus.UP)
            self.was_up = True
        return self.state.status is not before

    def hang_up(self) -> None:
        """Tell the server to read its configuration again, once it is up: not sooner, since
        a process that has no handler yet would end."""
        if self._child and self.state.status is ServerStatus.UP:
            self._child.send(signal.SIGHUP)

    def end(self) -> None:
        """Ask the server to end; gone() tells when it has."""
        self._become(ServerStatus.STOPPED)
        if self._child:
            self._child.end()

    def gone(self) -> bool:
        """Whether the process is no more."""
        if self._child and self._child.poll() is not None:
            self._forget_child()
        return self._child is None

    def kill(self) -> None:
        """End the process at once."""
        if self._child:
            self._child.kill()
            self._forget_child()

    def last_words(self) -> str:
        """The last line that the server wrote since its start; empty where there is none."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as file:
            file.seek(max(self._log_start, self._log.stat().st_size - 20_000))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:REASON_LIMIT]

    def _start(self) -> None:
        put_long_log_aside(self._log)
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        self._child = Child.start(
            self.server.command,
            environ={**os.environ, **self.server.environ},
            folder=self._layout.run,
            log=self._log,
            grace=self.server.grace,
        )
        self.state.pid = self._child.pid
        self.state.born = born(self._child.pid)
        self._become(ServerStatus.STARTING)

    def _answers(self) -> bool:
        http = Http(self.server.title, self.server.ready, timeout=PROBE_SECONDS)
        try:
            return http.get("").status == 200
        except ClientError:
            return False
        finally:
            http.close()

    def _start_when_due(self) -> None:
        if self.state.status is ServerStatus.RESTARTING and time.monotonic() >= self._due:
            self.state.restarts += 1
            self.start()

    def _on_end(self, code: int) -> None:
        self._forget_child()
        how = f"ended by itself ({_status_words(code)})"
        if not self.was_up:
            self._give_up(self._why_not_up(how))
            return
        now = time.monotonic()
        self._ends.append(now)
        recent = [end for end in self._ends if now - end < CRASH_WINDOW]
        if len(recent) > len(DELAYS):
            self._give_up(f"{how} {len(recent)} times within {exact(CRASH_WINDOW)} s")
            return
        delay = DELAYS[len(recent) - 1]
        self._due = now + delay
        self._become(ServerStatus.RESTARTING, how)
        self._notify(self.server.name, f"{self.server.subject} {how}; it starts again.")

    def _why_not_up(self, how: str) -> str:
        """Its own sentence, where it said in one why it can't start; else its last words."""
        words = self.last_words()
        sentence = words.removeprefix(f"{self.server.name}: ")
        if sentence != words:
            return f"can't start. {sentence.rstrip('.')}"
        return ": ".join(filter(None, (how, words.rstrip("."))))

    def _give_up(self, why: str) -> None:
        self._become(ServerStatus.FAILED, why)
        if self.was_up or self.server.optional:  # else the whole start fails, and says so
            self._notify(self.server.name, f"{self.server.subject} {why}.")

    def _forget_child(self) -> None:
        self._child = None
        self.state.pid, self.state.born = None, ""

    def _become(self, status: ServerStatus, detail: str = "") -> None:
        self.state.status, self.state.detail = status, detail
        self.state.since = time.time()


def _status_words(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def put_long_log_aside(log: Path) -> None:
    """Begin a new log when the old one is long; one old one is kept."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))
