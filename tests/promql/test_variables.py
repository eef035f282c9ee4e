"""Variables are filled in by where they stand."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.promql.parser import MAX_LENGTH
from portal.promql.variables import ALL, Times, Variable, substitute

VARIABLES = {
    variable.name: variable
    for variable in [
        Variable("job", ("flask-app",)),
        Variable("path", ("/", "/a.b"), multi=True),
        Variable("one", ("/a.b",), multi=True),
        Variable("all", (ALL,), ("/", "/search"), multi=True),
        Variable("allvalue", (ALL,), (), ".*", True),
        Variable("window", ("10m",), kind="interval"),
        Variable("auto", ("$__auto_interval_auto",), ("1m",), kind="interval"),
        Variable("q", ("0.95",)),
        Variable("labels", ("path", "method"), multi=True),
        Variable("empty"),
    ]
}


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ('x{job="$job"}', 'x{job="flask-app"}'),
        ('x{job="${job}"}', 'x{job="flask-app"}'),
        ('x{job="[[job]]"}', 'x{job="flask-app"}'),
        ('x{job="${job:regex}"}', 'x{job="flask-app"}'),
        ('x{path=~"$path"}', 'x{path=~"(/|/a\\\\.b)"}'),
        ('x{path=~"${path:pipe}"}', 'x{path=~"/|/a.b"}'),
        ('x{path=~"${path:csv}"}', 'x{path=~"/,/a.b"}'),
        ('x{path=~"$one"}', 'x{path=~"/a\\\\.b"}'),
        ('x{path=~"$all"}', 'x{path=~"(/|/search)"}'),
        ('x{path=~"$allvalue"}', 'x{path=~".*"}'),
        ("x{path=~`$path`}", r"x{path=~`(/|/a\.b)`}"),
        ("x{job=${job:doublequote}}", 'x{job="flask-app"}'),
        ("x{job=${job:singlequote}}", "x{job='flask-app'}"),
        ("x[$__rate_interval]", "x[20s]"),
        ("x[${__rate_interval}]", "x[20s]"),
        ("x[$__interval]", "x[15s]"),
        ("x[$__range]", "x[3600s]"),
        ("x[${__range_s}s]", "x[3600s]"),
        ("x[$window]", "x[10m]"),
        ("x[[[window]]]", "x[10m]"),
        ("x[$auto]", "x[300s]"),
        ("x[$unknown]", "x[300s]"),
        ("x[5m:$__interval]", "x[5m:15s]"),
        ("x offset $window", "x offset 10m"),
        ("histogram_quantile($q, x)", "histogram_quantile(0.95, x)"),
        ("sum by ($labels) (x)", "sum by (path, method) (x)"),
        ("sum by ($unknown) (x)", "sum by (unknown) (x)"),
        ('x{a="$unknown"}', 'x{a=~".+"}'),
        ('x{a=~"$unknown"}', 'x{a=~".+"}'),
        ('x{a!~"$unknown"}', 'x{a!~""}'),
        ('x{a="b-$unknown"}', 'x{a=~"b-.+"}'),
        ('x{a=~"$empty"}', 'x{a=~".+"}'),
        ('label_replace(x, "a", "$1", "b", "(.*)")', 'label_replace(x, "a", "$1", "b", "(.*)")'),
        ("x # $job", "x # $job"),
        ("$metric", "$metric"),
        ("no variables", "no variables"),
    ],
)
def test_a_variable_becomes_its_value(written: str, filled: str) -> None:
    assert substitute(written, VARIABLES).text == filled


def test_unknown_variables_are_named() -> None:
    assert substitute('x{a="$this"}[$that]').unknown == ("this", "that")


def test_the_rate_interval_follows_the_scrape_interval() -> None:
    assert Times(scrape_interval_s=15).rate_interval_s == 60
    assert Times(scrape_interval_s=5, interval_s=60).rate_interval_s == 65


@pytest.mark.parametrize("written", ["$v ", '"$v" '])
def test_what_is_far_too_long_is_filled_no_further(written: str) -> None:
    many = Variable("v", tuple(f"{number:040}" for number in range(100)), multi=True)
    began = time.thread_time()
    filled = substitute(written * 100_000, {"v": many}).text
    assert time.thread_time() - began < 2
    assert MAX_LENGTH < len(filled) < 3 * MAX_LENGTH


@given(st.text(), st.dictionaries(st.text(min_size=1), st.lists(st.text()), max_size=3))
def test_any_text_can_be_filled(text: str, values: dict[str, list[str]]) -> None:
    variables = {name: Variable(name, tuple(chosen)) for name, chosen in values.items()}
    assert isinstance(substitute(text, variables).text, str)
