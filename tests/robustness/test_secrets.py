"""No page, command, log, export and no row of the database shows a secret of the settings."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from portal.cli import slo_lab
from portal.config import Settings
from portal.criteria.checker import current_checker
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import utc_now
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.prometheus import EmptyPrometheus
from tests.robustness.portals import portal_app, save_slo
from tests.robustness.test_bad_input import addresses

USER, PASSWORD = "anna-geheim", "p-w-geheim-1"
TOKEN = "glsa_geheimAAAA\nBBBBgeheimCCCC32x"
SECRETS = (USER, PASSWORD, "geheim")
COMMANDS = (("doctor",), ("doctor", "--json"), ("check",), ("export",))


@dataclass
class Shown:
    """Everything that somebody could read, by where it stands."""

    texts: dict[str, str] = field(default_factory=dict)

    def secrets(self) -> list[str]:
        return [where for where, text in self.texts.items() if any(s in text for s in SECRETS)]


def with_login(url: str) -> str:
    return url.replace("http://", f"http://{USER}:{PASSWORD}@")


@pytest.fixture
def addresses_with_logins() -> Iterator[dict[str, str]]:
    """Variables that name systems by addresses with a login; Grafana knows the learner."""
    with FakeGrafana() as grafana, EmptyPrometheus() as prometheus:
        grafana.users[USER] = (PASSWORD, "Admin")
        grafana.add_folder()
        grafana.add_dashboard({**classic_board(), "title": "Mine"}, "mine", folder="slo-lab")
        yield {
            "SLO_LAB_GRAFANA_URL": with_login(grafana.url),
            "SLO_LAB_PROMETHEUS_URL": with_login(prometheus.url),
            "SLO_LAB_MOCKAPP_URL": with_login("http://127.0.0.1:9"),
        }


def rendered(app: Flask) -> Iterator[tuple[str, str]]:
    """Every address, after every check was made."""
    with app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        assert current_checker().check_now(learner.id, current_checker().criteria, utc_now())
    client = app.test_client()
    for path in addresses(app, "GET", "1", "shop", "steady", "json", "dashboard", "preflight"):
        answer = client.get(path)
        yield path, f"{answer.headers}{answer.get_data(as_text=True)}"
        answer.close()


def commanded(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for command in COMMANDS:
        done = CliRunner(env=environ).invoke(slo_lab, command)
        assert done.output
        yield " ".join(command), f"{done.output}{done.exception}"


def kept(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump())


def everything(environ: dict[str, str], folder: Path, caplog: pytest.LogCaptureFixture) -> Shown:
    caplog.set_level(logging.DEBUG)
    environ = {
        **environ,
        "SLO_LAB_DATA_DIR": str(folder / "data"),
        "SLO_LAB_CACHE_DIR": str(folder / "cache"),
        "SLO_LAB_HTMX": "vendored",
    }
    settings, shown = Settings.from_env(environ), Shown()
    with portal_app(settings) as app:
        assert save_slo(app.test_client()).status_code == 303
        shown.texts |= dict(rendered(app))
        shown.texts |= dict(commanded(environ))
    shown.texts["database"] = kept(settings.data_dir / "slo-lab.db")
    shown.texts["log"] = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    return shown


def test_a_login_in_an_address_is_shown_nowhere(
    addresses_with_logins: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shown = everything(addresses_with_logins, tmp_path, caplog)
    assert "Mine" in shown.texts["/workbench/dashboards"]
    assert shown.secrets() == []


def test_a_token_that_no_header_can_hold_is_shown_nowhere(
    addresses_with_logins: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = {"SLO_LAB_GRAFANA_TOKEN": TOKEN, "SLO_LAB_FAULT_TOKEN": TOKEN}
    shown = everything(addresses_with_logins | token, tmp_path, caplog)
    assert "login for it has a line end" in shown.texts["/criteria/dashboard"]
    assert "login for it has a line end" in shown.texts["check"]
    assert shown.secrets() == []
