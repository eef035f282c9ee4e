"""``docs/slo-arithmetic.md`` says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.numbers import exact_percent
from portal.slo.rules import rule_groups
from portal.slo.scale import TARGETS, fleet
from portal.slo.windows import AlertPair, Window, alert_pairs
from portal.tie import TieCode
from tests.tie.cases import AVAILABILITY

DOCS = (Path(__file__).parents[2] / "docs" / "slo-arithmetic.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("pair", [pair for w in Window for pair in alert_pairs(w)], ids=str)
def test_every_pair_stands_in_the_table(pair: AlertPair) -> None:
    cells = (
        pair.period, f"{pair.long}/{pair.short}", f"{pair.budget_percent:g} %",
        f"{pair.factor:.4g}", pair.severity,
    )  # fmt: skip
    assert f"| {' | '.join(cells)} |" in DOCS


def test_every_code_stands_in_the_table_in_its_order() -> None:
    places = [DOCS.index(f"\n| `{code}` |") for code in TieCode]
    assert places == sorted(places)


def test_every_record_is_named() -> None:
    for group in rule_groups(AVAILABILITY):
        for rule in group.rules:
            record = getattr(rule, "record", "slo:sli_error:ratio_rate")
            assert record.partition("ratio_rate")[0] in DOCS


def test_every_request_class_stands_in_the_table() -> None:
    for request_class, targets in TARGETS.items():
        shown = exact_percent(targets.availability) if targets.availability else "–"
        assert f"| {request_class} | {shown} |" in DOCS


def test_the_numbers_of_the_template_are_right() -> None:
    found = fleet(200)
    assert f"people choose {found.shared_numbers} numbers" in DOCS
    assert f"200 services have {found.tuned_numbers:,}" in DOCS
