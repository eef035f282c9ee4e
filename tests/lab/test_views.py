"""The lab page, where there is a Grafana and where there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.criteria.checker import Checker
from portal.services import Services
from stack.doctor import Diagnosis, Health

Row = Callable[[Diagnosis], str]
REASON = "path: no grafana on PATH. download: it can't be reached."
TODO = "Nothing has to be done: every step can be done without it."
ADDRESS = "http://localhost:3000"


@pytest.fixture
def grafana_row(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Row:
    """What the page shows of Grafana, given what the doctor found."""
    monkeypatch.setattr(Checker, "refresh", lambda *_: [])

    def shown(finding: Diagnosis) -> str:
        monkeypatch.setattr("portal.lab.views.diagnose", lambda _settings: [finding])
        return client.get("/lab/fragment").text.split("<tbody>")[1].split("</tbody>")[0]

    return shown


def test_an_absent_grafana_is_no_link_and_its_reason_is_folded(grafana_row: Row) -> None:
    row = grafana_row(Diagnosis("Grafana", Health.ABSENT, ADDRESS, REASON, TODO))
    assert ADDRESS not in row
    assert row.index(TODO) < row.index("<details>") < row.index("no grafana on PATH")


def test_a_grafana_that_runs_is_a_link(grafana_row: Row) -> None:
    row = grafana_row(Diagnosis("Grafana", Health.UP, ADDRESS, "12.4.1"))
    assert f'<a href="{ADDRESS}">Grafana</a>' in row
    assert "<details>" not in row


def test_a_grafana_that_is_down_tells_all_at_once(grafana_row: Row) -> None:
    row = grafana_row(Diagnosis("Grafana", Health.DOWN, ADDRESS, "It ended.", "See its log."))
    assert "It ended. <strong>See its log.</strong>" in row


def test_what_runs_in_the_background_is_told(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checker, "refresh", lambda *_: [])
    assert "in the background" not in client.get("/lab").text
    with services.background.task("follows a burst"):
        page = client.get("/lab").text
    assert "in the background (1)" in page
    assert "follows a burst" in page
