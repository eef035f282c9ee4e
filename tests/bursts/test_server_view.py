"""What Prometheus counted of a burst begins where the service's own counter stood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from portal.bursts.server_view import Counters, counters_before, seen_since
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
