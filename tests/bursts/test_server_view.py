"""What Prometheus counted of a burst begins where the service's own counter stood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.bursts.server_view import Counters, counters_before, seen_since
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.mockapp import MockappClient
from portal.clients.prometheus import PrometheusClient, Rows, Sample
from portal.services import Services
from tests.conftest import NOWHERE

METRICS = """\
# TYPE http_requests_total counter
http_requests_total{method="GET",path="/",status="200"} 140.0
http_requests_total{method="GET",path="/search",status="200"} 40.0
http_requests_total{method="GET",path="/",status="500"} 20.0
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.25",method="GET",path="/"} 150.0
http_request_duration_seconds_bucket{le="0.5",method="GET",path="/"} 190.0
http_request_duration_seconds_bucket{le="+Inf",method="GET",path="/"} 200.0
http_request_duration_seconds_count{method="GET",path="/"} 200.0
"""


class Telling(MockappClient):
    """A service with these counters."""

    def metrics_text(self) -> str:
        return METRICS


class Scraped(PrometheusClient):
    """What was scraped some seconds ago."""

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        by_bucket = [Sample({"le": le}, n, 0.0) for le, n in (("0.5", 5.0), ("+Inf", 7.0))]
        by_status = [Sample({"status": "200"}, 7.0, 0.0)]
        return Rows(by_bucket if "by (le) (http" in promql else by_status)


def test_the_service_itself_is_asked_where_its_counters_stand(services: Services) -> None:
    asked = replace(services, mockapp=Telling(NOWHERE), prometheus=Scraped(NOWHERE))
    within = {"0.25": 150.0, "0.5": 190.0, "+Inf": 200.0}
    wanted = Counters({"200": 180.0, "500": 20.0}, within)
    assert counters_before(asked, "flask-app") == wanted


def test_a_service_that_does_not_answer_is_asked_through_prometheus(services: Services) -> None:
    asked = replace(services, prometheus=Scraped(NOWHERE))
    assert counters_before(asked, "flask-app") == Counters({"200": 7.0}, {"0.5": 5.0, "+Inf": 7.0})


def test_with_neither_nothing_is_known(services: Services) -> None:
    assert counters_before(services, "flask-app") is None


def test_a_service_that_was_started_anew_is_known_by_its_counters(services: Services) -> None:
    asked = replace(services, prometheus=Scraped(NOWHERE))
    long_ago = datetime.fromtimestamp(0, UTC)
    for before, restarted in ((Counters({"200": 20.0}), True), (Counters({"200": 5.0}), False)):
        view = seen_since(asked, "flask-app", before, long_ago)
        assert view is not None
        assert (view.restarted, view.total) == (restarted, 7.0 if restarted else 2.0)


class Falling(Scraped):
    """Its counters fell so often of late; None: nobody knows."""

    def __init__(self, falls: float | None) -> None:
        super().__init__(NOWHERE)
        self.falls = falls

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        if "resets" not in promql:
            return super().query(promql, at)
        if self.falls is None:
            raise ClientError("It is silent.", system="Prometheus", kind=ErrorKind.TIMEOUT)
        return Rows([Sample({}, self.falls, 0.0)])


@pytest.mark.parametrize(("falls", "several"), [(0, False), (2, False), (3, True), (None, False)])
def test_counters_that_fell_more_often_than_a_service_starts_are_of_several_processes(
    services: Services, falls: float | None, several: bool
) -> None:
    asked = replace(services, prometheus=Falling(falls))
    view = seen_since(asked, "flask-app", Counters({"200": 5.0}), datetime.fromtimestamp(0, UTC))
    assert view is not None
    assert view.several is several


def test_what_was_scraped_before_the_end_does_not_count_yet(services: Services) -> None:
    """The last scrape was at 7 s after 1970; three intervals later it still is."""
    services.background.stop(60)  # so that nobody waits for the next one
    asked = replace(services, prometheus=Scraped(NOWHERE))
    before = Counters({"200": 5.0})
    for ended, is_known in ((6.9, True), (7.0, False), (8.0, False)):
        moment = datetime.fromtimestamp(ended, UTC)
        assert (seen_since(asked, "flask-app", before, moment) is not None) is is_known


def test_a_burst_whose_begin_nobody_counted_has_no_difference(services: Services) -> None:
    asked = replace(services, prometheus=Scraped(NOWHERE))
    assert seen_since(asked, "flask-app", None, datetime.fromtimestamp(0, UTC)) is None


class Unreadable(MockappClient):
    """A service one of whose counters is no number."""

    def metrics_text(self) -> str:
        return METRICS.replace(" 20.0", " NaN").replace(" 190.0", " +Inf")


def test_a_counter_that_is_no_number_spoils_no_other(services: Services) -> None:
    asked = replace(services, mockapp=Unreadable(NOWHERE))
    within = {"0.25": 150.0, "+Inf": 200.0}
    assert counters_before(asked, "flask-app") == Counters({"200": 180.0}, within)


def test_the_answers_of_each_bucket_are_counted_without_those_of_before(
    services: Services,
) -> None:
    asked = replace(services, prometheus=Scraped(NOWHERE))
    long_ago = datetime.fromtimestamp(0, UTC)
    before = Counters({"200": 4.0}, {"0.5": 4.0, "+Inf": 4.0})
    view = seen_since(asked, "flask-app", before, long_ago)
    assert view is not None
    assert (view.answered(0.5), view.slow) == ((2.0, 3.0), 2.0)
    assert view.answered(0.3) is None


def test_the_quantiles_are_those_of_the_burst_s_own_answers(services: Services) -> None:
    """A minute of slow ones before it leaves no trace in them."""
    asked = replace(services, prometheus=Scraped(NOWHERE))
    long_ago = datetime.fromtimestamp(0, UTC)
    before = Counters({"200": 3.0}, {"0.5": 1.0, "+Inf": 3.0})  # two slow, then four fast
    view = seen_since(asked, "flask-app", before, long_ago)
    assert view is not None
    assert view.slow == 0
    assert view.quantiles == {"p50": 0.25, "p95": 0.475, "p99": 0.495}
