"""Strings and comments are told from syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.promql.text import filled, nesting, operators, pieces, unquoted


@given(st.text())
def test_no_character_is_lost(text: str) -> None:
    assert "".join(piece for _, piece in pieces(text)) == text


@pytest.mark.parametrize(
    ("text", "depth"),
    [("x", 0), ("((x))", 2), ("sum(rate(x[5m]))", 3), ('x{a="((("}', 1), ("x # (((", 0)],
)
def test_nesting_counts_brackets_outside_strings(text: str, depth: int) -> None:
    assert nesting(text) == depth


@pytest.mark.parametrize(
    ("text", "count"),
    [("a + b", 1), ('a{x="1+1",y!="2"} / b', 1), ("a and b or c", 2), ("x", 0)],
)
def test_operators_are_counted_outside_strings(text: str, count: int) -> None:
    assert operators(text) == count


def test_strings_become_names_and_comments_go() -> None:
    text = 'x{a=`5\\d"`} + "b" # "c"'
    bare, strings = unquoted(text)
    assert bare == 'x{a="§0"} + "§1"  '
    assert strings == ['`5\\d"`', '"b"']


@given(st.text())
def test_names_become_the_strings_they_stand_for(text: str) -> None:
    plain = text.replace("#", "").replace("§", "")
    assert filled(*unquoted(plain)) == plain


def test_a_name_that_nobody_gave_stays() -> None:
    assert filled("§7", ["a"]) == "§7"
