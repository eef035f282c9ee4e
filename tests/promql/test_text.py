"""Strings and comments are told from syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.limits import QueryLimits
from portal.promql.text import filled, nesting, operators, pieces, too_complex, unquoted


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(" * 1500 + "up" + ")" * 1500, "nests brackets 1,500 deep; 2 are taken"),
        ("((up))", ""),
        ("abs((up[1m]))", "nests brackets 3 deep"),
        ("up + up - up", ""),
        ("- - -up", "has 3 operators; 2 are taken"),
        ("up or up unless up and up", "has 3 operators"),
        ("up{path=\"((((\", status=~'5+++'}", ""),
        ("up # ((( +++", ""),
    ],
)
def test_what_is_too_complex_is_told_by_what_there_is_too_much_of(text: str, words: str) -> None:
    found = too_complex(text, QueryLimits(nesting=2, operators=2))
    assert words in found
    assert bool(words) is bool(found)


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
