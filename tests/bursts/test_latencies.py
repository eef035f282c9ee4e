"""Latencies in slots: quantiles, sums and shares in bounded memory."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.bursts.latencies import (
    COARSE_SLOTS,
    SLOTS,
    Latencies,
    coarse_slot_of,
    coarse_upper_end,
    slot_of,
    upper_end,
)

DURATIONS = st.lists(st.floats(1e-5, 60.0), min_size=1, max_size=200)


def counted(seconds: list[float]) -> Latencies:
    latencies = Latencies()
    for value in seconds:
        latencies.add(value)
    return latencies


@given(DURATIONS, st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_percentile_is_within_half_a_percent_of_the_truth(
    seconds: list[float], share: float
) -> None:
    truth = sorted(seconds)[max(1, math.ceil(share * len(seconds))) - 1]
    (told,) = counted(seconds).quantiles(share)
    assert told is not None
    assert truth * 0.999999 <= told <= truth * 1.00501


def test_nothing_measured_has_no_percentiles_and_no_mean() -> None:
    assert Latencies().quantiles(0.5, 0.99) == [None, None]
    assert Latencies().mean is None


@pytest.mark.parametrize("seconds", [0.0, -0.001, 1e-9, 1e6])
def test_durations_beyond_the_scale_are_counted_all_the_same(seconds: float) -> None:
    assert 0 <= slot_of(seconds) < SLOTS
    assert 0 <= coarse_slot_of(seconds) < COARSE_SLOTS
    assert counted([seconds]).quantiles(0.5) != [None]


@given(st.floats(1e-5, 60.0))
def test_a_slot_holds_what_it_counts(seconds: float) -> None:
    assert seconds <= upper_end(slot_of(seconds)) * 1.000001
    assert seconds > upper_end(slot_of(seconds) - 1) * 0.999999 or slot_of(seconds) == 0
    wide = coarse_slot_of(seconds)
    assert seconds <= coarse_upper_end(wide) * 1.000001
    assert wide == 0 or seconds > coarse_upper_end(wide - 1) * 0.999999


@given(DURATIONS)
def test_slots_tell_the_same_again(seconds: list[float]) -> None:
    first = counted(seconds)
    again = Latencies(first.filled(), first.total, max(seconds))
    assert again.count == len(seconds)
    assert again.total == pytest.approx(sum(seconds))
    assert again.mean == pytest.approx(sum(seconds) / len(seconds))
    assert again.quantiles(0.5, 0.99, 1.0) == first.quantiles(0.5, 0.99, 1.0)


@given(DURATIONS, st.sampled_from([0.01, 0.1, 0.3, 0.5, 1.0, 5.0]))
def test_the_number_within_a_threshold_is_off_by_half_a_percent_at_most(
    seconds: list[float], threshold: float
) -> None:
    within = counted(seconds).within(threshold)
    at_least = sum(value <= threshold / 1.006 for value in seconds)
    at_most = sum(value <= threshold * 1.000001 for value in seconds)
    assert at_least <= within <= at_most
