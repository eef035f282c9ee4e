"""What an answer may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reflections.questions import (
    MAX_BYTES,
    QUESTIONS,
    find_question,
    is_answered,
    is_too_long,
    normalised,
)


def test_the_four_questions_are_those_of_the_lab_text() -> None:
    assert [(q.id, q.text) for q in QUESTIONS] == [
        ("slis", "What were your SLIs?"),
        ("slos", "What SLOs did you choose and why?"),
        ("scale", "How could this scale to multiple services?"),
        ("struggle", "What did you struggle with?"),
    ]


def test_an_unknown_question_is_none() -> None:
    assert find_question("why") is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("nul \x00 here", "nul \ufffd here"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("\ud83d\ude00", "\U0001f600"),
        ("  tabs\tand spaces stay  ", "  tabs\tand spaces stay  "),
        ("العربية עברית \u202e 日本語 👩‍🔬", "العربية עברית \u202e 日本語 👩‍🔬"),
    ],
)
def test_a_text_is_kept_as_typed_but_for_line_ends_and_what_no_database_holds(
    typed: str, kept: str
) -> None:
    assert normalised(typed) == kept


@given(st.text())
def test_a_normalised_text_is_not_changed_again(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    assert "\x00" not in once


def test_the_limit_counts_bytes_of_utf_8() -> None:
    assert not is_too_long("x" * MAX_BYTES)
    assert is_too_long("x" * (MAX_BYTES + 1))
    assert not is_too_long("é" * (MAX_BYTES // 2))
    assert is_too_long("é" * (MAX_BYTES // 2) + "x")


def test_an_answer_needs_twenty_characters_without_the_space_around_them() -> None:
    assert is_answered(" " * 9 + "x" * 20 + "\n")
    assert not is_answered(" " * 30 + "x" * 19)
