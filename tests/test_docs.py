"""The docs name every command, preset and criterion, and CI runs the command that they name."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from portal.bursts.profiles import PRESETS
from portal.cli import COMMANDS, slo_lab
from portal.criteria.base import Criterion
from portal.features import CRITERIA
from tests.test_house import FLOORS, imports

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


OTHER_NAMES = {
    "markdown-it": "markdown-it-py",
    "pythonjsonlogger": "python-json-logger",
    "re2": "google-re2",
    "yaml": "pyyaml",
}
"""Modules that are not called like their package."""


def test_what_is_imported_is_declared() -> None:
    """Not left to come along with something else."""
    declared = set(dependencies())
    ours = {"portal", "mockapp", "stack", "migrations", "_typeshed"}
    sources = (p for top in ours for p in (ROOT / top).rglob("*.py"))
    modules = {module.split(".")[0] for source in sources for module in imports(source) if module}
    foreign = {name.replace("_", "-") for name in modules - ours - sys.stdlib_module_names}
    assert {OTHER_NAMES.get(name, name) for name in foreign} <= declared


def dependencies() -> list[str]:
    """The names of all that the project needs, with what belongs to an extra of its own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    said = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    return [re.split(r"[^\w-]", one)[0] for one in said]


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    for name in dependencies():
        assert name in reasons, name


PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


def is_there(name: str) -> bool:
    """Whether there is such a module, or such a thing in the module before the last dot."""
    module, _, attribute = name.rpartition(".")
    return hasattr(import_module(module), attribute) or bool(find_spec(name))


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_what_a_page_names_is_there(page: Path) -> None:
    """Paths of the tree, modules, and what they hold."""
    text = page.read_text()
    for path in re.findall(r"`((?:portal|stack|mockapp|tests|bench|docs)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(portal(?:\.\w+)+)", text):
        assert is_there(name), name


def test_the_architecture_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    picture = page.split("```")[1]
    for name in (room for rooms in FLOORS for room in rooms):
        assert re.search(rf"\b{name.removeprefix('stack.')}\b", picture), name


def test_the_words_are_one_line_each_and_in_order() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", (ROOT / "docs" / "words.md").read_text(), re.M)
    words = [row.lower() for row in rows if row != "word"]
    assert len(words) > 30
    assert words == sorted(set(words))
