"""How the environment is made; what pip does is left to ``make``, which runs before any test."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stack import bootstrap
from tests.stack.labs import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with empty requirement files, whose pip only notes what it was asked."""
    for name in ("stack", "requirements"):
        (tmp_path / name).mkdir()
    shutil.copy(bootstrap.__file__, tmp_path / "stack" / "bootstrap.py")
    for name in ("requirements/lab.txt", "requirements/test.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\nexit ${PIP_STATUS:-0}\n')
    python.chmod(0o755)
    return tmp_path


@pytest.fixture
def run(checkout: Path) -> Run:
    def run(kind: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, checkout / "stack" / "bootstrap.py", kind],
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def asked(checkout: Path) -> list[str]:
    return (checkout / ".venv" / "bin" / "asked").read_text().splitlines()


def test_packages_are_installed_by_their_hashes_and_the_lab_without_a_look_around(
    checkout: Path, run: Run
) -> None:
    assert run("test").returncode == 0
    packages, lab = asked(checkout)[-2:]
    assert f"--require-hashes --requirement {checkout}/requirements/test.txt" in packages
    assert f"--no-deps --no-build-isolation --editable {checkout}" in lab


def test_a_second_run_does_nothing(checkout: Path, run: Run) -> None:
    run("lab")
    before = asked(checkout)
    assert run("lab").stdout == ""
    assert asked(checkout) == before


def test_what_the_tests_need_is_enough_for_the_lab(checkout: Path, run: Run) -> None:
    run("test")
    assert run("lab").stdout == ""


def test_what_the_lab_needs_is_not_enough_for_the_tests(checkout: Path, run: Run) -> None:
    run("lab")
    assert "Installing" in run("test").stdout


@pytest.mark.parametrize("name", ["requirements/lab.txt", "pyproject.toml"])
def test_a_changed_file_installs_anew(checkout: Path, run: Run, name: str) -> None:
    run("lab")
    (checkout / name).write_text("# changed")
    assert "Installing" in run("lab").stdout


def test_a_failed_install_is_a_sentence_and_is_tried_again(checkout: Path, run: Run) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\ncase "$*" in *install*) exit 1;; esac\n')
    failed = run("lab")
    assert failed.returncode == 1
    assert "The packages can't be installed" in failed.stderr
    python.write_text("#!/bin/sh\nexit 0\n")
    assert run("lab").returncode == 0


def test_an_old_python_gets_as_far_as_its_sentence() -> None:
    """The oldest grammar that ast knows to ask for is that of 3.4; f-strings came with 3.6."""
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 6))


def test_a_python_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=r"The lab needs Python 3\.11 or newer"):
        bootstrap.check_python()


def test_a_missing_module_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(
        SystemExit, match=r"has no module ensurepip.*apt-get install python3\.\d+-venv"
    ):
        bootstrap.check_python()


def test_make_without_a_goal_lists_the_commands() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for goal in ("make lab", "make test", "make lint", "make bench", "make clean"):
        assert goal in shown
