"""The copies beside a SQLite database: made whole or not at all, two of them kept."""

from __future__ import annotations

import contextlib
import filecmp
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.config import Settings
from portal.errors import SLOLabError
from portal.kit.database_file import path_of

KEPT = 2
APART = timedelta(hours=1)
NAME = re.compile(r"copy-(\d+)\.db")
ASIDE = "before-restore"


class CopyError(SLOLabError):
    """A copy can't be made, or can't be put back."""


@dataclass(frozen=True)
class Copy:
    """A copy of the database; the highest number is the newest."""

    number: int
    path: Path
    made_at: datetime
    size: int
    """Bytes."""


def database_path(settings: Settings) -> Path | None:
    """The file of the database; None where it is no SQLite file."""
    with contextlib.suppress(ArgumentError):
        return path_of(make_url(settings.sqlalchemy_url))
    return None


def copies(database: Path) -> list[Copy]:
    """The copies of a database, the newest first."""
    folder = _folder(database)
    found = [_copy(path) for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(filter(None, found), key=lambda copy: copy.number, reverse=True)


def is_lost(database: Path) -> bool:
    """Whether the database is gone, though it was there once: it has copies."""
    there = database.exists() and database.stat().st_size > 0
    return not there and bool(copies(database))


def keep_copy(database: Path) -> None:
    """Add a copy, unless the newest one is the same; raises CopyError.

    Two are kept, the older one an hour older than the newer one where it can be: a portal that
    is started again and again must not push out every copy from before it was.
    """
    known = copies(database)
    try:
        with _draft(_folder(database)) as draft:
            _back_up(database, draft)
            if known and filecmp.cmp(draft, known[0].path, shallow=False):
                return
            number = known[0].number + 1 if known else 1
            draft.rename(draft.with_name(f"copy-{number}.db"))
    except (OSError, sqlite3.Error) as error:
        raise CopyError(f"No copy of {database} could be made ({error}).") from error
    _thin_out(copies(database))


def put_back(database: Path, copy: Copy) -> Path | None:
    """Make the copy the database. Nobody may have it open. Raises CopyError.

    What was there is set aside: its new path, None where nothing was.
    """
    aside = database.with_name(f"{database.name}.{ASIDE}")
    try:
        with _draft(database.parent) as draft:
            shutil.copyfile(copy.path, draft)
            _check(draft)
            was_there = database.exists()
            _move_aside(database, aside)
            draft.rename(database)
    except (OSError, sqlite3.Error) as error:
        raise CopyError(f"{copy.path} can't be put back ({error}).") from error
    return aside if was_there else None


def _folder(database: Path) -> Path:
    return database.parent / "copies"


def _copy(path: Path) -> Copy | None:
    named = NAME.fullmatch(path.name)
    if not named:
        return None
    status = path.stat()
    made_at = datetime.fromtimestamp(status.st_mtime, UTC)
    return Copy(int(named[1]), path, made_at, status.st_size)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A file for the owner alone, gone afterwards unless it was renamed."""
    folder.mkdir(exist_ok=True, mode=0o700)
    draft = folder / f".copy-{os.getpid()}.new"
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        yield draft
    finally:
        for left in (draft, *(draft.with_name(draft.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)


def _back_up(database: Path, draft: Path) -> None:
    """SQLite's own backup: whole, whatever is written meanwhile."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(draft)) as target:
        source.backup(target)
    _to_disk(draft)


def _check(draft: Path) -> None:
    with closing(sqlite3.connect(draft)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(str(said))
    _to_disk(draft)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _move_aside(database: Path, aside: Path) -> None:
    """The database with its log, in which its last changes may be."""
    for end in ("-wal", "-shm"):
        aside.with_name(aside.name + end).unlink(missing_ok=True)
    for end in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + end).rename(aside.with_name(aside.name + end))
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)


def _thin_out(known: list[Copy]) -> None:
    while len(known) > KEPT:
        newest, second = known[:2]
        is_near = timedelta(0) <= newest.made_at - second.made_at < APART
        known.pop(1 if is_near else -1).path.unlink(missing_ok=True)
