"""One template for many services."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from portal.slo.scale import TARGETS, RequestClass, class_slos, fleet
from portal.slo.windows import Window
from tests.slo.promtest import check_rules


def test_two_hundred_services_are_generated_in_time_and_valid(tmp_path: Path) -> None:
    started = time.thread_time()
    found = fleet(200)
    assert time.thread_time() - started < 10
    done = check_rules(tmp_path, found.rule_file)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert f"{found.recording_rules + found.alerts} rules found" in done.stdout


def test_a_class_gives_the_workbooks_objectives() -> None:
    slos = list(class_slos("cart", RequestClass.CRITICAL, Window.MONTH))
    found = [(slo.sli, slo.objective, slo.threshold_s) for slo in slos]
    assert found == [
        ("availability", 0.9999, None),
        ("latency", 0.9, 0.1),
        ("latency", 0.99, 0.2),
    ]


@pytest.mark.parametrize(
    ("request_class", "count"),
    [("CRITICAL", 3), ("HIGH_FAST", 3), ("HIGH_SLOW", 3), ("LOW", 1), ("NO_SLO", 0)],
)
def test_how_many_slos_each_class_has(request_class: str, count: int) -> None:
    assert len(list(class_slos("a", RequestClass(request_class), Window.MONTH))) == count


def test_the_template_has_as_many_numbers_for_two_hundred_services_as_for_ten() -> None:
    small, large = fleet(10), fleet(200)
    assert small.shared_numbers == large.shared_numbers == 22
    assert large.tuned_numbers == 20 * small.tuned_numbers
    assert large.tuned_numbers > 200 * large.shared_numbers / 10


def test_services_are_numbered_from_one() -> None:
    text = fleet(2).rule_file
    assert "service-001" in text
    assert "service-002" in text
    assert "service-000" not in text
    assert "service-003" not in text


def test_counts_add_up() -> None:
    found = fleet(10)
    assert sum(found.per_class.values()) == 10
    assert found.slos == sum(
        count * len(list(class_slos("a", request_class, Window.MONTH)))
        for request_class, count in found.per_class.items()
    )
    assert found.alerts == 4 * found.slos
    assert found.recording_rules == 15 * found.slos
    assert found.groups == 3 * found.slos


def test_alerts_on_ninety_percent_latency_that_never_fire_are_counted() -> None:
    found = fleet(10)
    with_latency = sum(
        count for each, count in found.per_class.items() if TARGETS[each].latency_90_s is not None
    )
    assert found.alerts_that_never_fire == with_latency


@pytest.mark.parametrize("services", [0, -1, 1001])
def test_the_number_of_services_has_bounds(services: int) -> None:
    with pytest.raises(ValueError, match="services"):
        fleet(services)
