from __future__ import annotations

from pathlib import Path

import pytest

from stack.state import EVENTS_KEPT, ServerState, ServerStatus, State, read_state


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = State()
    state.servers["portal"] = ServerState(
        "portal", "portal", ServerStatus.UP, "http://x", 1.0, pid=7
    )
    state.add_event("portal", "It came up.")
    state.write(path)
    assert read_state(path) == state
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    assert read_state(path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 2}', '{"version": 1}'])
def test_a_file_that_cannot_be_read_is_no_state(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert read_state(path) is None


def test_only_the_last_events_are_kept() -> None:
    state = State()
    for number in range(EVENTS_KEPT + 10):
        state.add_event("portal", str(number))
    assert len(state.events) == EVENTS_KEPT
    assert state.events[-1].text == str(EVENTS_KEPT + 9)
