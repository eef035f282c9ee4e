"""How far expressions see, and what they read."""

from __future__ import annotations

import pytest

from portal.promql.context import RecordingRule
from portal.promql.parser import parse
from portal.trial.reach import reach

RULES = {
    "a:b": (RecordingRule("a:b", "sum(c:d) / sum(rate(total[10m]))"),),
    "c:d": (RecordingRule("c:d", "rate(bad[5m])"),),
    "loop": (RecordingRule("loop", "loop + a"),),
    "broken": (RecordingRule("broken", "sum("),),
}


@pytest.mark.parametrize(
    ("expr", "back", "longest", "shortest", "offset"),
    [
        ("a", 0, 0, 0, 0),
        ("rate(a[5m])", 300, 300, 300, 0),
        ("rate(a[5m]) / rate(b[1h])", 3600, 3600, 300, 0),
        ("rate(a[5m] offset 1h)", 300, 300, 300, 3600),
        ("rate(a[5m] offset 1h) / rate(b[5m])", 3900, 300, 300, 0),
        ("avg_over_time(rate(a[5m])[1h:1m])", 3600 + 60 + 300, 3600, 300, 0),
        ("avg_over_time(rate(a[5m])[1h:1m] offset 1d)", 3600 + 60 + 300, 3600, 300, 86400),
        ("a:b", 600, 600, 300, 0),
        ("avg_over_time(a:b[1h])", 4200, 3600, 300, 0),
    ],
)
def test_windows_and_offsets(
    expr: str, back: float, longest: float, shortest: float, offset: float
) -> None:
    found = reach(parse(expr), RULES)
    assert (found.back_s, found.longest_s, found.shortest_s, found.offset_s) == (
        *(back, longest, shortest, offset),
    )


def test_rules_come_after_those_they_rest_on() -> None:
    assert [rule.name for rule in reach(parse("a:b"), RULES).rules] == ["c:d", "a:b"]
    assert {"a:b", "c:d", "bad", "total"} <= reach(parse("a:b"), RULES).metrics


def test_a_rule_that_leads_back_to_itself_ends() -> None:
    assert [rule.name for rule in reach(parse("loop"), RULES).rules] == ["loop"]


def test_a_rule_that_nobody_can_read_is_said() -> None:
    assert reach(parse("broken"), RULES).unreadable
    assert not reach(parse("a:b"), RULES).unreadable


def test_labels_functions_and_fixed_moments() -> None:
    expr = 'sum by (x) (label_replace(a{y="1"} @ start(), "z", "", "w", ""))'
    found = reach(parse(expr), {})
    assert {"x", "y", "z", "w"} <= found.named
    assert found.made == {"z"}
    assert {"sum", "label_replace"} <= found.functions
    assert any("Start" in at for at in found.fixed)


@pytest.mark.parametrize(
    ("expr", "filtered"), [("a > 1", True), ("a > bool 1", False), ("1 - (a > 1)", False)]
)
def test_a_comparison_around_it_all(expr: str, filtered: bool) -> None:
    assert reach(parse(expr), {}).filtered is filtered
