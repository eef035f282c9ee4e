from __future__ import annotations

import os
from pathlib import Path

import pytest

from stack.lock import AlreadyRunningError, Lock, is_held


def test_only_one_has_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(path):
        assert is_held(path)
        with pytest.raises(AlreadyRunningError, match=rf"already runs \(process {os.getpid()}\)"):
            Lock(path).take()
    assert not is_held(path)
    with Lock(path):
        pass


def test_a_lock_that_was_never_taken_is_not_held(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
