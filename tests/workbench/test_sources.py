"""Where a panel asks decides what it draws: only the lab's own Prometheus, seen through Grafana.

Behind the fake Grafana stand real ones: the lab's, and a second one that scrapes the same service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from portal.clients.grafana import Credentials, GrafanaClient, SourceAnswer
from portal.clients.prometheus import PrometheusClient
from portal.config import Settings
from portal.criteria.base import Status, Subject, Verdict
from portal.criteria.checker import judge
from portal.kit.db import db
from portal.lab.data_sources import source_answer, source_listing
from portal.learners.models import Learner
from portal.services import Services
from portal.shop.queries import SLIQueries
from portal.workbench.criterion import DashboardCriterion
from tests.apps import portal_app
from tests.conftest import NOWHERE
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.fakes.grafana import FakeGrafana
from tests.mockapp.process import wait_until
from tests.patience import SECONDS
from tests.workbench.lab import RealLab, at_lab, running_prometheus, services_of

EXPRS = (AVAILABILITY.replace("1m", "30s"), P95.replace("1m", "30s"))


@pytest.fixture(scope="module")
def second(lab: RealLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of another Prometheus that has scraped the lab's service for a while too."""
    with running_prometheus(tmp_path_factory.mktemp("second"), lab.mockapp) as url:
        client = PrometheusClient(url, timeout=60)
        wait_until(lambda: client.numbers(SLIQueries("flask-app").scraped_before))
        yield url


@pytest.fixture
def grafana(lab: RealLab, second: str) -> Iterator[FakeGrafana]:
    """A Grafana with a source of each kind; the lab's own is the default one."""
    with FakeGrafana("9.4.0", anonymous=None) as fake:
        fake.stand_before(lab.prometheus)
        fake.add_source("dead", "Dead", url=NOWHERE)
        fake.add_source("second", "Second", url=second)
        fake.add_source("testdata", "Invented", plugin="testdata", url="")
        fake.add_source("fast", "Fast", url=lab.prometheus, interval="100ms")
        yield fake


@pytest.fixture
def subject(settings: Settings, lab: RealLab, grafana: FakeGrafana) -> Iterator[Subject]:
    """The learner of a portal that may edit in that Grafana."""
    settings = at_lab(settings, lab, grafana_url=grafana.url)
    login = Credentials(token=grafana.make_token("Editor"))
    client = GrafanaClient(grafana.url, login, timeout=SECONDS)
    with portal_app(settings, replace(services_of(settings), grafana=client)) as app:
        yield from _subject(app)


def _subject(app: Flask) -> Iterator[Subject]:
    services: Services = app.extensions["slo_lab"]
    wait_until(lambda: services.prometheus.numbers(SLIQueries("flask-app").scraped_before))
    with app.app_context():
        yield Subject(services, db.session.execute(db.select(Learner)).scalar_one())


def check(subject: Subject, grafana: FakeGrafana, source: Any, *exprs: str) -> Verdict:
    """The verdict on a dashboard of five minutes whose panels ask this data source."""
    board = classic_board("Mine", *(exprs or EXPRS))
    board["time"] = {"from": "now-5m", "to": "now"}
    for panel in board["panels"]:
        panel["datasource"] = source
        del panel["targets"][0]["datasource"]
    grafana.add_folder()
    grafana.add_dashboard(board, "mine", folder="slo-lab")
    return judge(DashboardCriterion(), subject)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"type": "prometheus", "uid": "prometheus"}, ""),
        (None, ""),
        ({"type": "prometheus", "uid": "gone123"}, "no data source “gone123”. Pick “Prometheus”"),
        ("${DS_PROMETHEUS}", "“${DS_PROMETHEUS}” is a placeholder"),
        ({"type": "prometheus", "uid": "dead"}, "Grafana gets no answer from “Dead”"),
        ("Dead", "Grafana gets no answer from “Dead”"),
        ("Second", "“Second” does not have what the lab’s Prometheus scraped"),
        ({"type": "prometheus", "uid": "testdata"}, "“Invented” is of the type testdata"),
    ],
)
def test_only_what_grafana_asks_the_labs_prometheus_counts(
    subject: Subject, grafana: FakeGrafana, source: Any, words: str
) -> None:
    verdict = check(subject, grafana, source)
    assert verdict.status is (Status.NOT_MET if words else Status.MET), verdict
    assert words in verdict.lines[0].text


def test_a_dead_default_is_told_by_its_name(subject: Subject, grafana: FakeGrafana) -> None:
    grafana.add_source("other", "Other", url=NOWHERE, is_default=True)
    verdict = check(subject, grafana, None)
    assert verdict.status is Status.NOT_MET
    assert "no answer from “Other”. Pick “Prometheus” instead" in verdict.lines[0].text


def test_the_macros_follow_the_source_that_is_asked(subject: Subject, grafana: FakeGrafana) -> None:
    exprs = [one.replace("30s", "$__rate_interval") for one in EXPRS]
    assert check(subject, grafana, "Prometheus", *exprs).status is Status.MET
    verdict = check(subject, grafana, "Fast", *exprs)
    assert verdict.status is Status.NOT_MET
    assert "shorter than two scrapes" in verdict.lines[0].text


def test_each_source_is_asked_once_for_a_moment(subject: Subject, grafana: FakeGrafana) -> None:
    check(subject, grafana, "Dead")
    check(subject, grafana, "Dead")
    proxied = [path for path in grafana.paths() if "/proxy/" in path]
    assert sum("uid/dead/" in path for path in proxied) == 1
    assert sum("uid/prometheus/" in path for path in proxied) == 1
    assert grafana.paths().count("GET /api/datasources") == 1


def test_where_listing_is_forbidden_it_is_said_and_the_text_alone_counts(
    subject: Subject, grafana: FakeGrafana
) -> None:
    grafana.hides_sources = True
    verdict = check(subject, grafana, "Dead")
    assert verdict.status is Status.MET
    assert "Grafana does not let the portal list its data sources. So nobody" in verdict.observed


def test_while_one_of_the_two_cannot_be_asked_nothing_is_said_of_a_source(
    subject: Subject, grafana: FakeGrafana
) -> None:
    listed = source_listing(subject.services).sources
    assert listed
    source = next(one for one in listed if one.uid == "prometheus")
    away = replace(subject.services, prometheus=type(subject.services.prometheus)(NOWHERE))
    assert source_answer(away, source, "nobody") is SourceAnswer.UNKNOWN
    assert source_answer(subject.services, source, "no-such-job") is SourceAnswer.UNKNOWN
    grafana.stop()
    assert source_answer(subject.services, source, "flask-app") is SourceAnswer.UNKNOWN
