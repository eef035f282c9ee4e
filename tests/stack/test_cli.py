from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal import create_app, end_app
from portal.cli import slo_lab
from portal.config import Settings
from portal.errors import SLOLabError
from stack.layout import Layout
from stack.lock import Lock, PortalAliveError
from tests.stack.labs import environment


@pytest.fixture
def environ(tmp_path: Path, settings: Settings) -> dict[str, str]:
    cache = str(settings.cache_dir)
    return environment(tmp_path, SLO_LAB_CACHE_DIR=cache, SLO_LAB_DATA_DIR=str(settings.data_dir))


def run(environ: dict[str, str], *words: str, answer: str = "") -> Result:
    return CliRunner(env=environ).invoke(slo_lab, words, input=answer)


def test_doctor_exits_1_when_something_is_down(environ: dict[str, str]) -> None:
    result = run(environ, "doctor")
    assert result.exit_code == 1
    assert "down      lab" in result.output
    assert "-> Start it with `make lab` or `slo-lab up`." in result.output


def test_doctor_speaks_json(environ: dict[str, str]) -> None:
    document = json.loads(run(environ, "doctor", "--json").output)
    assert document["version"] == 1
    first = document["findings"][0]
    assert (first["name"], first["status"]) == ("lab", "down")
    assert set(first) == {"name", "status", "url", "detail", "todo"}


def test_logs_shows_all_with_their_names(environ: dict[str, str], layout: Layout) -> None:
    layout.log("portal").write_text("one\ntwo\nthree\n")
    layout.log("mockapp").write_text("four\n")
    assert run(environ, "logs", "-n", "2").output.splitlines() == [
        "mockapp    | four",
        "portal     | two",
        "portal     | three",
    ]


def test_logs_shows_one(environ: dict[str, str], layout: Layout) -> None:
    layout.log("portal").write_text("one\n")
    layout.log("mockapp").write_text("two\n")
    assert run(environ, "logs", "portal").output == "one\n"


def test_a_log_that_is_not_there_is_named_with_those_that_are(
    environ: dict[str, str], layout: Layout
) -> None:
    layout.log("portal").write_text("one\n")
    error = run(environ, "logs", "grafana").exception
    assert isinstance(error, SLOLabError)
    assert str(error) == "There is no log of 'grafana'; there are: portal."


def test_clean_says_what_it_deletes_and_spares_the_rest(
    environ: dict[str, str], layout: Layout
) -> None:
    mine = layout.root / "thesis.txt"
    mine.write_text("mine")
    (layout.root / "slo-lab.db").touch()
    result = run(environ, "clean", answer="y\n")
    assert str(layout.root / "slo-lab.db") in result.output
    assert [path.name for path in layout.root.iterdir()] == ["thesis.txt"]


def test_clean_deletes_nothing_without_a_yes(environ: dict[str, str], layout: Layout) -> None:
    result = run(environ, "clean", answer="n\n")
    assert result.exit_code == 1
    assert layout.secrets.is_dir()


def test_clean_removes_the_folder_that_is_empty_then(
    environ: dict[str, str], layout: Layout
) -> None:
    assert run(environ, "clean", "--yes").exit_code == 0
    assert not layout.root.exists()
    assert "nothing to delete" in run(environ, "clean").output


def test_clean_takes_the_cache_only_when_asked(
    environ: dict[str, str], layout: Layout, settings: Settings
) -> None:
    settings.cache_dir.mkdir()
    run(environ, "clean", "--yes")
    assert settings.cache_dir.is_dir()
    run(environ, "clean", "--yes", "--cache")
    assert not settings.cache_dir.exists()


def test_clean_refuses_while_the_lab_runs(environ: dict[str, str], layout: Layout) -> None:
    with Lock(layout.lock):
        error = run(environ, "clean", "--yes").exception
    assert isinstance(error, SLOLabError)
    assert layout.secrets.is_dir()


def test_clean_refuses_while_a_portal_is_alive_that_no_supervisor_started(
    environ: dict[str, str], layout: Layout, settings: Settings
) -> None:
    app = create_app(settings)
    error = run(environ, "clean", "--yes").exception
    assert isinstance(error, PortalAliveError)
    assert (layout.root / "slo-lab.db").exists()
    assert end_app(app) == []
    assert run(environ, "clean", "--yes").exit_code == 0
    assert not layout.root.exists()


def test_clean_goes_on_after_what_can_not_be_deleted_and_names_it(
    environ: dict[str, str], layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layout.root / "slo-lab.db").touch()

    def refuse(path: Path) -> None:
        if path == layout.secrets:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        really(path)

    really = shutil.rmtree
    monkeypatch.setattr("shutil.rmtree", refuse)
    error = run(environ, "clean", "--yes").exception
    assert isinstance(error, SLOLabError)
    assert str(error) == f"All is deleted but {layout.secrets} (Read-only file system)."
    assert [path.name for path in layout.root.iterdir()] == ["secrets"]


def test_clean_says_that_another_database_is_kept(environ: dict[str, str], layout: Layout) -> None:
    environ["SLO_LAB_DATABASE_URL"] = "postgresql+psycopg://u:hunter2@h/n?password=hunter3"
    kept = "all else that stands in the database postgresql+psycopg://h/n is kept"
    asked = run(environ, "clean", answer="n\n").output
    assert asked.index(kept) < asked.index("Delete them?")
    assert kept in run(environ, "clean", "--yes").output
    nothing = run(environ, "clean", "--yes").output
    assert kept in nothing
    assert "hunter" not in asked + nothing
