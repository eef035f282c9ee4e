"""Bursts as bands of a chart."""

from __future__ import annotations

from datetime import timedelta

from portal.bursts.bands import burst_bands
from portal.bursts.models import BurstState
from portal.kit.charts import Band
from portal.learners.models import Learner
from tests.alerts.test_course import BEGAN, add_burst
from tests.conftest import START


def test_each_burst_that_began_is_a_band_and_one_that_runs_reaches_to_the_end(
    learner: Learner,
) -> None:
    ended, running = add_burst(learner, 0), add_burst(learner, 60, BurstState.RUNNING)
    end = START + timedelta(seconds=100)
    assert burst_bands(learner.id, START - timedelta(seconds=10), end) == [
        Band(BEGAN, BEGAN + 30, "error burst", ended.id),
        Band(BEGAN + 60, BEGAN + 100, "error burst", running.id),
    ]
    assert burst_bands(learner.id, START - timedelta(days=2), START - timedelta(days=1)) == []
