"""Further matchers on every selector, and on nothing else."""

from __future__ import annotations

import pytest

from portal.promql.narrowing import Narrowing, narrowed
from portal.promql.nodes import Matcher, MatchOp, selectors
from portal.promql.parser import ParseError, parse

MORE = (Matcher("path", MatchOp.EQUAL, "/"), Matcher("job", MatchOp.NOT_MATCHES, 'a"b'))


@pytest.mark.parametrize(
    ("expr", "count"),
    [
        ("a", 1),
        ('rate(a{b="c"}[5m] offset 1h) / on (x) group_left sum by (x) (d)', 2),
        ("quantile(scalar(a), b)", 2),
        ("max_over_time((-a)[1h:5m])", 1),
        ("1 + time()", 0),
    ],
)
def test_every_selector_is_limited(expr: str, count: int) -> None:
    before, after = parse(expr), parse(narrowed(expr, Narrowing(MORE)))
    found = list(selectors(after))
    assert len(found) == count
    assert all(one.matchers[-2:] == MORE for one in found)
    assert [one.name for one in selectors(before)] == [one.name for one in found]
    assert [one.range_s for one in selectors(before)] == [one.range_s for one in found]


def test_without_matchers_nothing_is_read() -> None:
    assert narrowed("sum(rate(", Narrowing()) == "sum(rate("


@pytest.mark.parametrize("expr", ["sum(rate(", "a @ end()"])
def test_what_cannot_be_written_again_is_refused(expr: str) -> None:
    with pytest.raises((ParseError, ValueError)):
        narrowed(expr, Narrowing(MORE))


@pytest.mark.parametrize(
    ("expr", "grouped"),
    [
        ("sum(x)", "sum by (path, job) (x)"),
        ("sum by () (x)", "sum by (path, job) (x)"),
        ("sum by (job) (x)", "sum by (job, path) (x)"),
        ("sum without (le) (x)", "sum without (le, path, job) (x)"),
        ("topk(3, max(x))", "topk by (path, job) (3, max by (path, job) (x))"),
        ("rate(x[5m]) / y", "rate(x[5m]) / y"),
    ],
)
def test_every_aggregation_is_split_by_more_labels(expr: str, grouped: str) -> None:
    more = Narrowing(labels=("path", "job"))
    assert parse(narrowed(expr, more)) == parse(grouped)
