"""The house's rules that a machine can check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import create_app
from portal.config import Settings
from portal.services import Services

ROOT = Path(__file__).parent.parent
PURE = (
    *("portal/clients", "portal/promql", "portal/dashboards"),
    *("portal/shop", "portal/rulefile", "portal/trial"),
)
SOURCES = [p for top in ("portal", "mockapp", "stack") for p in sorted((ROOT / top).rglob("*.py"))]
REPORT = "report.html"  # a file that is downloaded: its style is inside on purpose
TEMPLATES = [
    path for path in sorted((ROOT / "portal" / "templates").rglob("*.html")) if path.name != REPORT
]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n.startswith(PURE)])
def test_the_foundations_know_no_feature_no_flask_and_no_database(name: str) -> None:
    if name == "portal/dashboards/cli.py":
        return
    allowed = ("portal.clients", "portal.promql", "portal.dashboards", "portal.errors")
    allowed += ("portal.shop", "portal.rulefile", "portal.trial")
    for module in imports(ROOT / name):
        assert not module.startswith(("flask", "sqlalchemy")), module
        if module.startswith("portal."):
            assert module.startswith((*allowed, "portal.config")), module


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n.startswith("mockapp")])
def test_the_mock_service_knows_nothing_of_the_portal(name: str) -> None:
    assert not any(module.startswith(("portal", "stack")) for module in imports(ROOT / name))


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n.startswith("stack")])
def test_the_stack_knows_settings_errors_and_clients_only(name: str) -> None:
    allowed = ("portal.config", "portal.errors", "portal.clients", "portal.secret_files")
    for module in imports(ROOT / name):
        assert not module.startswith("portal.") or module.startswith(allowed), module


@pytest.mark.parametrize("name", named(SOURCES))
def test_nothing_is_called_utils(name: str) -> None:
    assert Path(name).stem not in {"utils", "helpers", "common", "util", "misc"}


@pytest.mark.parametrize("name", named(SOURCES))
def test_only_one_module_spells_the_headers_of_htmx(name: str) -> None:
    assert name == "portal/htmx.py" or '"HX-' not in (ROOT / name).read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=named(TEMPLATES))
def test_templates_hold_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\s(style|on[a-z]+)=", text)
    assert "<style" not in text
    assert "| safe" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=named(TEMPLATES))
def test_every_form_that_changes_something_works_without_a_script(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*>", path.read_text()):
        assert "hx-post" not in form or ('method="post"' in form and "action=" in form), form


def test_every_template_compiles(settings: Settings, services: Services) -> None:
    app = create_app(settings, services)
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)


def test_no_grid_grows_beyond_the_page_with_what_is_in_it() -> None:
    """A grid without columns of its own is as wide as the longest line of code in it."""
    style = (ROOT / "portal" / "static" / "app.css").read_text()
    rules = re.findall(r"([^{}]+){([^{}]*display: grid[^{}]*)}", style)
    assert len(rules) > 5
    assert [name.strip() for name, body in rules if "grid-template-columns" not in body] == []
