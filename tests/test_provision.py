"""How the tests come by a browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from portal.errors import SLOLabError
from tests import provision
from tests.robustness import postgresql


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No browser is here, and what is run to get one only leaves a note."""
    notes: list[str] = []
    monkeypatch.setattr(provision, "_chromium_on_path", lambda: None)
    monkeypatch.setattr(provision, "_chromium_of_playwright", lambda: None)
    monkeypatch.setattr(provision, "_run", lambda command: notes.append(" ".join(command)))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return notes


def test_one_on_path_is_taken_and_nothing_is_installed(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "_chromium_on_path", lambda: Path("/usr/bin/chromium"))
    assert provision.provide_chromium() == Path("/usr/bin/chromium")
    assert ran == []


def test_playwrights_own_comes_before_the_distributions(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path("/cache/chromium")
    monkeypatch.setattr(provision, "_chromium_of_playwright", lambda: own if ran else None)
    assert provision.provide_chromium() == own
    assert [note.split(" -m ")[1] for note in ran] == ["playwright install chromium"]


def test_root_gets_the_distributions_last(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SLOLabError, match="The browser tests need Chromium"):
        provision.provide_chromium()
    assert ran[-1].startswith("apt-get -q install -y")


def test_without_root_it_is_one_clear_sentence(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SLOLabError, match="Install Chromium or Chrome"):
        provision.provide_chromium()
    assert not [note for note in ran if note.startswith("apt-get")]


def test_postgresql_that_is_here_is_taken(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "programs", lambda: Path("/opt/postgresql/bin"))
    assert provision.provide_postgresql() == Path("/opt/postgresql/bin")
    assert ran == []


@pytest.mark.parametrize("user", [0, 1000])
def test_root_gets_the_distributions_postgresql_and_starts_none(
    ran: list[str], monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = Path("/usr/lib/postgresql/15/bin")
    monkeypatch.setattr(provision, "programs", lambda: found if ran else None)
    assert provision.provide_postgresql() == (found if user == 0 else None)
    assert [note.split()[-1] for note in ran] == (["update", "postgresql"] if user == 0 else [])
    assert all("RUNLEVEL=1" in note for note in ran[1:])


@pytest.mark.parametrize(("ci", "outcome"), [("true", Failed), ("", Skipped)])
def test_without_postgresql_its_tests_are_skipped_but_fail_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(postgresql, "programs", lambda: None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="PostgreSQL is not installed"):
        postgresql.needed_programs()
