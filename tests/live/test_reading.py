"""While a burst runs the readout is looked at each second, and asked for after each scrape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal.clients.prometheus import PrometheusClient, Rows, Series
from portal.limits import ReadingLimits
from portal.live.reading import ReadingState, SLIReading, points, read_after_scrape
from portal.shop.processes import SEVERAL
from portal.shop.queries import SLIQueries
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUERIES = SLIQueries("shop")
SECOND = timedelta(seconds=1)
SETTLED = timedelta(seconds=ReadingLimits().settled_s)


class ScrapedPrometheus(LocalServer):
    """Answers every query with 1, and says when it scraped."""

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.scraped_at = 100.0
        self.now = 101.0
        self.bound = "0.25"
        self.told: dict[str, float | None] = {}
        self.asked: list[str] = []

    def _serve(self, request: Request) -> Reply:
        promql = request.form["query"]
        self.asked.append(promql)
        value = self.scraped_at if promql == QUERIES.scraped_at else self.told.get(promql, 1)
        sample = {"metric": {"status": "200", "le": self.bound}, "value": [self.now, str(value)]}
        data = {"resultType": "vector", "result": [] if value is None else [sample]}
        return Reply.of({"status": "success", "data": data})


@pytest.fixture
def prometheus() -> Iterator[ScrapedPrometheus]:
    with ScrapedPrometheus() as server:
        yield server


def look(prometheus: ScrapedPrometheus, last: SLIReading | None, now: datetime = NOW) -> SLIReading:
    prometheus.asked.clear()
    client = PrometheusClient(prometheus.url, timeout=SECONDS)
    return read_after_scrape(client, QUERIES, now, 5, last, SETTLED.total_seconds())


def test_the_reading_stays_until_the_next_scrape(prometheus: ScrapedPrometheus) -> None:
    first = look(prometheus, None)
    assert first.state is ReadingState.OK
    assert look(prometheus, first, NOW + SECOND) is first
    assert prometheus.asked == [QUERIES.scraped_at]


def test_a_scrape_since_then_makes_a_new_reading(prometheus: ScrapedPrometheus) -> None:
    first = look(prometheus, None)
    prometheus.scraped_at += 5
    second = look(prometheus, first, NOW + SECOND)
    assert second.at == NOW + SECOND
    assert second.scraped_at == 105
    assert QUERIES.availability in prometheus.asked


def test_without_a_scrape_for_long_everything_is_asked_again(
    prometheus: ScrapedPrometheus,
) -> None:
    first = look(prometheus, None)
    assert look(prometheus, first, NOW + SETTLED + SECOND).at == NOW + SETTLED + SECOND


def test_a_prometheus_that_is_gone_is_told_at_once(prometheus: ScrapedPrometheus) -> None:
    first = look(prometheus, None)
    prometheus.stop()
    assert look(prometheus, first, NOW + SECOND).state is ReadingState.UNREACHABLE


def test_without_scrapes_nobody_knows_whether_somebody_asked(
    prometheus: ScrapedPrometheus,
) -> None:
    """Prometheus stood still for 50 s while 200 requests failed: its last minute holds zeros."""
    prometheus.now = prometheus.scraped_at + 50
    prometheus.told[QUERIES.requests] = 0
    found = look(prometheus, None)
    assert (found.state, found.target_up) == (ReadingState.NO_SCRAPES, None)
    assert "has not scraped shop for 50 s" in found.reason
    prometheus.scraped_at = prometheus.now - 14
    assert look(prometheus, found).state is ReadingState.NO_TRAFFIC


@pytest.mark.parametrize(
    ("up", "is_up", "words"),
    [
        (None, None, "Prometheus has not scraped the service yet."),
        (0, False, "Prometheus can't reach the mock service."),
        (1, True, "A rate needs two scrapes"),
    ],
)
def test_before_there_is_a_rate_it_says_what_is_missing(
    prometheus: ScrapedPrometheus, up: float | None, is_up: bool | None, words: str
) -> None:
    prometheus.told = {QUERIES.target_up: up, QUERIES.requests: None}
    found = look(prometheus, None)
    assert (found.state, found.target_up) == (ReadingState.NO_DATA, is_up)
    assert found.reason.startswith(words)


def test_a_target_that_is_down_is_told_beside_what_was_counted(
    prometheus: ScrapedPrometheus,
) -> None:
    prometheus.told = {QUERIES.target_up: 0}
    found = look(prometheus, None)
    assert (found.state, found.target_up) == (ReadingState.OK, False)
    prometheus.told[QUERIES.requests] = 0
    found = look(prometheus, None)
    assert (found.state, found.target_up) == (ReadingState.NO_TRAFFIC, False)


def test_a_histogram_that_has_counted_nothing_yet_is_no_missing_bucket(
    prometheus: ScrapedPrometheus,
) -> None:
    prometheus.told = {QUERIES.fast_share: None}
    prometheus.bound = "0.3"
    found = look(prometheus, None)
    assert found.no_latency is ReadingState.NO_DATA
    assert "has counted nothing yet" in found.no_latency_reason


def test_a_scrape_that_is_ahead_of_prometheus_own_clock_is_no_age(
    prometheus: ScrapedPrometheus,
) -> None:
    prometheus.scraped_at = prometheus.now + 3600
    assert look(prometheus, None).state is ReadingState.OK


@pytest.mark.parametrize(
    ("buckets", "state", "words"),
    [
        (1, ReadingState.NO_BUCKET, "no bucket that ends at 0.3 s"),
        (None, ReadingState.NO_BUCKET, "has no histogram"),
    ],
)
def test_a_service_without_the_bucket_says_so(
    prometheus: ScrapedPrometheus, buckets: float | None, state: ReadingState, words: str
) -> None:
    prometheus.told = {QUERIES.fast_share: None, QUERIES.buckets: buckets}
    found = look(prometheus, None)
    assert (found.state, found.no_latency, found.fast_share) == (ReadingState.OK, state, None)
    assert words in found.no_latency_reason


@pytest.mark.parametrize(("falls", "words"), [(0, ""), (2, ""), (3, SEVERAL), (11, SEVERAL)])
def test_several_processes_behind_one_address_are_told(
    prometheus: ScrapedPrometheus, falls: int, words: str
) -> None:
    """A restart lets the counters fall once; workers in turn at nearly every scrape."""
    prometheus.told = {QUERIES.falls: falls}
    assert look(prometheus, None).several_words == words


def test_what_rate_extrapolates_is_told_where_it_shows(prometheus: ScrapedPrometheus) -> None:
    """What a real Prometheus said of a minute of fast requests after a slow burst."""
    prometheus.told = {QUERIES.fast_share: 0.929}
    words = look(prometheus, None).difference_words
    assert words.startswith("Counted by plain difference, 100 % were fast. Prometheus’ rate()")
    prometheus.told = {QUERIES.fast_share: 0.996}
    assert look(prometheus, None).difference_words == ""
    prometheus.told = {QUERIES.fast_share: 0.9, QUERIES.counted_fast_share: -3}
    assert look(prometheus, None).difference_words == ""


class Ranges(PrometheusClient):
    """Has one series with a value at its first step, and notes the steps it was asked for."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        self.steps: list[float] = []

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        self.steps.append(step)
        return Rows([Series({}, [(start, 0.5)])])


@pytest.mark.parametrize(("minutes", "step"), [(1, 5), (15, 5), (20, 5), (60, 15)])
def test_a_chart_has_no_more_points_than_it_has_room_for(minutes: int, step: float) -> None:
    prometheus, span = Ranges(), timedelta(minutes=minutes)
    found = points(prometheus, "up", NOW - span, NOW)
    assert prometheus.steps == [step]
    assert len(found) == minutes * 60 / step + 1
    assert [value for _, value in found] == [0.5, *([None] * (len(found) - 1))]


@pytest.mark.parametrize(
    ("failed", "total", "words"),
    [
        (0.0, 654.5, "None of about 650 requests failed"),
        (0.0, 7.6, "None of about 8 requests failed"),
        (130.9, 655.0, "About 130 of 660 requests failed"),
        (0.3, 12_345.0, "About 1 of 12,000 requests failed"),
    ],
)
def test_extrapolated_numbers_of_requests_are_told_as_such(
    failed: float, total: float, words: str
) -> None:
    assert SLIReading(ReadingState.OK, NOW, failed=failed, total=total).failed_words == words
