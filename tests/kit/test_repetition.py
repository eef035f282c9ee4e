"""A traceback stands in the log once."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from portal.kit.observability import log_as_json


@pytest.fixture
def stderr() -> StringIO:
    return StringIO()


@pytest.fixture
def log(stderr: StringIO, monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """A log of the portal's own kind."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stderr)
    log_as_json("info")
    yield logging.getLogger("portal.test")
    root.handlers[:] = handlers
    root.setLevel(level)


def fail(log: logging.Logger, message: str, reason: str) -> None:
    try:
        raise ValueError(reason)
    except ValueError:
        log.exception(message)


def fail_elsewhere(log: logging.Logger, message: str) -> None:
    try:
        raise ValueError("elsewhere")
    except ValueError:
        log.exception(message)


def lines(stderr: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stderr.getvalue().splitlines()]


def test_the_same_failure_again_is_a_line_without_its_traceback(
    log: logging.Logger, stderr: StringIO
) -> None:
    for number in range(3):
        fail(log, "work failed", f"reason {number}")
    first, *others = lines(stderr)
    assert "Traceback" in str(first["exc_info"])
    assert [one["message"] for one in others] == ["work failed"] * 2
    assert [one.get("exc_info") for one in others] == [None, None]
    assert [one["error"] for one in others] == ["ValueError: reason 1", "ValueError: reason 2"]
    assert [one["times"] for one in others] == [2, 3]


def test_another_failure_has_a_traceback_of_its_own(log: logging.Logger, stderr: StringIO) -> None:
    fail(log, "work failed", "")
    fail(log, "other work failed", "")
    fail_elsewhere(log, "work failed")
    assert ["Traceback" in str(one["exc_info"]) for one in lines(stderr)] == [True] * 3
