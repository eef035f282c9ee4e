"""Every sentence with numbers in it, over many numbers; and every sentence of the catalogues."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.alerts.nearness import NEEDS, Nearness, ValueUnit
from portal.bursts.profiles import PRESETS
from portal.features import CRITERIA
from portal.impact.comparison import Statement, compare
from portal.kit.database_fault import _SENTENCES as DATABASE_FAULTS
from portal.live.reading import ReadingState, SLIReading
from portal.numbers import about
from portal.promql.findings import ADVICE, REASONS
from portal.promql.statuses import ALL, spoken_with
from portal.slo.objective import _REASONS as OBJECTIVES
from portal.slo.objective import SLO, SLIKind
from portal.slo.planner import (
    PlannedBurst,
    WindowCounts,
    needs_arithmetic,
    never_fires_because,
    plan,
)
from portal.slo.windows import Window, alert_pairs
from portal.steps.catalog import load
from portal.tie.conditions import ErrorRatio, EventSource, Tail, said, settled
from portal.tie.judgement import by_limit
from portal.workbench.turns import OF_SEVERAL
from portal.workbench.units import UNITS
from tests.language import complaints

AMOUNTS = st.integers(0, 10**7) | st.floats(0, 1e7)
RATIOS = st.floats(0, 1) | st.sampled_from([0.0, 1e-7, 0.00001, 0.5, 0.99999, 1.0])
OBJECTIVES_TYPED = st.sampled_from([0.1, 0.5, 0.9, 0.99, 0.995, 0.9999, 0.99999, 0.99999999])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
AT = datetime(2026, 3, 1, tzinfo=UTC)


@given(AMOUNTS, RATIOS, RATIOS, RATIOS, st.floats(0, 500), st.sampled_from([25.0, 300.0, 2.6e6]))
def test_the_planners_sentence(
    requests: float, failed: float, limit: float, errors: float, rate: float, window_s: float
) -> None:
    held = WindowCounts(requests, requests * failed, window_s)
    sentence = plan(limit, held, PlannedBurst(rate, errors)).sentence
    assert complaints(sentence) == []


@given(OBJECTIVES_TYPED, AMOUNTS, st.sampled_from(Window))
def test_what_an_objective_means(objective: float, total: float, window: Window) -> None:
    slo = SLO("a", SLIKind.AVAILABILITY, objective, window)
    assert complaints(needs_arithmetic(slo, total) or "") == []
    for pair in alert_pairs(window):
        assert complaints(never_fires_because(slo, pair) or "") == []


@given(OBJECTIVES_TYPED, st.floats(0, 2))
def test_what_an_alert_is_worth(objective: float, limit: float) -> None:
    slo = SLO("a", SLIKind.AVAILABILITY, objective)
    found = by_limit(limit, slo)
    assert complaints(f"{found.reason} {found.advice}") == []


@given(NUMBERS, st.sampled_from([">", ">=", "<", "<=", "==", "!="]))
def test_a_condition(limit: float, op: str) -> None:
    ratio = ErrorRatio(None, EventSource(), op, limit)  # type: ignore[arg-type]
    told = settled(ratio)
    assert complaints(getattr(told, "why", "") or said(told)) == []
    assert complaints(said(Tail(0.95, EventSource(), op, limit))) == []


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_impact_beside_the_record(stated: float, failed: float, slow: float, hurt: float) -> None:
    for one in compare(Statement(stated, stated, stated, ""), failed, slow, hurt):
        assert complaints(one.words) == []


def test_twelve_hundred_too_many_are_written_out() -> None:
    first, *_ = compare(Statement(1349, 0, 0, ""), 149, 0, 0)
    assert first.words == "failed requests: you said 1,349, measured 149 (1,200 too many)"


@given(AMOUNTS, RATIOS)
def test_what_the_live_readout_says(total: float, share: float) -> None:
    reading = SLIReading(ReadingState.OK, AT, total=total, failed=total * share, traffic=total / 60)
    assert complaints(reading.failed_words) == []
    assert complaints(" ".join(reading.pace)) == []


@pytest.mark.parametrize(
    ("total", "failed", "words"),
    [
        (1.04, 0.0, "None of about 1 request failed"),
        (1.04, 1.04, "About 1 of 1 request failed"),
        (655.2, 131.0, "About 130 of 660 requests failed"),
    ],
)
def test_about_one_request_is_one(total: float, failed: float, words: str) -> None:
    assert SLIReading(ReadingState.OK, AT, total=total, failed=failed).failed_words == words


@pytest.mark.parametrize(
    ("traffic", "pace"),
    [
        (20.04, ("20", "requests/s")),
        (12.34, ("12.3", "requests/s")),
        (1 / 60, ("1", "requests/min")),
    ],
)
def test_rare_traffic_is_told_by_the_minute(traffic: float, pace: tuple[str, str]) -> None:
    assert SLIReading(ReadingState.OK, AT, traffic=traffic).pace == pace


@given(NUMBERS, NUMBERS, st.sampled_from([*NEEDS]), st.sampled_from(ValueUnit))
def test_how_near_an_alert_is(value: float, limit: float, op: str, unit: ValueUnit) -> None:
    assert complaints(Nearness(value, op, limit, unit, 90).words) == []


@given(NUMBERS, st.sampled_from([*UNITS.values()]))
def test_the_value_of_a_panel(value: float, unit: object) -> None:
    assert complaints(unit.write(value)) == []  # type: ignore[attr-defined]


@given(st.frozensets(st.sampled_from(sorted(ALL)), max_size=8))
def test_statuses(statuses: frozenset[int]) -> None:
    words = spoken_with(statuses, "counts", "count")
    assert complaints(words) == []
    several = " and " in words.split(" but ")[0] or ", " in words.split(" but ")[0]
    assert words.endswith(" count") is (several or words.count("xx") > 1)


@given(AMOUNTS)
def test_a_count_is_whole_to_so_many_digits(events: float) -> None:
    assert math.isclose(about(events), events, rel_tol=0.0051, abs_tol=0.51)


def catalogues() -> Iterator[str]:
    """Every sentence that stands ready somewhere."""
    yield from (*REASONS.values(), *ADVICE.values(), *OBJECTIVES.values(), *OF_SEVERAL.values())
    yield from (preset.summary for preset in PRESETS.values())
    yield from (criterion.title for criterion in CRITERIA)
    yield from (" ".join(texts) for texts in DATABASE_FAULTS.values())
    for step in load():
        yield from (step.title, step.summary)


@pytest.mark.parametrize("sentence", sorted(set(catalogues())))
def test_the_catalogues(sentence: str) -> None:
    assert complaints(sentence) == []
