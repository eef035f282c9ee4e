"""The histogram of a burst's latencies: every figure is that of the requests themselves."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from portal.bursts.latencies import Latencies
from portal.bursts.models import BurstState
from portal.learners.models import Learner
from portal.stage.tail import FEWEST, LatencyTail, tail_of
from tests.stage.recorded import saved_burst

BOUNDS = (0.1, 0.3, 0.5, 1.0)


def taken(*groups: tuple[int, float]) -> Latencies:
    """So many requests that took so long each."""
    latencies = Latencies()
    for number, seconds in groups:
        for _ in range(number):
            latencies.add(seconds)
    return latencies


LONG_TAIL = taken((980, 0.01), (20, 3.0))


def drawn(latencies: Latencies, threshold_s: float = 0.3) -> LatencyTail:
    tail = tail_of(latencies, BOUNDS, threshold_s, (720, 330))
    assert tail
    return tail


def test_a_tail_moves_the_mean_away_from_everybody() -> None:
    tail = drawn(LONG_TAIL)
    assert dict(tail.figures) == {
        "mean": pytest.approx(0.0698),
        "p50": pytest.approx(0.01, rel=0.006),
        "p95": pytest.approx(0.01, rel=0.006),
        "p99": pytest.approx(3.0, rel=0.006),
    }
    assert tail.lesson.startswith(
        "The mean of 70 ms is nobody’s wait: half of the requests took 10 ms"
    )


def test_without_a_tail_mean_and_median_are_close() -> None:
    assert "no long tail" in drawn(taken((100, 0.02), (100, 0.03))).lesson


@pytest.mark.parametrize(
    ("threshold", "share", "is_bucket", "estimated"),
    [
        (0.3, 0.75, True, 0.75),
        (0.4, 1.0, False, 0.875),  # half of the way from 75 % to 100 %
        (0.05, 0.5, False, 0.25),  # half of the way from nothing to 50 %
        (2.0, 1.0, False, None),
    ],
)
def test_a_threshold_between_buckets_is_a_guess_of_prometheus(
    threshold: float, share: float, is_bucket: bool, estimated: float | None
) -> None:
    """In buckets up to 0.1, 0.3, 0.5, 1 s lie 50, 25, 25 and none of these requests."""
    found = drawn(taken((50, 0.02), (25, 0.2), (25, 0.35)), threshold).threshold
    assert (found.share, found.is_bucket) == (share, is_bucket)
    assert found.estimated == (None if estimated is None else pytest.approx(estimated))


def test_the_bars_hold_all_requests_in_proportion() -> None:
    tail = drawn(LONG_TAIL)
    heights = {
        stroke.look: sum(float(h) for h in re.findall(r"v([\d.]+)", stroke.d))
        for stroke in tail.wide.strokes
        if stroke.look.startswith("hist")
    }
    assert heights["hist slow"] / heights["hist"] == pytest.approx(20 / 980, rel=0.1)


@pytest.mark.parametrize("threshold", [0.001, 0.3, 10.0])
@pytest.mark.parametrize("latencies", [LONG_TAIL, taken((50, 1e-6)), taken((50, 4000.0))])
def test_everything_stands_within_the_picture(latencies: Latencies, threshold: float) -> None:
    tail = drawn(latencies, threshold)
    for drawing, width in zip((tail.wide, tail.narrow), tail.widths, strict=True):
        assert all(0 <= word.x <= width for word in drawing.words)
        lines = {word.y for word in drawing.words if word.look.startswith("figure")}
        assert len(lines) == 5


def test_a_few_requests_are_no_histogram() -> None:
    assert tail_of(taken((FEWEST - 1, 0.1)), BOUNDS, 0.3, (720, 330)) is None


def test_the_threshold_moves_without_javascript(client: FlaskClient, learner: Learner) -> None:
    burst = saved_burst(learner)
    page = client.get(f"/bursts/{burst.number}?threshold=0,01").text
    assert "0 % of the requests were faster" in page
    assert 'value="0,01"' in page
    assert "100 % of the requests were faster" in client.get(f"/bursts/{burst.number}/tail").text


@pytest.mark.parametrize("typed", ["", "fast", "0", "-1", "1e9", "<b>", "9" * 500])
def test_a_threshold_that_is_none_keeps_the_usual_one(
    client: FlaskClient, learner: Learner, typed: str
) -> None:
    burst = saved_burst(learner)
    answer = client.get(f"/bursts/{burst.number}/tail", query_string={"threshold": typed})
    assert answer.status_code == 200
    assert "0.3 s is a bucket of the service" in answer.text
    assert ("A number from 0.001 to 10" in answer.text) == bool(typed)
    assert "<b>" not in answer.text


def test_a_running_burst_has_its_histogram_once_it_ends(
    client: FlaskClient, learner: Learner
) -> None:
    burst = saved_burst(learner, state=BurstState.RUNNING, ended_at=None)
    page = client.get(f"/bursts/{burst.number}").text
    assert "Averages lie" not in page
    assert f'hx-get="/bursts/{burst.number}/tail" hx-trigger="burst-changed from:body"' in page
