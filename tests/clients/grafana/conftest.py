"""A fake Grafana of each version, and clients for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.clients.grafana import Credentials, GrafanaClient
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS

VERSIONS = ("9.4.0", "10.4.2", "11.6.1", "12.4.3", "13.2.0")


@pytest.fixture
def fake() -> Iterator[FakeGrafana]:
    """A Grafana 9.4 with the folder "SLO lab", open to anonymous viewers."""
    with FakeGrafana() as grafana:
        grafana.add_folder()
        yield grafana


@pytest.fixture(params=VERSIONS)
def each_version(request: pytest.FixtureRequest) -> Iterator[FakeGrafana]:
    """The same in each version that we claim to read."""
    with FakeGrafana(request.param) as grafana:
        grafana.add_folder()
        yield grafana


@pytest.fixture
def editor(fake: FakeGrafana) -> GrafanaClient:
    """A client with a token of an Editor's."""
    return GrafanaClient(fake.url, Credentials(token=fake.make_token("Editor")), timeout=SECONDS)


@pytest.fixture
def viewer(fake: FakeGrafana) -> GrafanaClient:
    """A client without a login: an anonymous viewer."""
    return GrafanaClient(fake.url, timeout=SECONDS)
