"""The invented days hold together: their counters, their truth, what Prometheus finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from statistics import fmean

import pytest

from portal.promql.parser import parse
from portal.shop import DURATIONS, PATHS, REQUESTS
from portal.trial.days import DAYS, Day, DayPart, Length, Moment, laid_out, pacing
from portal.trial.judgement import EXACT
from portal.trial.ledger import Ledger, quantile
from portal.trial.measure import SERVER_ERROR, Share, Under, shares
from portal.trial.reach import reach
from portal.trial.scene import Scene, TrialQuestion
from portal.trial.timeline import Timeline
from portal.trial.traffic import FAST, NOBODY, Flow, Pace, Traffic, shared
from portal.trial.world import World
from tests.patience import PATIENT
from tests.patient import ENGINE

WORLD = World(metrics=frozenset({REQUESTS, DURATIONS, "up"}))
USUAL_SHARE = Share(frozenset({500, 503}), frozenset({200, 302, 404, 500, 503}))
CLOSE = 1e-6
"""How close to a limit a share may lie, a thousand times what sums in another order differ by."""
BAD = 'sum by (path) (rate(http_requests_total{status=~"5.."}[5m]))'
TOTAL = "sum by (path) (rate(http_requests_total[5m]))"
SAMPLE = re.compile(r"(?P<start>-?[\d.]+)\+(?P<step>-?[\d.]+)x(?P<times>\d+)")


def laid(expr: str) -> tuple[Timeline, tuple[Moment, ...]]:
    """All days, as long as an expression needs them."""
    return laid_out(DAYS, WORLD, pacing(reach(parse(expr), {}), WORLD, 60))


def test_every_day_has_a_name_and_a_first_part_that_hides_the_day_before() -> None:
    assert len({day.name for day in DAYS}) == len(DAYS) >= 12
    for day in DAYS:
        assert any(part.length is Length.WHOLE for part in day.parts)
        assert any(part.asked for part in day.parts)


def test_the_days_differ_in_what_they_are_about() -> None:
    shares = set()
    rates = set()
    for day in DAYS:
        for part in day.parts:
            ledger = Ledger(WORLD, part)
            found = USUAL_SHARE.value(ledger, ledger.pages)
            shares.add(None if found is None else round(found, 4))
            rates.add(part.traffic.rate)
    assert {None, 0.0, 0.5, 1.0} <= shares
    assert len(shares) > 10
    assert min(rates) == 0
    assert max(rates) >= 100


def every_share(part: DayPart) -> Iterator[float]:
    """All that a share could be in a part of a day: any statuses, any threshold, any pages."""
    ledger = Ledger(WORLD, part)
    measures: list[Share | Under] = [*shares(), *(Under((n,)) for n in range(len(WORLD.bounds)))]
    pages = sorted(ledger.pages, key=str)
    groups = [frozenset(g) for n in range(len(pages)) for g in combinations(pages, n + 1)]
    for measure in measures:
        found = [measure.value(ledger, group) for group in groups]
        single = [value for value in found[: len(pages)] if value is not None]
        yield from (value for value in found if value is not None)
        yield fmean(single or [0.0])


def test_no_share_of_a_day_lies_on_a_limit_that_people_type() -> None:
    nines = [10.0**-places for places in range(1, 7)]
    checked = 0
    for day in DAYS:
        for share in {share for part in day.parts for share in every_share(part)}:
            if CLOSE < share < 1 - CLOSE:  # none and all are what they are
                checked += 1
                near = [round(share, 3), *nines, *(1 - nine for nine in nines)]
                assert min(abs(share - limit) for limit in near) > CLOSE, (day.name, share)
    assert checked > 1000


STEADY = [part for day in DAYS for part in day.parts if part.asked and part.traffic.flows]


@pytest.mark.parametrize("measure", [USUAL_SHARE, *(Under((n,), False) for n in range(11))])
def test_a_day_lies_beyond_every_limit_on_either_side(measure: Share | Under) -> None:
    told = [measure.value(ledger, ledger.pages) for ledger in (Ledger(WORLD, p) for p in STEADY)]
    known = [share for share in told if share is not None and EXACT < share < 1 - EXACT]
    assert min(known) < 1e-4
    assert max(known) > 1 - 1e-4


def test_the_days_lie_close_enough_that_a_band_hides_one() -> None:
    ledgers = [Ledger(WORLD, part) for part in STEADY]
    told = sorted({USUAL_SHARE.value(ledger, ledger.pages) or 0.0 for ledger in ledgers})
    assert max(after - before for before, after in pairwise(told)) < 0.21
    assert sum(0.001 < share < 0.02 for share in told) >= 3


def test_counters_never_shrink_unless_the_service_restarts() -> None:
    timeline, _ = laid(BAD)
    restarts = sum(stage.restarted for stage in timeline.stages)
    for series in timeline.series():
        if series.selector.startswith("up"):
            continue
        values = []
        for found in SAMPLE.finditer(series.values):
            value = float(found["start"])
            for _ in range(int(found["times"]) + 1):
                values.append(value)
                value += float(found["step"])
        assert sum(after < before for before, after in pairwise(values)) <= restarts


@pytest.mark.parametrize(
    ("expr", "measure"),
    [
        (f"{BAD} / {TOTAL}", Share(frozenset({500, 503}), frozenset({200, 302, 404, 500, 503}))),
        (
            f'sum by (path) (rate({DURATIONS}_bucket{{le="0.3"}}[5m]))'
            f" / sum by (path) (rate({DURATIONS}_count[5m]))",
            Under((9,)),
        ),
    ],
)
def test_prometheus_finds_the_truth_of_each_steady_day(expr: str, measure: Share | Under) -> None:
    timeline, moments = laid(expr)
    steady = [moment for moment in moments if len(moment.seen) == 1 and not moment.now.unborn]
    questions = tuple(TrialQuestion(expr, moment.at_s) for moment in steady)
    [found] = ENGINE.answers(
        [Scene(timeline.step_s, timeline.series(), questions)], PATIENT.promtool.queries
    )
    checked = 0
    for moment, answer in zip(steady, found, strict=True):
        ledger = Ledger(WORLD, moment.now)
        for sample in answer.samples:
            pages = frozenset(p for p in ledger.pages if p.path == sample.labels["path"])
            truth = measure.value(ledger, pages)
            if truth is not None:
                checked += 1
                assert sample.value == pytest.approx(truth, rel=1e-6, abs=1e-9), moment.day.name
    assert checked > 40


@pytest.mark.parametrize("phi", [0.01, 0.5, 0.95, 0.999])
def test_quantiles_are_those_of_prometheus(phi: float) -> None:
    expr = f"histogram_quantile({phi}, sum by (le) (rate({DURATIONS}_bucket[5m])))"
    timeline, moments = laid(expr)
    steady = [moment for moment in moments if len(moment.seen) == 1 and moment.now.traffic.flows]
    questions = tuple(TrialQuestion(expr, moment.at_s) for moment in steady)
    [found] = ENGINE.answers(
        [Scene(timeline.step_s, timeline.series(), questions)], PATIENT.promtool.queries
    )
    bounds = tuple(bound for _, bound in WORLD.bounds)
    for moment, answer in zip(steady, found, strict=True):
        ledger = Ledger(WORLD, moment.now)
        truth = quantile(phi, bounds, ledger.buckets(ledger.pages))
        assert answer.samples[0].value == pytest.approx(truth, rel=1e-6), moment.day.name


@pytest.mark.parametrize("window", ["30s", "5m", "1h", "3d", "30d"])
def test_the_days_of_every_window_stay_within_what_promtool_holds(window: str) -> None:
    found = pacing(reach(parse(f"rate({DURATIONS}_bucket[{window}])"), {}), WORLD, 60)
    assert found.whole * WORLD.width < 10_000
    assert found.step_s <= 120
    assert found.apart is (window in {"3d", "30d"})


def test_short_windows_keep_the_labs_interval() -> None:
    assert pacing(reach(parse("rate(a[20s]) + rate(a[1h])"), {}), WORLD).step_s == 5
    assert pacing(reach(parse("rate(a[1h])"), {}), WORLD).step_s == 60


def test_a_moment_sees_back_to_the_last_part_that_hides_all() -> None:
    before, after = DayPart(shared(1)), DayPart(NOBODY, Length.HALF)
    day = Day("something changed", (before, after))
    _, moments = laid_out((day, day), WORLD, pacing(reach(parse("rate(a[5m])"), {}), WORLD))
    assert [moment.seen for moment in moments] == [(before,), (before, after)] * 2


def test_traffic_is_what_it_says() -> None:
    traffic = shared(10, (0.1, 0.2, 0.0), others=((404, 0.1),), unavailable=0.5)
    assert traffic.rate == pytest.approx(10)
    by_status = traffic.flows[0].by_status()
    assert by_status == {200: pytest.approx(4), 404: 0.5, 500: 0.25, 503: 0.25}
    assert Flow(0, 4, ((500, 1.0),)).by_status()[200] == 0


def test_a_pace_gives_every_bucket_its_share() -> None:
    assert FAST.under(float("inf")) == 1
    assert 0 < FAST.under(0.005) < FAST.under(0.3) < 1
    stuck = Pace(exact=((0.9, 0.01), (0.1, 30.0)))
    assert (stuck.under(0.01), stuck.under(10)) == (0.9, 0.9)
    assert stuck.mean_s == pytest.approx(3.009)


def test_the_usual_failures_are_the_first_choice() -> None:
    assert SERVER_ERROR == 500
    assert Traffic() == NOBODY
    assert set(WORLD.paths) == set(PATHS)
