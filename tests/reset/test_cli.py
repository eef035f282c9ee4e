"""``slo-lab reset``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal.cli import slo_lab
from portal.config import Settings
from portal.reflections import store
from portal.reflections.store import Draft
from stack.lock import PortalAliveError
from tests.conftest import START


@pytest.fixture(autouse=True)
def lab(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder with an answer in it, named by the environment."""
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(settings.data_dir))
    with app.app_context():
        store.save_answer(1, Draft.of("slis", "An answer"), START)
    app.extensions["slo_lab_lock"].release()  # as if this portal had ended


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(slo_lab, ["reset", *arguments], input=typed)


def answer(app: Flask) -> str:
    with app.app_context():
        return store.answers(1)["slis"]


def test_without_a_name_it_shows_what_can_be_reset(app: Flask) -> None:
    result = run()
    assert result.exit_code == 0
    assert "reflections       1 answer" in result.output
    assert answer(app) == "An answer"


@pytest.mark.parametrize(("typed", "left"), [("n\n", "An answer"), ("", "An answer"), ("y\n", "")])
def test_it_asks_first(app: Flask, typed: str, left: str) -> None:
    result = run("reflections", typed=typed)
    assert "this deletes 1 answer. Go on?" in result.output
    assert answer(app) == left
    assert (result.exit_code == 0) is (left == "")


def test_yes_is_not_asked(app: Flask) -> None:
    result = run("lab", "--yes")
    assert result.output == "The whole lab: reset.\n"
    assert answer(app) == ""


def test_an_unknown_name_is_refused_with_the_known_ones(app: Flask) -> None:
    result = run("everything")
    assert result.exit_code == 2
    assert "reflections, lab" in result.output


def test_it_refuses_while_a_portal_is_alive(app: Flask) -> None:
    app.extensions["slo_lab_lock"].share()
    error = run("lab", "--yes").exception
    assert isinstance(error, PortalAliveError)
    assert "its page “Start over”" in str(error)
    assert answer(app) == "An answer"
    assert run().exit_code == 0
