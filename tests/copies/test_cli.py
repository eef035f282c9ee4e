"""``slo-lab restore``, and the copy that each start keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal import end_app
from portal.cli import slo_lab
from portal.config import Settings
from portal.copies.store import CopyError, copies, database_path
from portal.errors import SLOLabError
from portal.reflections import store
from portal.reflections.store import Draft
from portal.wsgi import prepared_app
from stack.layout import Layout
from stack.lock import Lock, PortalAliveError
from tests.conftest import START


@pytest.fixture
def database(settings: Settings) -> Path:
    found = database_path(settings)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def environ(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(settings.data_dir))


def start(settings: Settings, text: str = "") -> str:
    """Start a portal, end it; what it found written, before it wrote that text."""
    app = prepared_app(settings, with_copy=True)
    with app.app_context():
        found = store.answers(1).get("slis", "")
        if text:
            version = store.kept_answers(1)["slis"].version
            store.save_answer(1, Draft.of("slis", text, version), START)
    end_app(app)
    return found


def restore(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(slo_lab, ["restore", *words], input=typed)


def test_each_start_keeps_what_the_one_before_left(settings: Settings) -> None:
    for text in ("one", "two"):
        start(settings, text)
    start(settings)
    assert restore().output.splitlines()[0] == "Copies (slo-lab restore NUMBER):"
    assert restore("1", "--yes").output.startswith("Done. What was there is kept as ")
    assert start(settings) == "one"


def test_it_asks_first(settings: Settings) -> None:
    for text in ("one", "two"):
        start(settings, text)
    start(settings)
    assert restore("1", typed="n\n").exit_code == 1
    assert start(settings) == "two"


def test_without_copies_it_says_so_and_an_unknown_number_is_refused(settings: Settings) -> None:
    assert "There is no copy" in restore().output
    assert "there are: none" in restore("7").output


def test_a_database_that_is_gone_is_told_until_it_is_put_back(
    settings: Settings, database: Path
) -> None:
    for text in ("one", "two"):
        start(settings, text)
    database.unlink()
    with pytest.raises(SLOLabError, match=r"is gone, .* slo-lab restore .* slo-lab clean"):
        start(settings)
    assert not database.exists()
    newest = str(copies(database)[0].number)
    assert restore(newest, "--yes").output == "Done.\n"
    assert start(settings) == "one"


def test_it_refuses_while_a_portal_is_alive(settings: Settings, database: Path) -> None:
    for text in ("one", "two"):
        start(settings, text)
    app = prepared_app(settings)
    error = restore("1", "--yes").exception
    assert isinstance(error, PortalAliveError)
    assert end_app(app) == []
    with Lock(Layout(settings.data_dir).lock):
        assert isinstance(restore("1", "--yes").exception, SLOLabError)
    assert start(settings) == "two"


def test_a_postgresql_has_backups_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_LAB_DATABASE_URL", "postgresql+psycopg://u:p@h/n")
    error = restore().exception
    assert isinstance(error, CopyError)
    assert "your own backups" in str(error)


def test_a_damaged_database_is_neither_started_nor_copied(
    settings: Settings, database: Path
) -> None:
    start(settings, "one")
    start(settings, "two")
    content = database.read_bytes()
    database.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    before = [copy.number for copy in copies(database)]
    with pytest.raises(SLOLabError, match="slo-lab restore"):
        start(settings)
    assert [copy.number for copy in copies(database)] == before
