"""``slo-lab export``, with no lab running."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal.cli import slo_lab
from portal.config import Settings
from portal.errors import SLOLabError
from portal.reflections import store
from portal.reflections.store import Draft
from tests.conftest import NOWHERE, START


@pytest.fixture(autouse=True)
def lab(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder with an answer in it, named by the environment."""
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SLO_LAB_PROMETHEUS_URL", NOWHERE)
    with app.app_context():
        store.save_answer(1, Draft.of("slis", "Availability, עברית"), START)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(slo_lab, ["export", *arguments])


def test_it_writes_markdown_to_stdout() -> None:
    result = run()
    assert result.exit_code == 0
    assert result.stdout.startswith("# What I learned in SLO Lab\n")
    assert "Availability, עברית" in result.stdout
    assert "Could not be asked: Prometheus" in result.stdout


def test_stdout_holds_the_json_alone() -> None:
    document = json.loads(run("--format", "json").stdout)
    assert document["questions"][0]["answer"] == "Availability, עברית"


def test_html_needs_no_running_portal() -> None:
    assert run("--format", "html").stdout.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("name", "start"),
    [("r.json", "{"), ("r.html", "<!doctype"), ("r.md", "# What"), ("reflection", "# What")],
)
def test_the_files_name_decides_the_format(tmp_path: Path, name: str, start: str) -> None:
    result = run("--output", str(tmp_path / name))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_a_file_that_can_not_be_written_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    result = run("--output", str(tmp_path / "missing" / "r.md"))
    assert isinstance(result.exception, SLOLabError)
    assert "can't be written: No such file or directory." in str(result.exception)
