"""Regular expressions are read as Prometheus reads them."""

from __future__ import annotations

import pytest

from portal.promql.patterns import compiled, fully_matches


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("5..", {"500"}),
        ("500|a", {"500", "a"}),
        ("[[:digit:]]+", {"500", "5000", "200"}),
        ("[[:^digit:]]+", {"a", "a\nb"}),
        ("a.b", {"a\nb"}),
        (r"\pN+", {"500", "5000", "200"}),
        ("(?i)A", {"a"}),
        ("a$", {"a"}),
        (r"a\z", {"a"}),
        ("", set()),
    ],
)
def test_a_pattern_matches_as_a_whole(pattern: str, matched: set[str]) -> None:
    found = fully_matches(pattern, ["500", "5000", "200", "a", "a\nb"])
    assert found is not None
    assert set(found) == matched


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"\1", "a{1001}", r"\pL{1000}", "\ud800"])
def test_what_re2_refuses_is_unknown(pattern: str) -> None:
    assert compiled(pattern) is None
    assert fully_matches(pattern, ["a"]) is None


@pytest.mark.parametrize("pattern", ["(a*)*(a*)*(a*)*(a*)*b", "(a|aa)+b", "(x+x+)+y"])
def test_what_would_be_endless_by_backtracking_is_answered(pattern: str) -> None:
    assert fully_matches(pattern, ["a" * 2000, "x" * 2000]) == frozenset()
