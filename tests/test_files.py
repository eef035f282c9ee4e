"""Files are written whole or not at all, for whom they are meant."""

from __future__ import annotations

import ast
import os
import re
import stat
import threading
import time
from pathlib import Path

import pytest

from portal import files
from portal.errors import SLOLabError
from portal.files import FOR_ALL, hand_out, write_once, write_whole

ROOT = Path(__file__).parent.parent


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_for_its_owner_unless_it_is_for_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "own", "ä\n")
    write_whole(tmp_path / "open", "b", FOR_ALL)
    assert (tmp_path / "own").read_text(encoding="utf-8") == "ä\n"
    assert (mode_of(tmp_path / "own"), mode_of(tmp_path / "open")) == (0o600, 0o644)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_what_fails_leaves_the_file_as_it_was_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "file"
    write_whole(path, "before")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if call == "fsync" else Path, call, fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "after")
    assert path.read_text() == "before"
    assert names(tmp_path) == ["file"]


def test_who_is_interrupted_while_writing_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    for write in (write_whole, write_once):
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "file", "text")
    assert names(tmp_path) == []


def test_a_text_that_cannot_be_kept_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "before")
    with pytest.raises(UnicodeError):
        write_whole(path, "\ud800")
    assert path.read_text() == "before"


def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the disk from now on, in order; of a file with its size and mode."""
    calls: list[str] = []
    fsync, replace, link = os.fsync, Path.replace, os.link

    def noted_fsync(descriptor: int) -> None:
        there = os.fstat(descriptor)
        a_file = f"{there.st_size} bytes {stat.S_IMODE(there.st_mode):o}"
        calls.append("folder" if stat.S_ISDIR(there.st_mode) else a_file)
        fsync(descriptor)

    def noted_replace(path: Path, target: Path) -> Path:
        calls.append("replace")
        return replace(path, target)

    def noted_link(path: Path, target: Path) -> None:
        calls.append("link")
        link(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "link", noted_link)
    monkeypatch.setattr(Path, "replace", noted_replace)
    return calls


def test_the_text_is_on_the_disk_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = noted(monkeypatch)
    write_whole(tmp_path / "file", "text", FOR_ALL)
    assert calls == ["4 bytes 644", "replace", "folder"]


def test_a_secret_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = noted(monkeypatch)
    write_once(tmp_path / "secret", "text")
    assert calls == ["4 bytes 600", "link", "folder"]


def test_a_draft_is_its_owners_from_the_first_byte_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    opened = os.fdopen

    def noted_open(descriptor: int, mode: str) -> object:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return opened(descriptor, mode)

    monkeypatch.setattr(os, "fdopen", noted_open)
    os.umask(0)
    write_whole(tmp_path / "open", "text", FOR_ALL)
    write_once(tmp_path / "secret", "text")
    assert modes == [0o600, 0o600]


def test_who_reads_meanwhile_sees_one_text_or_the_other(tmp_path: Path) -> None:
    path, texts = tmp_path / "file", {"a" * 100_000, "b" * 100_000}
    write_whole(path, "a" * 100_000)
    done = threading.Event()

    def write_on() -> None:
        for number in range(40):
            write_whole(path, ("ab"[number % 2]) * 100_000)
        done.set()

    writers = [threading.Thread(target=write_on) for _ in range(2)]
    for writer in writers:
        writer.start()
    while not done.is_set():
        assert path.read_text() in texts
    for writer in writers:
        writer.join()
    assert names(tmp_path) == ["file"]


def test_of_two_who_write_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_once(path, "first")
    write_once(path, "second")
    assert (path.read_text(), mode_of(path)) == ("first", 0o600)
    assert names(tmp_path) == ["secret"]


def test_the_drafts_of_the_dead_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / ".file.1.aa.new", tmp_path / ".file.2.bb.new"
    for draft in (old, new):
        draft.write_text("half")
    long_ago = time.time() - files.FORGOTTEN_AFTER_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    write_whole(tmp_path / "file", "whole")
    assert names(tmp_path) == [".file.2.bb.new", "file"]


def test_prometheus_reads_no_draft(tmp_path: Path) -> None:
    assert not Path(".learner-1.rules.yml.77.ab.new").match("*.y*ml")


class TestHandOut:
    def test_a_new_file_has_the_mode_of_the_users_mask(self, tmp_path: Path) -> None:
        mask = os.umask(0o027)
        try:
            hand_out(tmp_path / "export.md", "text")
        finally:
            os.umask(mask)
        assert mode_of(tmp_path / "export.md") == 0o640

    def test_a_file_that_is_there_keeps_its_mode_and_its_link(self, tmp_path: Path) -> None:
        path, link = tmp_path / "export.md", tmp_path / "link.md"
        path.write_text("before")
        path.chmod(0o604)
        link.symlink_to(path)
        hand_out(link, "after")
        assert link.is_symlink()
        assert (path.read_text(), mode_of(path)) == ("after", 0o604)

    def test_a_device_is_written_to(self) -> None:
        hand_out(Path("/dev/null"), "text")
        assert Path("/dev/null").is_char_device()

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SLOLabError, match=r"nowhere/export.md can't be written: No such file"):
            hand_out(tmp_path / "nowhere" / "export.md", "text")


WRITERS = {
    "portal/files.py",
    "portal/clients/promtool.py",  # into a folder of its own that goes afterwards
    "portal/trial/engine.py",  # likewise
    "portal/copies/store.py",  # a database, by SQLite's own backup
    "stack/bootstrap.py",  # before there is a portal
    "stack/child.py",  # a log, which grows
    "stack/sources/fetch.py",  # a download, into a folder that takes its place as a whole
}


@pytest.mark.parametrize(
    "name",
    [
        name
        for top in ("portal", "stack")
        for path in sorted((ROOT / top).rglob("*.py"))
        if (name := str(path.relative_to(ROOT))) not in WRITERS
    ],
)
def test_files_are_written_in_one_place(name: str) -> None:
    text = (ROOT / name).read_text()
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not {"write_text", "write_bytes", "fsync"} & set(calls)
    assert not re.search(r"\bopen\([^)]*[\"'][wax]b?[\"']", text)
