"""What a person may type as an objective, and what an SLO may hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.numbers import exact_percent
from portal.slo.objective import (
    SLO,
    ObjectiveError,
    ObjectiveFault,
    SLIKind,
    SLOError,
    error_budget,
    parse_objective,
    slug,
)


@pytest.mark.parametrize(
    ("typed", "ratio"),
    [
        ("99", 0.99),
        ("99.9 %", 0.999),
        ("0.99", 0.99),
        ("99,5", 0.995),
        (" 99.95% ", 0.9995),
        ("９９．９％", 0.999),
        ("99.9\N{NO-BREAK SPACE}%", 0.999),
        (".5", 0.5),
        ("0.5 %", 0.005),
        ("99.999", 0.99999),
        ("50", 0.5),
        ("99.", 0.99),
    ],
)
def test_an_objective_is_read_as_people_write_it(typed: str, ratio: float) -> None:
    assert parse_objective(typed) == ratio


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", ObjectiveFault.EMPTY),
        ("  ", ObjectiveFault.EMPTY),
        ("many nines", ObjectiveFault.NOT_A_NUMBER),
        ("nan", ObjectiveFault.NOT_A_NUMBER),
        ("inf", ObjectiveFault.NOT_A_NUMBER),
        ("99.9.9", ObjectiveFault.NOT_A_NUMBER),
        ("9e1", ObjectiveFault.NOT_A_NUMBER),
        ("99 % of them", ObjectiveFault.NOT_A_NUMBER),
        ("0", ObjectiveFault.ZERO),
        ("0.000 %", ObjectiveFault.ZERO),
        ("-0", ObjectiveFault.ZERO),
        ("-5", ObjectiveFault.NEGATIVE),
        ("1", ObjectiveFault.AMBIGUOUS),
        ("1.0", ObjectiveFault.AMBIGUOUS),
        ("100", ObjectiveFault.PERFECT),
        ("100 %", ObjectiveFault.PERFECT),
        ("100.0", ObjectiveFault.PERFECT),
        ("100.01", ObjectiveFault.ABOVE_100),
        ("999999", ObjectiveFault.ABOVE_100),
        ("99.9999999999", ObjectiveFault.TOO_FINE),
        ("0.99999999999999999999", ObjectiveFault.TOO_FINE),
    ],
)
def test_what_is_no_objective_is_refused_with_its_reason(typed: str, fault: ObjectiveFault) -> None:
    with pytest.raises(ObjectiveError) as refused:
        parse_objective(typed)
    assert refused.value.code is fault
    assert str(refused.value).endswith(".")


def test_one_percent_can_be_said_with_the_sign() -> None:
    assert parse_objective("1 %") == 0.01


def test_hundred_percent_is_refused_because_there_would_be_no_budget() -> None:
    with pytest.raises(ObjectiveError, match="no error budget"):
        parse_objective("100%")


@given(st.text(max_size=30))
def test_any_text_is_an_objective_or_refused(typed: str) -> None:
    try:
        ratio = parse_objective(typed)
    except ObjectiveError:
        return
    assert 0 < ratio < 1


@given(st.decimals(min_value="0.01", max_value="99.999", places=3))
def test_a_percentage_survives_being_shown_and_typed_again(percentage: Decimal) -> None:
    ratio = parse_objective(f"{percentage} %")
    assert parse_objective(exact_percent(ratio)) == ratio


@pytest.mark.parametrize(
    ("objective", "budget"), [(0.999, 0.001), (0.99, 0.01), (0.95, 0.05), (0.99999, 0.00001)]
)
def test_the_error_budget_has_no_float_dust(objective: float, budget: float) -> None:
    assert error_budget(objective) == budget


def test_a_latency_slo_needs_a_threshold() -> None:
    with pytest.raises(SLOError, match="threshold"):
        SLO("fast", SLIKind.LATENCY, 0.99)


def test_an_availability_slo_has_no_threshold() -> None:
    with pytest.raises(SLOError, match="no latency threshold"):
        SLO("up", SLIKind.AVAILABILITY, 0.99, threshold_s=0.3)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "ä", "a" * 64])
def test_a_name_that_openslo_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(SLOError, match="name"):
        SLO(name, SLIKind.AVAILABILITY, 0.99)


@pytest.mark.parametrize("job", ["", "a\nb", "{{ .Value }}"])
def test_a_job_that_would_break_a_rule_file_is_refused(job: str) -> None:
    with pytest.raises(SLOError, match="job"):
        SLO("a", SLIKind.AVAILABILITY, 0.99, job=job)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Checkout availability", "checkout-availability"),
        ("Zürich 99,9 %", "zurich-99-9"),
        ("!!!", "slo"),
        ("x" * 70, "x" * 63),
    ],
)
def test_a_slug_is_a_name_an_slo_may_have(name: str, label: str) -> None:
    assert slug(name) == label
    assert SLO(slug(name), SLIKind.AVAILABILITY, 0.99).name == label


@given(st.text(max_size=100))
def test_every_text_has_a_slug_that_can_be_a_name(name: str) -> None:
    assert SLO(slug(name), SLIKind.AVAILABILITY, 0.99)
