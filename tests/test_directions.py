"""A text that turns the direction around keeps that to itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.directions import ANY_TURN, enclosed, visible

TURNS = st.text(alphabet="ab \u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("plain \u05d0", ""),
        ("\u202eevil", "\u202c"),
        ("\u202eevil\u202c", ""),
        ("\u202e\u2067evil", "\u2069\u202c"),
        ("\u2067\u202eevil\u2069", ""),
        ("\u2067\u202eevil\u202c", "\u2069"),
        ("\u202e\u2067\u202c", "\u2069\u202c"),
        ("\u202c\u2069", ""),
    ],
)
def test_what_a_text_leaves_open_is_ended_behind_it(text: str, ends: str) -> None:
    """By the rules of UAX #9: the end of an isolate ends the embeddings within it."""
    assert enclosed(text) == text + ends


@given(TURNS)
def test_a_text_is_kept_and_nothing_of_it_reaches_further(text: str) -> None:
    once = enclosed(text)
    assert once.startswith(text)
    assert enclosed(once) == once


@given(TURNS)
def test_what_is_shown_turns_nothing_around(text: str) -> None:
    assert ANY_TURN.search(visible(text)) is None
    assert visible("a\u202e") == "a[U+202E]"
