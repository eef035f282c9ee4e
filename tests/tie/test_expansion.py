"""Recording rules that read each other many times are not followed for ever."""

from __future__ import annotations

import time

import pytest

from portal.promql.context import RecordingRule
from portal.promql.nodes import selectors
from portal.promql.parser import parse
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from portal.tie import AlertRule
from portal.tie.expansion import Expansion
from tests.patient import analyse

SHOP = SLO("shop", SLIKind.AVAILABILITY, 0.99, Window.LAB)


def sixteen(name: str) -> str:
    return "(" + " + ".join([name] * 16) + ")"


CHAIN = [RecordingRule(f"r{n}", sixteen(f"r{n + 1}"), {}) for n in range(7)]
BACK = [RecordingRule("r0", sixteen("r0"), {})]


def test_selectors_are_found_wherever_they_stand() -> None:
    tree = parse("-max_over_time(a[1m]) / sum(b > c) unless quantile_over_time(0.5, d[5m:1m])")
    assert [one.name for one in selectors(tree)] == ["a", "b", "c", "d"]


def test_a_rule_counts_as_often_as_it_is_read() -> None:
    rules = {"twice": [RecordingRule("twice", "a + b", {})]}
    assert Expansion(rules).size(parse("twice + twice + c")) == 7


@pytest.mark.parametrize("rules", [CHAIN, BACK], ids=["chain", "back"])
def test_rules_that_grow_beyond_reason_are_judged_at_once(rules: list[RecordingRule]) -> None:
    began = time.thread_time()
    finding = analyse(AlertRule("Grows", "r0 > 0.1"), [SHOP], rules)
    assert not finding.tied
    assert time.thread_time() - began < 5
