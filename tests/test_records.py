"""What JSON keeps is read back with its declared types, or not at all."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.bursts.server_view import ServerView
from portal.criteria.base import Status, Verdict, VerdictLine, Where
from portal.objectives.forecast import Forecast
from portal.records import RecordError, read_record
from portal.reflections.facts import Evidence
from stack.state import State


class Kind(StrEnum):
    """Two kinds."""

    ONE = "one"
    OTHER = "other"


@dataclass(frozen=True)
class Part:
    """A part."""

    at: datetime
    value: float | None = None


@dataclass(frozen=True)
class Whole:
    """All sorts of fields."""

    kind: Kind
    parts: tuple[Part, ...] = ()
    named: dict[str, float] = field(default_factory=dict)


KEPT: dict[str, Any] = {
    "kind": "other",
    "parts": [{"at": "2026-03-01T12:00:00+00:00", "value": 1}],
    "named": {"p95": 0.2},
}


def test_every_part_has_its_type_again() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read_record(Whole, KEPT) == Whole(Kind.OTHER, (Part(at, 1.0),), {"p95": 0.2})


def test_another_version_has_more_fields_or_fewer() -> None:
    assert read_record(Whole, {"kind": "one", "new": [1]}) == Whole(Kind.ONE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "third"},
        {"parts": None},
        {"parts": [{"value": 1}]},
        {"parts": [{"at": "yesterday"}]},
        {"named": {"p95": "fast"}},
        {"named": [1]},
    ],
)
def test_what_is_of_another_type_cannot_be_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="No Whole can be read: "):
        read_record(Whole, {**KEPT, **wrong})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("kind", [Evidence, Forecast, ServerView, Verdict, State])
@settings(max_examples=30)
@given(kept=JSON)
def test_no_cell_does_more_than_not_to_be_read(kind: type, kept: Any) -> None:
    with contextlib.suppress(RecordError):
        assert isinstance(read_record(kind, kept), kind)


def test_a_verdict_survives_the_database() -> None:
    verdict = Verdict(
        Status.NOT_MET, "code", "Headline", "seen", "needed", Where("there", "/x"),
        lines=(VerdictLine(Status.MET, "a line"),), memory={"seen": "a"},
    )  # fmt: skip
    assert read_record(Verdict, json.loads(json.dumps(asdict(verdict)))) == verdict
