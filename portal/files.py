"""Files that are written whole or not at all, also where the machine or the process dies."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from portal.errors import SLOLabError

PRIVATE, FOR_ALL = 0o600, 0o644
DRAFT = ".new"
FORGOTTEN_AFTER_SECONDS = 60.0


def write_whole(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Put the text in the file's place, as UTF-8 on the disk; until then it holds what it held.

    Raises OSError, or UnicodeError where the text is none that can be kept.
    """
    with contextlib.ExitStack() as stack:
        draft = _drafted(path, text, mode)
        stack.callback(draft.unlink, missing_ok=True)
        draft.replace(path)
        _keep(path.parent)


def write_once(path: Path, text: str) -> None:
    """The same, unless the file is there: of two who write at once one wins."""
    draft = _drafted(path, text, PRIVATE)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _keep(path.parent)


def hand_out(path: Path, text: str) -> None:
    """Write what somebody asked for where they asked for it; raises SLOLabError."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe
            path.write_bytes(text.encode())
        else:
            write_whole(path.resolve(), text, _mode_of(path))
    except OSError as error:
        raise SLOLabError(f"{path} can't be written: {error.strerror}.") from error


def _drafted(path: Path, text: str, mode: int) -> Path:
    """The text beside its place, on the disk, under a name that nobody else has or reads."""
    _sweep(path)
    content = text.encode()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}{DRAFT}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _sweep(path: Path) -> None:
    """Remove the drafts of those who died while they wrote."""
    for draft in path.parent.glob(f".{path.name}.*{DRAFT}"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > FORGOTTEN_AFTER_SECONDS:
                draft.unlink()


def _keep(folder: Path) -> None:
    """Have the folder's new entry on the disk; some file systems know no such wish."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _mode_of(path: Path) -> int:
    """The mode of the file that is there, or what a new one gets."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
