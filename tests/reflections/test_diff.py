"""What changed between two texts."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reflections.diff import Change, Stretch, difference


def test_changed_words_are_marked_and_the_rest_is_not() -> None:
    assert difference("99 % is fine", "99.5 % is good") == [
        Stretch(Change.SAME, "99"),
        Stretch(Change.ADDED, ".5"),
        Stretch(Change.SAME, " % is "),
        Stretch(Change.REMOVED, "fine"),
        Stretch(Change.ADDED, "good"),
    ]


def test_equal_texts_are_one_stretch() -> None:
    assert difference("same", "same") == [Stretch(Change.SAME, "same")]


def test_two_empty_texts_have_no_stretch() -> None:
    assert difference("", "") == []


TEXT = st.text(alphabet="ab .\n\u00e9\u202e", max_size=80)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_from_the_difference(before: str, after: str) -> None:
    found = difference(before, after)
    assert "".join(s.text for s in found if s.change is not Change.ADDED) == before
    assert "".join(s.text for s in found if s.change is not Change.REMOVED) == after


def numbers(seed: int, separator: str) -> str:
    choose = random.Random(seed)
    return separator.join(str(choose.randrange(120)) for _ in range(20_000))[:50_000]


@pytest.mark.parametrize("separator", [" ", "\n"])
def test_the_hardest_texts_of_50_kb_are_compared_in_time(separator: str) -> None:
    start = time.monotonic()
    found = difference(numbers(1, separator), numbers(2, separator))
    assert time.monotonic() - start < 30
    assert "".join(s.text for s in found if s.change is not Change.ADDED) == numbers(1, separator)
