"""The lab's commands: in containers each is named as it is typed there; none keeps a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, event

from portal.cli import COMMANDS, main, slo_lab
from portal.commands import in_containers, typed_here
from portal.config import Settings
from portal.services import Services
from stack.doctor import diagnose
from tests.apps import portal_app
from tests.robustness.rows import pages


@contextmanager
def opened() -> Iterator[list[object]]:
    """The database connections that were opened and not closed meanwhile."""
    still: list[object] = []

    def connected(connection: object, record: object) -> None:
        still.append(connection)

    def closed(connection: object, record: object) -> None:
        still.remove(connection)

    event.listen(Engine, "connect", connected)
    event.listen(Engine, "close", closed)
    try:
        yield still
    finally:
        event.remove(Engine, "connect", connected)
        event.remove(Engine, "close", closed)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["reset"], 0),
        (["export"], 0),
        (["slo", "export"], 0),
        (["check"], 1),
    ],
)
def test_a_command_leaves_no_connection_open(
    app: Flask,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
) -> None:
    for name in ("DATA_DIR", "MOCKAPP_URL", "PROMETHEUS_URL"):
        monkeypatch.setenv(f"SLO_LAB_{name}", str(getattr(settings, name.lower())))
    with opened() as still:
        result = CliRunner().invoke(slo_lab, arguments)
    assert (result.exit_code, still) == (status, []), result.output


IN_COMPOSE = {
    "SLO_LAB_MOCKAPP_URL": "http://127.0.0.1:9",
    "SLO_LAB_MOCKAPP_PUBLIC_URL": "http://localhost:8101",
    "SLO_LAB_PROMETHEUS_URL": "http://127.0.0.1:9",
    "SLO_LAB_PROMETHEUS_PUBLIC_URL": "http://localhost:9191",
    "SLO_LAB_GRAFANA_URL": "http://127.0.0.1:9",
    "SLO_LAB_GRAFANA_PUBLIC_URL": "http://localhost:3131",
}
NATIVE = re.compile(r"(?<!portal )\bslo-lab (?=[a-z])|\.venv|make lab|data folder")
"""Words that say nothing to somebody whose lab is in containers."""


@pytest.fixture
def compose(settings: Settings) -> Settings:
    """Those of a lab that docker compose runs; none of its servers answers."""
    given = Settings.from_env(IN_COMPOSE)
    return replace(given, data_dir=settings.data_dir, grafana_token_file="/data/secrets/token")


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("See `slo-lab logs grafana`.", "See `docker compose logs grafana`."),
        ("slo-lab doctor says more.", "docker compose exec portal slo-lab doctor says more."),
        ("slo-lab slo export", "docker compose exec portal slo-lab slo export"),
        ("run slo-lab clean first", "run docker compose down --volumes first"),
        ("slo-lab restore puts", "docker compose run --rm portal slo-lab restore puts"),
        ("folder ~/slo-lab is", "folder ~/slo-lab is"),
        (
            "Free it or set SLO_LAB_DATA_DIR to another one.",
            "Free it or start a lab with volumes of its own (docker compose -p NAME up -d).",
        ),
    ],
)
def test_a_command_in_a_text_is_typed_as_the_lab_runs(
    settings: Settings, compose: Settings, text: str, there: str
) -> None:
    assert typed_here(text, settings) == text
    assert typed_here(text, compose) == there
    assert typed_here(there, compose) == there


@pytest.mark.parametrize("module", ["secret_files", "wsgi", "kit/database_fault"])
def test_another_data_folder_is_another_project_there(compose: Settings, module: str) -> None:
    """Every sentence that sends somebody to another folder; the setting counts for nothing."""
    source = (Path(__file__).parents[1] / "portal" / f"{module}.py").read_text()
    said = re.sub(r"\{variable\('data_dir'\)\}", "SLO_LAB_DATA_DIR", source)
    assert "SLO_LAB_DATA_DIR" in said
    assert "SLO_LAB_DATA_DIR" not in typed_here(said, compose)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_known_there(command: str, compose: Settings) -> None:
    assert typed_here(f"slo-lab {command}", compose) == in_containers(command)


def test_no_page_in_containers_names_what_is_native(compose: Settings, services: Services) -> None:
    with portal_app(compose, replace(services, settings=compose)) as app:
        client = app.test_client()
        for address in pages(app):
            answer = client.get(address)
            assert NATIVE.findall(answer.text) == [], address
            answer.close()


def test_a_bug_in_containers_names_the_log_there(compose: Settings, services: Services) -> None:
    config = {"TESTING": False, "PROPAGATE_EXCEPTIONS": False}
    with portal_app(compose, replace(services, settings=compose), config) as app:
        app.add_url_rule("/breaks", view_func=lambda: str(1 / 0))
        assert "docker compose logs portal has the details" in app.test_client().get("/breaks").text


def test_doctor_in_containers_names_what_is_typed_there(compose: Settings) -> None:
    told = " ".join(f"{one.name} {one.detail} {one.todo}" for one in diagnose(compose))
    assert NATIVE.findall(told) == []
    assert "`docker compose logs mockapp`" in told
    assert "`docker compose logs prometheus`" in told


@pytest.mark.parametrize(
    ("command", "instead"),
    [("clean", "docker compose down --volumes"), ("logs", "docker compose logs")],
)
def test_what_docker_does_is_refused_with_its_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, command: str, instead: str
) -> None:
    for name, value in IN_COMPOSE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(settings.data_dir))
    settings.data_dir.mkdir(exist_ok=True)
    (settings.data_dir / "slo-lab.db").touch()
    refused = CliRunner().invoke(slo_lab, [command])
    assert f"on the host, `{instead}` does this" in str(refused.exception)
    assert (settings.data_dir / "slo-lab.db").exists()


def test_an_error_of_a_command_is_told_so_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in IN_COMPOSE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(settings.data_dir))
    (settings.data_dir / "copies").mkdir(parents=True)
    (settings.data_dir / "copies" / "slo-lab.db.1").touch()
    monkeypatch.setattr("sys.argv", ["slo-lab", "export"])
    monkeypatch.setattr("portal.copies.store.is_lost", lambda _: True)
    monkeypatch.setattr("portal.wsgi.is_lost", lambda _: True)
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr().err
    assert "docker compose run --rm portal slo-lab restore puts one back" in told
    assert NATIVE.findall(told.removeprefix("slo-lab: ")) == []
