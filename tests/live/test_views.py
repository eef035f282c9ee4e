"""What the readout says beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from portal.config import Settings
from portal.shop.queries import SLIQueries
from tests.fakes.server import LocalServer, Reply, Request

QUERIES = SLIQueries("flask-app")


class BusyPrometheus(LocalServer):
    """Answers every query with ``value``, or as it is told to; None: with nothing."""

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.value = 0.0
        self.told: dict[str, float | None] = {}

    def _serve(self, request: Request) -> Reply:
        value = self.told.get(request.form.get("query", ""), self.value)
        sample = {"metric": {"status": "200"}, "value": [0, str(value)]}
        if request.path.endswith("query_range"):
            return Reply.of({"status": "success", "data": {"resultType": "matrix", "result": []}})
        data = {"resultType": "vector", "result": [] if value is None else [sample]}
        return Reply.of({"status": "success", "data": data})


@pytest.fixture
def prometheus() -> Iterator[BusyPrometheus]:
    with BusyPrometheus() as server:
        yield server


@pytest.fixture
def settings(settings: Settings, prometheus: BusyPrometheus) -> Settings:
    return replace(settings, prometheus_url=prometheus.url)


def test_no_traffic_says_when_a_visit_will_be_seen(client: FlaskClient) -> None:
    assert "The next scrape counts it, in 5 to 10 s." in client.get("/slis/readout").text


def test_the_traffic_is_an_average(client: FlaskClient, prometheus: BusyPrometheus) -> None:
    prometheus.value = 3.7
    page = client.get("/slis/readout").text
    assert "average of the last minute" in page
    assert "3.7 <small>requests/s" in page
    assert "as the service measured it, without waits" in page


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, ""),
        ({QUERIES.falls: 3}, '<p class="notice">The service’s counters fall and rise again'),
        ({QUERIES.target_up: 0}, "Prometheus can’t reach the mock service</h3>"),
        ({QUERIES.scraped_at: -50}, "Prometheus has not scraped flask-app for 50 s"),
        ({QUERIES.fast_share: 0.9}, "Counted by plain difference, 100 % were fast."),
        (
            {QUERIES.fast_share: None, QUERIES.buckets: None},
            "<p>The service has no histogram of how long its answers took.</p>",
        ),
    ],
    ids=["all is well", "several", "target down", "no scrapes", "extrapolated", "no bucket"],
)
def test_what_makes_a_number_doubtful_stands_beside_it_and_nothing_else_does(
    client: FlaskClient,
    prometheus: BusyPrometheus,
    told: dict[str, float | None],
    words: str,
) -> None:
    prometheus.value = 1.0
    prometheus.told = {QUERIES.scraped_at: 0, QUERIES.falls: 0, **told}
    page = client.get("/slis/readout").text
    assert words in page
    doubts = ('class="notice"', "</h3>", "has not scraped", "plain difference", "no histogram")
    assert sum(doubt in page for doubt in doubts) == bool(words)
    assert ('data-sli="latency">no bucket</div>' in page) is ("histogram" in words)


def test_each_query_leads_to_prometheus_on_one_line_and_to_the_workbench(
    client: FlaskClient,
) -> None:
    page = client.get("/slis").text
    line = quote(QUERIES.availability.replace("\n", " "))
    assert f"/graph?g0.expr={line}&amp;" in page
    assert page.count('href="/workbench?expr=') == page.count("run in Prometheus") == 6
