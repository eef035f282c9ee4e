"""Copies of a SQLite database: whole, two of them, and put back without losing what was there."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from portal.config import Settings
from portal.copies.store import Copy, CopyError, copies, database_path, is_lost, keep_copy, put_back

HOUR = 3600


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "slo-lab.db"
    write(path, "one")
    return path


def write(path: Path, word: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS word (word)")
        connection.execute("INSERT INTO word VALUES (?)", (word,))
        connection.commit()


def words(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM word")]


def age(copy: Copy, seconds: float) -> None:
    """Let it be so much older."""
    at = copy.path.stat().st_mtime - seconds
    os.utime(copy.path, (at, at))


def numbers(database: Path) -> list[int]:
    return [copy.number for copy in copies(database)]


def test_a_copy_holds_what_is_only_in_the_log_yet(database: Path) -> None:
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("SELECT * FROM word").fetchall()
        write(database, "two")
        assert database.with_name("slo-lab.db-wal").stat().st_size > 0
        keep_copy(database)
    (copy,) = copies(database)
    assert words(copy.path) == ["one", "two"]
    assert copy.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in copy.path.parent.iterdir()] == [
        "copy-1.db",
        *(f"copy-1.db{end}" for end in ("-wal", "-shm") if Path(f"{copy.path}{end}").exists()),
    ]


def test_a_copy_is_its_owners_and_on_the_disk_before_it_has_its_name(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one that is put back."""
    calls: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def noted_fsync(descriptor: int) -> None:
        calls.append(f"{stat.S_IMODE(os.fstat(descriptor).st_mode):o}")
        fsync(descriptor)

    def noted_rename(path: Path, target: Path) -> Path:
        if path.suffix == ".new":
            calls.append(target.name)
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    os.umask(0)
    keep_copy(database)
    put_back(database, copies(database)[0])
    assert calls == ["600", "copy-1.db", "600", "slo-lab.db"]
    assert stat.S_IMODE((database.parent / "copies").stat().st_mode) == 0o700


def test_an_unchanged_database_is_not_copied_again(database: Path) -> None:
    keep_copy(database)
    keep_copy(database)
    assert numbers(database) == [1]


def test_two_are_kept(database: Path) -> None:
    for word in ("two", "three", "four"):
        for copy in copies(database):
            age(copy, 2 * HOUR)
        write(database, word)
        keep_copy(database)
    assert numbers(database) == [3, 2]


def test_starts_in_a_row_do_not_push_out_the_copy_from_before_them(database: Path) -> None:
    keep_copy(database)
    age(copies(database)[0], 2 * HOUR)
    for word in ("two", "three", "four"):
        write(database, word)
        keep_copy(database)
    assert numbers(database) == [4, 1]


def test_a_copy_that_can_not_be_made_leaves_nothing(database: Path) -> None:
    database.write_bytes(b"This is no database. " * 500)
    with pytest.raises(CopyError, match="No copy of"):
        keep_copy(database)
    assert list((database.parent / "copies").iterdir()) == []


def test_a_copy_is_put_back_and_what_was_there_is_set_aside(database: Path) -> None:
    keep_copy(database)
    with closing(sqlite3.connect(database)) as reader:  # its log stays, as after a kill
        reader.execute("SELECT * FROM word").fetchall()
        write(database, "two")
        aside = put_back(database, copies(database)[0])
    assert aside is not None
    assert words(database) == ["one"]
    assert words(aside) == ["one", "two"]
    write(database, "three")
    assert put_back(database, copies(database)[0]) == aside
    assert words(aside) == ["one", "three"]


def test_no_log_of_before_is_read_into_a_database_that_is_another_one(database: Path) -> None:
    keep_copy(database)
    with closing(sqlite3.connect(database)) as reader:  # its log stays, as after a kill
        reader.execute("SELECT * FROM word").fetchall()
        write(database, "two")
        aside = put_back(database, copies(database)[0])
        assert aside is not None
        assert aside.with_name(f"{aside.name}-wal").exists()
        assert not database.with_name(f"{database.name}-shm").exists()
    put_back(database, copies(database)[0])
    assert not aside.with_name(f"{aside.name}-wal").exists()
    assert words(aside) == ["one"]


def test_a_damaged_copy_is_not_put_back(database: Path) -> None:
    keep_copy(database)
    (copy,) = copies(database)
    copy.path.write_bytes(copy.path.read_bytes()[:5000])
    with pytest.raises(CopyError, match="can't be put back"):
        put_back(database, copy)
    assert words(database) == ["one"]


def test_a_database_that_is_gone_is_lost_only_where_there_are_copies(database: Path) -> None:
    keep_copy(database)
    assert not is_lost(database)
    database.write_bytes(b"")
    assert is_lost(database)
    database.unlink()
    assert is_lost(database)
    assert put_back(database, copies(database)[0]) is None
    assert words(database) == ["one"]
    assert not is_lost(database.with_name("another.db").parent / "nowhere" / "slo-lab.db")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "slo-lab.db"),
        ("sqlite:////srv/lab.db", "lab.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://u:p@h/n", None),
        ("nonsense", None),
    ],
)
def test_only_a_file_of_sqlite_has_copies(tmp_path: Path, url: str, name: str | None) -> None:
    found = database_path(Settings(data_dir=tmp_path, database_url=url))
    assert (found.name if found else None) == name
