"""The docs name every command, preset and criterion, and CI runs the command that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.bursts.profiles import PRESETS
from portal.cli import COMMANDS, slo_lab
from portal.criteria.base import Criterion
from portal.features import CRITERIA

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_tells_every_command(name: str) -> None:
    assert f"`slo-lab {name}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_has_help(name: str) -> None:
    command = slo_lab.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help


@pytest.mark.parametrize("name", PRESETS)
def test_contributing_tells_every_preset(name: str) -> None:
    assert f"`{name}`" in CONTRIBUTING


@pytest.mark.parametrize("criterion", CRITERIA, ids=[one.id for one in CRITERIA])
def test_contributing_tells_every_criterion_and_each_stands_in_its_room(
    criterion: Criterion,
) -> None:
    assert f"`{criterion.id}`" in CONTRIBUTING
    assert type(criterion).__module__.endswith(".criterion")


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "make test" in README
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (ROOT / target).exists(), target


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    block = project.split("\ndependencies = [")[1].split("]")[0]
    for name in re.findall(r'"([a-z-]+)', block):
        assert name in reasons, name
