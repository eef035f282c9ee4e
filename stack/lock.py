"""One supervisor for one data folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
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
