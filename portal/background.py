"""The one owner of what runs beside the requests: named threads, each with a word, and an end.

Whoever makes it ends it: ``create_app`` makes one for an app, ``portal.wsgi`` and the tests stop
it. Nothing is started after that, and work that lasts looks at ``stopping``.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import ParamSpec, TypeVar

from portal.deadline import carried

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """Something that is under way: the thread's name, what it does, since when (monotonic s)."""

    thread: str
    what: str
    since: float


class Pool:
    """A few threads of one name that take turns at short work."""

    def __init__(self, background: Background, name: str, workers: int) -> None:
        self._background = background
        self.workers = workers
        self.threads = ThreadPoolExecutor(workers, name)

    def submit(
        self, what: str, work: Callable[P, T], *args: P.args, **named: P.kwargs
    ) -> Future[T]:
        """Do the work soon; a future that is cancelled already once the background was stopped."""

        def told() -> T:
            with self._background.task(what):
                return work(*args, **named)

        try:
            return self.threads.submit(told)
        except RuntimeError:  # stopped
            late: Future[T] = Future()
            late.cancel()
            return late

    def side_by_side(self, what: str, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do them all and wait: what each returned, under the deadline of who waits.

        What no thread of the pool has begun is done right here, so that works may themselves have
        others done side by side. What one raises is raised here, and what was not begun is left.
        """
        asked = [(self.submit(what, carried(work)), work) for work in works]
        try:
            own = {future: work() for future, work in reversed(asked) if future.cancel()}
            return [own[one] if one in own else one.result() for one, _ in asked]
        finally:
            for future, _ in asked:
                future.cancel()


class Background:
    """The threads of one app."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``monotonic`` returns seconds."""
        self.stopping = threading.Event()
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._pools: list[Pool] = []
        self._tasks: dict[int, Task] = {}
        self._numbers = count()

    def start(self, name: str, what: str, work: Callable[[], None]) -> bool:
        """Do the work in a thread of its own; False, and nothing begun, after ``stop``."""

        def told() -> None:
            with self.task(what):
                work()

        with self._guard:
            if self.stopping.is_set():
                return False
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=told, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return True

    def repeat(self, name: str, what: str, seconds: float, work: Callable[[], None]) -> bool:
        """Do the work every so many seconds until ``stop``; what it raises is logged."""

        def again() -> None:
            while not self.stopping.wait(seconds):
                try:
                    work()
                except Exception:
                    log.exception("background work failed", extra={"task": name})

        return self.start(name, what, again)

    def pool(self, name: str, workers: int) -> Pool:
        """Threads for short work, ended with the rest."""
        pool = Pool(self, name, workers)
        with self._guard:
            self._pools.append(pool)
        return pool

    @contextmanager
    def task(self, what: str) -> Iterator[None]:
        """Say what this thread does meanwhile."""
        number = next(self._numbers)
        self._tasks[number] = Task(threading.current_thread().name, what, self._monotonic())
        try:
            yield
        finally:
            del self._tasks[number]

    @property
    def tasks(self) -> list[Task]:
        """What is under way, the oldest first."""
        return sorted(self._tasks.copy().values(), key=lambda task: task.since)

    def age(self, task: Task) -> float:
        """Seconds since the task began."""
        return self._monotonic() - task.since

    def stop(self, seconds: float = 10.0) -> list[str]:
        """Begin nothing more, cancel what waits, and give what runs so many seconds to end.

        The names of the threads that are still there.
        """
        self.stopping.set()
        with self._guard:
            threads, pools = list(self._threads), list(self._pools)
        for pool in pools:
            pool.threads.shutdown(wait=False, cancel_futures=True)
        threads += [thread for pool in pools for thread in pool.threads._threads]
        end = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return [thread.name for thread in threads if thread.is_alive()]
