"""One supervisor for one data folder; and nobody who empties it while a portal is alive."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from portal.errors import SLOLabError


class AlreadyRunningError(SLOLabError):
    """Another supervisor holds the data folder."""


class Lock:
    """A lock that the system takes back when its process ends, in whatever way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Lock:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lock and note our process id in it; raises AlreadyRunningError."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            self.release()
            raise AlreadyRunningError(_sentence(self._path, holder)) from error
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class PortalAliveError(SLOLabError):
    """A portal, or a command of one, is at work on the data folder."""


class PortalLock:
    """What every portal shares while it is alive, whoever started it; who empties has it alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def share(self) -> None:
        """Say that we are alive; raises PortalAliveError while somebody empties the folder.

        A folder that can't be written is none that could be emptied.
        """
        with contextlib.suppress(OSError):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o600)
        if self._descriptor >= 0 and not self._take(fcntl.LOCK_SH):
            self.release()
            raise PortalAliveError(
                f"The data in {self._root} is being deleted or put back just now; try again when "
                "that is done."
            )

    @contextlib.contextmanager
    def alone(self, instead: str = "") -> Iterator[None]:
        """Within, no portal is alive but the one that shared this very lock, and none begins.

        Raises PortalAliveError, whose sentence ends with what can be done ``instead``.
        """
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o600)
        try:
            if not self._take(fcntl.LOCK_EX):
                raise PortalAliveError(" ".join(filter(None, (self._refusal(), instead))))
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def _root(self) -> Path:
        return self._path.parent.parent

    def _take(self, how: int) -> bool:
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _refusal(self) -> str:
        found = [pid for pid in holders(self._path) if pid != os.getpid()]
        who = f" (process {', '.join(map(str, found))})" if found else ""
        return (
            f"A portal or a command of the lab{who} is at work on the data in {self._root}. "
            "Stop it first, then do this again; nothing was changed."
        )


def holders(path: Path) -> list[int]:
    """The processes that hold a lock on the file, as far as the system tells (Linux does)."""
    with contextlib.suppress(OSError, ValueError):
        inode = path.stat().st_ino
        lines = [line.split() for line in Path("/proc/locks").read_text("ascii").splitlines()]
        found = {int(words[4]) for words in lines if words[5].endswith(f":{inode}")}
        return sorted(pid for pid in found if pid > 0)
    return []


def is_held(path: Path) -> bool:
    """Whether a supervisor runs on the data folder of this lock file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _sentence(path: Path, holder: str) -> str:
    who = f" (process {holder})" if holder else ""
    return (
        f"The lab already runs{who} on the data folder {path.parent.parent}; use that one, "
        "stop it with Ctrl-C where it runs, or set SLO_LAB_DATA_DIR to another folder."
    )
