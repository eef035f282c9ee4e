"""The lab stands when each part does; a Grafana that can't be had is no fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.clients.grafana import GrafanaClient
from portal.clients.prometheus import PrometheusClient, Rows, Sample
from portal.criteria.base import Status, Subject
from portal.lab.criterion import PreflightCriterion, Probe
from portal.learners.models import Learner
from portal.services import Services
from tests.conftest import NOWHERE
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS

UP = Probe("Prometheus", Status.MET, "The target is up.")
ABSENT = Probe("Grafana", Status.MET, "The lab runs without Grafana.", absent=True)
DOWN = Probe("mock service", Status.NOT_MET, "It lacks its metrics.")


def test_it_stands_when_every_part_answers() -> None:
    verdict = PreflightCriterion().judge((UP,))
    assert (verdict.status, verdict.observed) == (Status.MET, "Every part answers.")


def test_it_does_not_claim_an_answer_of_a_grafana_that_is_not_here() -> None:
    verdict = PreflightCriterion().judge((UP, ABSENT))
    assert verdict.status is Status.MET
    assert verdict.observed == "Every part answers; Grafana is not here."


def test_the_part_that_is_unwell_is_named() -> None:
    verdict = PreflightCriterion().judge((UP, DOWN, ABSENT))
    assert (verdict.status, verdict.code) == (Status.NOT_MET, "part_unwell")
    assert verdict.observed == "Not ready: mock service."


class Scraped(PrometheusClient):
    """Its last scrape of the service was ``age_s`` seconds ago; None: there was none yet."""

    def __init__(self, age_s: float | None, *up: float) -> None:
        super().__init__(NOWHERE)
        self.age_s, self.up = age_s, up

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        if self.age_s is None:
            return Rows([])
        if "timestamp" in promql:
            return Rows([Sample({}, 1000.0 - self.age_s, 1000.0)])
        return Rows([Sample({}, value, 1000.0) for value in self.up])


@pytest.mark.parametrize(
    ("prometheus", "status", "words"),
    [
        (Scraped(14, 1), Status.MET, "the target is up"),
        (Scraped(14, 0), Status.NOT_MET, "its last scrape failed"),
        (Scraped(14, 0, 1), Status.MET, "the target is up"),
        (Scraped(23, 1), Status.CANNOT_CHECK, "has not scraped flask-app for 23 s"),
        (Scraped(23, 0), Status.CANNOT_CHECK, "has not scraped flask-app for 23 s"),
        (Scraped(-3600, 1), Status.MET, "the target is up"),
        (Scraped(None), Status.NOT_ENOUGH_DATA, "has not scraped the job flask-app yet"),
        (Scraped(3), Status.NOT_ENOUGH_DATA, "has not scraped the job flask-app yet"),
    ],
)
def test_a_target_is_up_or_down_only_on_a_fresh_scrape(
    services: Services,
    learner: Learner,
    prometheus: PrometheusClient,
    status: Status,
    words: str,
) -> None:
    """Prometheus stood still, and `up` said 1 of a sample 23 s old."""
    asking = replace(services, prometheus=prometheus)
    found = PreflightCriterion().collect(Subject(asking, learner))
    probe = next(one for one in found if one.part == "Prometheus")
    assert probe.status is status
    assert words in probe.text


class ScrapedAt(PrometheusClient):
    """It scraped the service last at this Unix time."""

    def __init__(self, at: float) -> None:
        super().__init__(NOWHERE)
        self.at = at

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        return Rows([Sample({}, self.at, 1000.0)])


RECORDED_VALUE = 1.0
"""What the fake's data source answers, whatever it is asked."""


@pytest.mark.parametrize(
    ("scraped_at", "hides", "status", "words"),
    [
        (RECORDED_VALUE, False, Status.MET, "“Ours” answers."),
        (RECORDED_VALUE, True, Status.MET, "“prometheus” answers. Grafana does not let"),
        (999.0, False, Status.NOT_MET, "“Ours” asks another Prometheus than the lab’s"),
    ],
)
def test_the_data_source_is_called_by_its_name_and_compared(
    services: Services,
    learner: Learner,
    scraped_at: float,
    hides: bool,
    status: Status,
    words: str,
) -> None:
    with FakeGrafana("9.4.0") as fake:
        fake.hides_sources = hides
        fake.add_source("else", "Else", is_default=True)
        fake.add_source("prometheus", "Ours")
        there = replace(
            services,
            settings=replace(services.settings, grafana_url=fake.url),
            grafana=GrafanaClient(fake.url, timeout=SECONDS),
            prometheus=ScrapedAt(scraped_at),
        )
        found = PreflightCriterion().collect(Subject(there, learner))
    probe = next(one for one in found if one.part == "data source")
    assert (probe.status, words in probe.text) == (status, True), probe


def test_a_data_source_that_is_dead_is_called_by_its_name(
    services: Services, learner: Learner
) -> None:
    with FakeGrafana("9.4.0") as fake:
        fake.data_source_up = False
        there = replace(
            services,
            settings=replace(services.settings, grafana_url=fake.url),
            grafana=GrafanaClient(fake.url, timeout=SECONDS),
        )
        found = PreflightCriterion().collect(Subject(there, learner))
    probe = next(one for one in found if one.part == "data source")
    assert probe.status is Status.CANNOT_CHECK
    assert "data source 'Prometheus' does not answer (502)" in probe.text
