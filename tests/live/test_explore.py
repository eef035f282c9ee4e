"""A query in Grafana's Explore, asked through the data source that the lab means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from portal.clients.grafana import Credentials, GrafanaClient
from portal.config import Settings
from portal.services import Services
from tests.apps import portal_app
from tests.conftest import NOWHERE
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS

QUERY = 'sum(rate(x{a="&b"}[1m]))\n/ sum(rate(x[1m]))'


@contextmanager
def portal_at(
    settings: Settings, services: Services, url: str, token: str
) -> Iterator[FlaskClient]:
    settings = replace(settings, grafana_url=url)
    asked = GrafanaClient(url, Credentials(token=token), timeout=SECONDS)
    with portal_app(settings, replace(services, settings=settings, grafana=asked)) as app:
        yield app.test_client()


def pane(client: FlaskClient, expr: str = QUERY) -> tuple[str, dict[str, Any]]:
    """Where the link leads: the page, and what it shows there."""
    place = client.get("/slis/explore", query_string={"expr": expr}).headers["Location"]
    parts = urlsplit(place)
    asked = parse_qs(parts.query)
    assert set(asked) == {"left"}
    return place.partition("?")[0], json.loads(asked["left"][0])


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with FakeGrafana(anonymous=None) as fake:
        yield fake


def test_the_query_is_asked_through_the_labs_data_source(
    settings: Settings, services: Services, grafana: FakeGrafana
) -> None:
    with portal_at(settings, services, grafana.url, grafana.make_token()) as client:
        page, shown = pane(client)
    assert page == f"{grafana.url}/explore"
    [query] = shown["queries"]
    assert query["expr"] == QUERY
    assert shown["datasource"] == query["datasource"]["uid"] == "prometheus"
    assert shown["range"] == {"from": "now-15m", "to": "now"}


def test_in_another_grafana_it_is_the_prometheus_there(
    settings: Settings, services: Services, grafana: FakeGrafana
) -> None:
    grafana.sources.clear()
    grafana.add_source("other", "Other", is_default=False)
    grafana.add_source("theirs", "Theirs", is_default=True)
    with portal_at(settings, services, grafana.url, grafana.make_token()) as client:
        _, shown = pane(client)
    assert shown["datasource"] == shown["queries"][0]["datasource"]["uid"] == "theirs"


def test_where_nobody_tells_the_data_sources_it_is_the_labs_own(
    settings: Settings, services: Services
) -> None:
    with portal_at(settings, services, f"{NOWHERE}/grafana", "x") as client:
        page, shown = pane(client)
    assert page == f"{NOWHERE}/grafana/explore"
    assert shown["datasource"] == "prometheus"


def test_a_hostile_query_leads_nowhere_else(settings: Settings, services: Services) -> None:
    with portal_at(settings, services, NOWHERE, "x") as client:
        page, shown = pane(client, '"}&orgId=9#https://elsewhere')
    assert page == f"{NOWHERE}/explore"
    assert shown["queries"][0]["expr"] == '"}&orgId=9#https://elsewhere'
