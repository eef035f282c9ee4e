"""How many series an expression gives, whatever series there are."""

from __future__ import annotations

import pytest

from portal.promql.nodes import gives_one_series
from portal.promql.parser import parse


@pytest.mark.parametrize(
    ("expr", "is_one"),
    [
        ("1", True),
        ("sum(a)", True),
        ("sum(a) / sum(b)", True),
        ("1 - sum(rate(a[5m])) / sum(rate(b[5m]))", True),
        ("sum by () (a)", True),
        ("avg_over_time(sum(a)[5m:])", True),
        ("-sum(a)", True),
        ("topk(3, sum(a))", True),
        ("sum(sum by (path) (a))", True),
        ("scalar(a)", True),
        ("a", False),
        ("rate(a[5m])", False),
        ("sum by (path) (a)", False),
        ("sum without (path) (a)", False),
        ("sum(a) / b", False),
        ("topk(3, a)", False),
        ('count_values("v", a)', False),
        ("avg_over_time(a[5m:])", False),
    ],
)
def test_one_series_is_told_from_several(expr: str, is_one: bool) -> None:
    assert gives_one_series(parse(expr)) is is_one
