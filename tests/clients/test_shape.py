"""JSON of somebody else's never surprises."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients import shape
from portal.clients.errors import plain
from portal.clients.prometheus import TargetHealth

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(ANYTHING)
def test_readers_take_anything(value: object) -> None:
    assert isinstance(shape.record(value), dict)
    assert all(isinstance(item, dict) for item in shape.records(value))
    assert isinstance(shape.text(value), str)
    assert all(isinstance(item, str) for item in shape.texts(value))
    assert all(isinstance(item, str) for item in shape.labels(value).values())
    assert shape.moment(value) is None or isinstance(shape.moment(value), datetime)
    assert shape.numeral(value) is None or isinstance(value, str)
    assert shape.member(TargetHealth, value, TargetHealth.UNKNOWN) in TargetHealth
    shape.number(value)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        shape.decode_json(body)


@pytest.mark.parametrize(
    "body", [b"NaN", b"[Infinity]", b"1e999", b"-1e999", b"1" + b"0" * 50, b"[" * 200_000, b""]
)
def test_what_python_would_take_but_json_is_not(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        shape.decode_json(body)


def test_truth_is_no_number() -> None:
    assert shape.number(True) is None
    assert shape.number(3) == 3.0


@pytest.mark.parametrize("body", [10**400, -(10**400)])
def test_an_integer_beyond_floats_is_no_number(body: int) -> None:
    assert shape.number(body) is None


def test_moments() -> None:
    nanoseconds = shape.moment("2026-11-22T19:45:44.741592015Z")
    assert nanoseconds == datetime(2026, 11, 22, 19, 45, 44, 741592, UTC)
    assert shape.moment("0001-01-01T00:00:00Z") is None
    assert shape.moment("yesterday") is None
    assert shape.moment("2026-11-22T19:45:44").tzinfo is UTC  # type: ignore[union-attr]


def test_a_plain_text_is_one_printable_line() -> None:
    assert plain("a\r\n\x1b[1mb\u202ec\ud800\x9b") == "a [1mb c"
    assert plain("x" * 301) == "x" * 299 + "…"
    assert plain(None) == "None"


@given(st.text())
def test_a_plain_text_is_never_longer_than_its_limit(text: str) -> None:
    assert len(plain(text, 20)) <= 20
    assert "\n" not in plain(text)
