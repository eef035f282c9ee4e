"""The lines between portal and engine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.bursts.messages import Message, MessageError, MessageKind, Mode, Part, Spec

SPEC = Spec(
    target="http://localhost:8000",
    mode=Mode.OPEN,
    rate=20,
    duration_seconds=30,
    mix=(Part("/", 6), Part("/search", 3)),
)
MESSAGE = Message(
    kind=MessageKind.PROGRESS,
    at=1_700_000_000.5,
    elapsed_seconds=3.0,
    scheduled=600,
    sent=60,
    good=45,
    failed={"500": 10, "timeout": 5},
    slow=2,
    p50=0.01,
    by_status={"200": 45, "500": 10},
)


def test_a_spec_comes_back_as_it_was() -> None:
    assert Spec.parse(SPEC.dump()) == SPEC


def test_a_message_comes_back_as_it_was() -> None:
    assert Message.parse(MESSAGE.dump()) == MESSAGE


def test_a_line_is_one_line_with_version_and_type() -> None:
    line = MESSAGE.dump()
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert json.loads(line)["v"] == 1
    assert json.loads(line)["type"] == "progress"


def test_the_error_ratio_is_failed_over_ended() -> None:
    assert MESSAGE.failed_total == 15
    assert MESSAGE.error_ratio == 0.25
    assert json.loads(MESSAGE.dump())["error_ratio"] == 0.25
    assert Message(kind=MessageKind.STARTED, at=0.0).error_ratio is None


@pytest.mark.parametrize("kind", MessageKind)
def test_only_the_last_three_kinds_end_a_burst(kind: MessageKind) -> None:
    ends = kind in {MessageKind.FINISHED, MessageKind.STOPPED, MessageKind.FAILED}
    assert Message(kind=kind, at=0.0).is_last is ends


@pytest.mark.parametrize(
    ("rate", "seconds", "scheduled"),
    [(10, 60, 600), (0.5, 10, 5), (0.7, 10, 7), (500, 600, 300_000)],
)
def test_a_schedule_holds_rate_times_duration(rate: float, seconds: float, scheduled: int) -> None:
    spec = Spec(target="", mode=Mode.OPEN, rate=rate, duration_seconds=seconds, mix=(Part("/"),))
    assert spec.scheduled == scheduled
    assert replace(spec, max_requests=3).scheduled == min(scheduled, 3)


def test_a_closed_loop_has_no_schedule() -> None:
    closed = Spec.parse(SPEC.dump().replace('"open"', '"closed"'))
    assert closed.scheduled is None


@pytest.mark.parametrize("parse", [Spec.parse, Message.parse], ids=["spec", "message"])
@pytest.mark.parametrize("line", ["", "\n", "hello", "7", "[]", "null", '{"v": 1', "[" * 9999])
def test_garbage_is_a_clear_error(parse: Any, line: str) -> None:
    with pytest.raises(MessageError, match="no message of a burst"):
        parse(line)


@pytest.mark.parametrize("parse", [Spec.parse, Message.parse], ids=["spec", "message"])
@pytest.mark.parametrize("version", ["", '"v": 2,', '"v": "1",'])
def test_an_unknown_version_is_a_clear_error(parse: Any, version: str) -> None:
    with pytest.raises(MessageError, match="version"):
        parse(f'{{{version} "type": "started"}}')


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rate": 501}, "rate"),
        ({"rate": 1e9}, "rate"),
        ({"rate": 0}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": "20"}, "rate"),
        ({"rate": True}, "rate"),
        ({"duration_seconds": 601}, "duration_seconds"),
        ({"duration_seconds": -1}, "duration_seconds"),
        ({"timeout_seconds": 31}, "timeout_seconds"),
        ({"max_requests": 0}, "max_requests"),
        ({"mode": "sideways"}, "mode"),
        ({"target": None}, "target"),
        ({"mix": []}, "mix"),
        ({"mix": ["/"]}, "mix"),
        ({"mix": [{"path": "/"}] * 21}, "mix"),
        ({"mix": [{"weight": 1}]}, "path"),
        ({"mix": [{"path": "http://example.com/"}]}, "path"),
        ({"mix": [{"path": "/a b"}]}, "path"),
        ({"mix": [{"path": "/a\r\nHost: b"}]}, "path"),
        ({"mix": [{"path": "/ä"}]}, "path"),
        ({"mix": [{"path": "/", "weight": 0}]}, "weight"),
        ({"mix": [{"path": "/", "method": "PUT"}]}, "method"),
    ],
)
def test_a_spec_beyond_the_limits_is_refused(change: dict[str, Any], named: str) -> None:
    line = json.dumps({**json.loads(SPEC.dump()), **change})
    with pytest.raises(MessageError, match=named):
        Spec.parse(line)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "exploded"},
        {"type": None},
        {"sent": "many"},
        {"sent": 1.5},
        {"failed": []},
        {"failed": {"500": "x"}},
        {"p50": "fast"},
        {"at": None},
    ],
)
def test_a_message_of_the_wrong_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        Message.parse(json.dumps({**json.loads(MESSAGE.dump()), **change}))


@pytest.mark.parametrize("name", ["target", "mode", "rate", "duration_seconds", "mix"])
def test_a_spec_that_lacks_something_is_refused(name: str) -> None:
    content = json.loads(SPEC.dump())
    del content[name]
    with pytest.raises(MessageError):
        Spec.parse(json.dumps(content))


def test_what_a_newer_engine_adds_is_ignored() -> None:
    line = json.dumps({**json.loads(MESSAGE.dump()), "mood": "good"})
    assert Message.parse(line) == MESSAGE


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_line_raises_anything_else(line: str) -> None:
    with pytest.raises(MessageError):
        Message.parse(line)
