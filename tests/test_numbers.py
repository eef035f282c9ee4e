"""Numbers as people read them, and as programs read them back."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.numbers import (
    DUST,
    about,
    count,
    exact,
    exact_percent,
    limit_percent,
    number,
    percent,
    plain,
    promql_number,
    quantile_name,
    read_number,
    signed,
)
from portal.promql.nodes import Negation, Number
from portal.promql.parser import parse
from tests.language import complaints

ANY = st.floats()
FINITE = st.floats(allow_nan=False, allow_infinity=False)
EVERYDAY = st.floats(1e-9, 1e14) | st.floats(-1e14, -1e-9)


def value_of(text: str) -> float:
    """What a person takes the text for."""
    return float(text.removesuffix(" %").replace(",", "").replace("−", "-"))


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.0, 4, "0"),
        (-0.0, 4, "0"),
        (1200.0, 4, "1,200"),
        (1234567.8, 4, "1,234,568"),
        (14.4, 4, "14.4"),
        (0.01444, 3, "0.0144"),
        (0.00001, 4, "0.00001"),
        (999.96, 4, "1,000"),
        (-0.5, 4, "−0.5"),
        (7.5e8, 4, "750,000,000"),
        (1e300, 4, "1 × 10³⁰⁰"),
        (-2.5e-12, 4, "−2.5 × 10⁻¹²"),
        (math.inf, 4, "+Inf"),
        (-math.inf, 4, "−Inf"),
        (math.nan, 4, "NaN"),
    ],
)
def test_numbers(value: float, digits: int, shown: str) -> None:
    assert number(value, digits) == shown


@given(ANY, st.integers(1, 12))
def test_no_number_has_an_exponent_or_a_hyphen(value: float, digits: int) -> None:
    shown = number(value, digits)
    assert complaints(shown) == []
    assert "-" not in shown


@given(EVERYDAY, st.integers(1, 12))
def test_a_number_is_off_by_its_last_digit_at_most(value: float, digits: int) -> None:
    assert value_of(number(value, digits)) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


@given(EVERYDAY.filter(lambda value: abs(value) >= 1000))
def test_thousands_are_set_apart(value: float) -> None:
    assert re.fullmatch(r"−?\d{1,3}(,\d{3})+", number(value))


@pytest.mark.parametrize(
    ("value", "shown"), [(0.3, "0.3"), (0.005, "0.005"), (250000, "250,000"), (1e-05, "0.00001")]
)
def test_bounds_and_settings_keep_their_digits(value: float, shown: str) -> None:
    assert exact(value) == shown


def test_the_dust_of_arithmetic_is_no_digit_of_a_setting() -> None:
    assert exact(0.1 + 0.2) == "0.3"


@pytest.mark.parametrize(
    ("value", "shown"), [(29, "+29"), (-3.5, "−3.5"), (0, "0"), (1200, "+1,200")]
)
def test_differences_have_a_sign(value: float, shown: str) -> None:
    assert signed(value) == shown


def test_counts_are_whole() -> None:
    assert (count(12345.4), count(1), count(0.4)) == ("12,345", "1", "0")
    assert (about(4948.6), about(655.2, 2), about(0.4)) == (4950, 660, 0)


@pytest.mark.parametrize(
    ("ratio", "digits", "shown"),
    [
        (1.0, 2, "100 %"),
        (0.99999, 2, "99.999 %"),
        (0.9996, 0, "99.96 %"),
        (0.9987, 2, "99.87 %"),
        (0.804, 2, "80.4 %"),
        (0.1, 2, "10 %"),
        (0.0004, 0, "0.04 %"),
        (0.0, 2, "0 %"),
        (-0.00001, 2, "−0.001 %"),
        (-11.4, 0, "−1,140 %"),
        (1.0, 0, "100 %"),
        (0.999, 0, "99.9 %"),
        (2.118, 2, "211.8 %"),
        (1.0004, 0, "100 %"),
        (0.9999999999999998, 2, "100 %"),
        (1e-17, 2, "0 %"),
        (math.nan, 2, "NaN"),
    ],
)
def test_percent(ratio: float, digits: int, shown: str) -> None:
    assert percent(ratio, digits) == shown


@given(st.floats(DUST, 1 - DUST, exclude_min=True, exclude_max=True), st.integers(0, 4))
@example(0.9996, 0)
@example(0.0004, 0)
def test_what_is_not_all_or_nothing_is_not_shown_as_it(ratio: float, digits: int) -> None:
    assert 0 < value_of(percent(ratio, digits)) < 100


@given(st.floats(-20, 20), st.integers(0, 4))
def test_a_percentage_is_off_by_half_a_digit_at_most(ratio: float, digits: int) -> None:
    shown = percent(ratio, digits)
    assert complaints(shown) == []
    assert value_of(shown) == pytest.approx(ratio * 100, abs=0.501 * 10**-digits)


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(0.144, "14.4 %"), (0.0000144, "0.00144 %"), (0.99999, "99.999 %"), (7.2, "720 %")],
)
def test_limits_keep_their_digits_however_small(ratio: float, shown: str) -> None:
    assert limit_percent(ratio) == shown


@given(st.floats(1e-6, 0.99))
def test_a_limit_is_told_to_four_digits(ratio: float) -> None:
    assert value_of(limit_percent(ratio)) == pytest.approx(ratio * 100, rel=0.51e-3)


def test_a_promise_keeps_each_of_its_nines() -> None:
    assert exact_percent(0.99999999) == "99.999999 %"
    assert exact_percent(0.29) == "29 %"


@pytest.mark.parametrize(
    ("phi", "name"), [(0.5, "p50"), (0.29, "p29"), (0.999, "p99.9"), (0.9999, "p99.99")]
)
def test_quantiles_have_the_name_that_people_use(phi: float, name: str) -> None:
    assert quantile_name(phi) == name


@given(FINITE)
def test_what_stands_in_a_form_reads_back_as_it_was(value: float) -> None:
    assert re.fullmatch(r"-?\d+(\.\d+)?", plain(value))
    assert float(plain(value)) == value


@given(ANY)
@example(1e-07)
@example(1e300)
@example(-math.inf)
@example(5e-324)
def test_prometheus_reads_back_the_number_that_was_written(value: float) -> None:
    read = parse(promql_number(value))
    if isinstance(read, Negation):
        assert isinstance(read.expr, Number)
        read = Number(-read.expr.value)
    assert isinstance(read, Number)
    assert read.value == value or (math.isnan(value) and math.isnan(read.value))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("20", 20.0),
        (" 0,5 ", 0.5),
        (".5", 0.5),
        ("1,200", 1200.0),
        ("1,234,567.5", 1234567.5),
        ("0,125", 0.125),
        ("12,5", 12.5),
        ("−3", -3.0),
    ],
)
def test_what_a_person_typed_is_read(typed: str, value: float) -> None:
    assert read_number(typed) == value


@pytest.mark.parametrize(
    "typed", ["", "x", "nan", "inf", "1e5", "1_000", "1,2,3", "0x10", "٣", "1 200", "-", ","]
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


@given(EVERYDAY)
def test_what_a_page_shows_can_be_typed_again(value: float) -> None:
    assert read_number(plain(value)) == value
    assert read_number(count(value)) == round(value)
