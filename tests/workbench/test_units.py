"""How a panel writes its values, and which unit fits what its query gives."""

from __future__ import annotations

import pytest

from portal.promql.classify import classify
from portal.promql.context import Context
from portal.workbench.units import NONE, UNITS, fitting_unit, unit_remark
from tests.fakes.boards import AVAILABILITY, P95


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("ratio", 0.99874, "99.87 %"),
        ("ratio", 0.999999, "99.9999 %"),
        ("ratio", -0.5, "−50 %"),
        ("percent", 99.5, "99.5 %"),
        ("seconds", 0.0143, "14 ms"),
        ("seconds", 1e300, "1 × 10³⁰⁰ seconds"),
        ("ratio", 1e300, "1 × 10³⁰⁰ %"),
        ("rate", 3.39938, "3.4 requests/s"),
        ("rate", 12345.6, "12,346 requests/s"),
        ("rate", 999.96, "1,000 requests/s"),
        ("none", -0.125, "−0.125"),
        ("none", 0.108108108, "0.1081"),
        ("none", 1234567.0, "1,234,567"),
        ("none", 1e300, "1 × 10³⁰⁰"),
    ],
)
def test_a_value_is_written_in_its_unit(unit: str, value: float, words: str) -> None:
    assert UNITS[unit].write(value) == words


@pytest.mark.parametrize(
    ("expr", "fits", "gives"),
    [
        (AVAILABILITY, "ratio", "a share from 0 to 1"),
        (f"100 * ({AVAILABILITY})", "percent", "a share from 0 to 100"),
        (P95, "seconds", "seconds"),
    ],
)
def test_a_unit_that_does_not_fit_is_remarked(expr: str, fits: str, gives: str) -> None:
    indicator = classify(expr, Context()).indicator
    assert unit_remark(indicator, fits) == ""
    assert unit_remark(indicator, "none") == ""
    assert unit_remark(indicator, "rate") == (
        f"The query gives {gives}, but the unit says requests/s."
    )


@pytest.mark.parametrize("expr", ["up", "sum(rate(http_requests_total[1m]))", f"1000 * {P95}"])
def test_of_other_queries_no_unit_is_known(expr: str) -> None:
    indicator = classify(expr, Context()).indicator
    assert unit_remark(indicator, "ratio") == ""
    assert fitting_unit(indicator) is NONE


def test_the_unit_of_an_sli_is_known() -> None:
    for expr, unit in (
        (AVAILABILITY, "ratio"),
        (f"100 * ({AVAILABILITY})", "percent"),
        (P95, "seconds"),
    ):
        assert fitting_unit(classify(expr, Context()).indicator) is UNITS[unit]
