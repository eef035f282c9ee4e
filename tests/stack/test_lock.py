from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stack.lock import AlreadyRunningError, Lock, PortalAliveError, PortalLock, is_held


def test_only_one_has_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(path):
        assert is_held(path)
        with pytest.raises(AlreadyRunningError, match=rf"already runs \(process {os.getpid()}\)"):
            Lock(path).take()
    assert not is_held(path)
    with Lock(path):
        pass


def test_its_holder_is_the_one_that_has_it_now(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("1234567890 and more\n")
    with Lock(path):
        assert path.read_text() == f"{os.getpid()}\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_writes_a_lock_or_reads_who_uses_the_folder(tmp_path: Path) -> None:
    os.umask(0)
    root = tmp_path / "data"
    shared = PortalLock(root / "run" / "portals")
    shared.share()
    with Lock(root / "run" / "lock"), PortalLock(root / "alone").alone():
        assert mode(root / "run" / "lock") == 0o644
        assert mode(root / "alone") == 0o600
    assert mode(root / "run" / "portals") == 0o600
    assert (mode(root), mode(root / "run")) == (0o700, 0o700)
    shared.release()


def test_a_lock_that_was_never_taken_is_not_held(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")


def test_portals_share_it_and_nobody_has_it_alone_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "run" / "portals"
    one, two = PortalLock(path), PortalLock(path)
    one.share()
    two.share()
    two.release()
    with pytest.raises(PortalAliveError) as refused, PortalLock(path).alone("Do that."):
        pass
    assert str(refused.value).endswith("nothing was changed. Do that.")
    assert "(process" not in str(refused.value)  # it is this one itself
    one.release()
    with PortalLock(path).alone():
        pass


def test_no_portal_begins_while_somebody_has_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "portals"
    with PortalLock(path).alone(), pytest.raises(PortalAliveError, match="being deleted"):
        PortalLock(path).share()
    PortalLock(path).share()


def test_a_command_that_shares_it_can_have_it_alone(tmp_path: Path) -> None:
    lock = PortalLock(tmp_path / "portals")
    lock.share()
    with lock.alone():
        pass


def test_a_portal_in_another_process_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run" / "portals"
    script = (
        "import pathlib, stack.lock;"
        f"stack.lock.PortalLock(pathlib.Path({str(path)!r})).share();"
        "print(flush=True); input()"
    )
    command = [sys.executable, "-P", "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(PortalAliveError) as refused, PortalLock(path).alone():
            pass
        assert f"(process {other.pid})" in str(refused.value)
        other.communicate()
    with PortalLock(path).alone():
        pass


def test_a_folder_that_can_not_be_written_keeps_no_portal_from_starting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    PortalLock(tmp_path / "file" / "run" / "portals").share()
