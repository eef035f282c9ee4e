"""What the planner says of a burst: about SLOs of before it, from the history at its start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import PRESETS
from portal.clients.prometheus import PrometheusClient, Rows, Sample
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.forecast import Forecast, as_planned, forecasts
from portal.objectives.store import save_slo
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.slo.planner import PlannedBurst
from portal.slo.windows import Window
from tests.alerts.test_course import add_burst
from tests.conftest import NOWHERE, START, Clock

AVAILABILITY = SLO("availability", SLIKind.AVAILABILITY, 0.99, Window.LAB, title="Availability")
LATENCY = SLO("latency", SLIKind.LATENCY, 0.95, Window.LAB, threshold_s=0.3)


class Asked(PrometheusClient):
    """Counted 400 requests in each window, none of them bad; notes for when it was asked."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.moments: set[float | None] = set()

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        self.moments.add(at)
        is_bad = "5.." in promql or "_bucket" in promql
        return Rows([Sample({}, 0.0 if is_bad else 400.0, at or 0.0)])


@pytest.fixture
def prometheus() -> Asked:
    return Asked()


@pytest.fixture
def asked(services: Services, prometheus: Asked) -> Services:
    return replace(services, prometheus=prometheus)


@pytest.fixture
def burst(learner: Learner) -> Burst:
    found = add_burst(learner, 0)
    found.spec = PRESETS["error-burst"].as_dict()
    db.session.commit()
    return found


def foretold(services: Services, burst: Burst) -> list[Forecast]:
    found = forecasts(services, burst)
    assert found is not None
    return found


def test_an_slo_that_is_newer_than_the_burst_is_not_foretold(
    asked: Services, burst: Burst, prometheus: Asked
) -> None:
    """Nobody asked its planner before the burst began."""
    save_slo(burst.learner_id, AVAILABILITY, START + timedelta(seconds=1))
    assert foretold(asked, burst) == []
    assert prometheus.moments == set()
    save_slo(burst.learner_id, LATENCY, START - timedelta(seconds=1))
    assert {one.slo for one in foretold(asked, burst)} == {"latency"}


def test_the_history_is_that_of_the_start_and_each_alert_is_told(
    asked: Services, burst: Burst, prometheus: Asked, clock: Clock
) -> None:
    save_slo(burst.learner_id, AVAILABILITY, START)
    clock.pass_seconds(500)
    found = foretold(asked, burst)
    assert prometheus.moments == {START.timestamp()}
    assert [(one.pair, one.is_page, one.title) for one in found] == [
        ("page 5m/25s", True, "Availability"),
        ("ticket 15m/75s", False, "Availability"),
    ]
    assert all(one.failures and one.seconds for one in found)
    assert list(Forecast.readable([one.to_json() for one in found])) == found


def test_an_alert_that_can_never_fire_says_so(asked: Services, burst: Burst) -> None:
    save_slo(burst.learner_id, replace(AVAILABILITY, objective=0.5, name="lax"), START)
    page = foretold(asked, burst)[0]
    assert page.seconds is None
    assert page.sentence.startswith("Can never fire: ")


def test_what_is_not_known_is_not_foretold(
    services: Services, asked: Services, burst: Burst, learner: Learner
) -> None:
    save_slo(burst.learner_id, AVAILABILITY, START)
    assert forecasts(services, burst) is None  # Prometheus can't be asked
    assert forecasts(asked, add_burst(learner, 0.5, BurstState.QUEUED)) is None


@pytest.mark.parametrize(
    ("fault", "availability", "latency"),
    [
        (None, 0.0, 0.0),
        ({"error_ratio": 0.2}, 0.2, 0.0),
        ({"latency_seconds": 0.3}, 0.0, 1.0),
        ({"latency_seconds": 0.29}, 0.0, 0.0),
        ({"error_ratio": 0.1, "latency_seconds": 0.8}, 0.1, 1.0),
    ],
)
def test_each_slo_sees_the_share_that_is_bad_to_it(
    burst: Burst, fault: dict[str, Any] | None, availability: float, latency: float
) -> None:
    whole = {"error_ratio": 0.0, "latency_seconds": 0.0, "hang": False}
    burst.spec = {**burst.spec, "fault": fault and {**whole, **fault}}
    rate = burst.spec["rate"]
    assert as_planned(burst, AVAILABILITY) == PlannedBurst(rate, availability)
    assert as_planned(burst, LATENCY) == PlannedBurst(rate, latency)


def test_a_service_that_hangs_counts_nothing(burst: Burst) -> None:
    hangs = {"error_ratio": 0.5, "latency_seconds": 0.8, "hang": True}
    burst.spec = {**burst.spec, "fault": hangs}
    for slo in (AVAILABILITY, LATENCY):
        assert as_planned(burst, slo) == PlannedBurst(0.0, 0.0)
