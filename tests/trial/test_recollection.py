"""What was tried is remembered, as much as fits and as long as it holds."""

from __future__ import annotations

import pytest

from portal.trial.recollection import Recollection


def test_what_is_kept_is_recalled() -> None:
    memory: Recollection[int] = Recollection(2)
    assert memory.recall("a") is None
    memory.keep("a", 1)
    assert memory.recall("a") == 1


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    memory: Recollection[int] = Recollection(2)
    memory.keep("a", 1)
    memory.keep("b", 2)
    memory.recall("a")
    memory.keep("c", 3)
    assert [memory.recall(key) for key in "abc"] == [1, None, 3]


def test_what_holds_for_a_while_is_forgotten_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("portal.trial.recollection.time.monotonic", lambda: now[0])
    memory: Recollection[int] = Recollection(2)
    memory.keep("a", 1, seconds=60)
    assert memory.recall("a") == 1
    now[0] += 61
    assert memory.recall("a") is None
