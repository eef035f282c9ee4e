"""The real Prometheus of the alerts' tests, and a Grafana that has no rules yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal.services import Services
from tests.conftest import NOWHERE
from tests.fakes.grafana import FakeGrafana
from tests.patient import services_at
from tests.rulefolder.conftest import _running_lab, lab, lab_services, lab_settings

__all__ = ["_running_lab", "lab", "lab_services", "lab_settings"]


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    """A Grafana 9.4 with the folder "SLO lab", open to anonymous viewers."""
    with FakeGrafana() as fake:
        fake.add_folder()
        yield fake


def asking(services: Services, grafana: str = NOWHERE) -> Services:
    """The services with a Grafana at that address, which the settings name."""
    settings = replace(services.settings, grafana_url=grafana)
    told = services_at(settings)
    return replace(services, settings=settings, grafana=told.grafana)
