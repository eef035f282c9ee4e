"""What an alert on an SLO's SLI needs, in limits and windows."""

from __future__ import annotations

import pytest

from portal.promql.context import RecordingRule
from portal.slo.objective import SLO
from portal.tie.needs import Need, needs
from tests.tie.cases import AVAILABILITY, LATENCY, expanded

LONG = expanded("RATIO > 0.03").replace("[1m]", "[5m]")


@pytest.mark.parametrize(
    ("written", "slo", "needed"),
    [
        ("RATIO > 0.03", AVAILABILITY, [(0.03, 60)]),
        ("GOOD / ALL < 0.97", AVAILABILITY, [(0.03, 60)]),
        (f"RATIO > 0.06 and {LONG}", AVAILABILITY, [(0.06, 60), (0.03, 300)]),
        ("RATIO > 0.03 and ALL > 0", AVAILABILITY, [(0.03, 60)]),
        ("histogram_quantile(0.95, BUCKETS) > 0.3", LATENCY, [(0.05, 60)]),
    ],
)
def test_each_limit_is_told_with_the_time_that_it_is_counted_over(
    written: str, slo: SLO, needed: list[tuple[float, float]]
) -> None:
    found = needs(expanded(written), slo)
    assert sorted((round(need.limit, 9), need.window_s) for need in found) == sorted(needed)


def test_recording_rules_are_followed() -> None:
    records = [RecordingRule("ratio", expanded("RATIO"))]
    assert needs("ratio > 0.03", AVAILABILITY, records) == (Need(0.03, 60.0),)


@pytest.mark.parametrize("written", ["RATIO > 0.03 or RATIO > 0.9", "up == 0", "RATIO >", "42"])
def test_what_cannot_be_told_in_such_numbers_is_not(written: str) -> None:
    assert needs(expanded(written), AVAILABILITY) == ()
