"""The house's rules that a machine can check."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import create_app
from portal.config import Settings
from portal.services import Services

ROOT = Path(__file__).parent.parent
FLOORS = (
    ("errors", "numbers", "moments", "logins"),
    ("durations", "words", "directions", "files", "records"),
    ("config", "limits", "documents", "background", "instruments"),
    ("readings",),
    ("secret_files", "settings_table"),
    ("stack.layout", "stack.lock", "stack.state", "stack.ports"),
    ("clients",),
    ("shop",),
    ("stack.doctor",),
    ("promql",),
    ("rulefile",),
    ("slo",),
    ("trial",),
    ("dashboards",),
    ("tie",),
    ("services",),
    ("kit",),
    ("learners", "copies"),
    ("bursts",),
    ("criteria",),
    ("lab", "rulefolder"),
    ("objectives",),
    ("live",),
    ("alerts",),
    ("stage", "impact", "workbench"),
    ("steps",),
    ("reflections",),
    ("reset", "welcome"),
    ("features",),
    ("create_app",),
    ("wsgi", "stack"),
    ("cli",),
)
"""The rooms of ``portal/`` from the ground up: each imports only what stands below it.

Every ``cli.py`` belongs to the roof, in whichever room it stands. Of ``stack/`` the portal knows
what has a floor by its name; the rest is ``stack``, which only command lines may call.
"""
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
PURE = ("shop", "promql", "rulefile", "slo", "trial", "dashboards", "tie")
ADJECTIVES = frozenset({
    *("fresh", "kept", "judged", "guarded", "managed", "loaded", "sampled", "made", "reached"),
    *("written", "running", "during", "guarding", "custom", "shared", "live", "known", "used"),
})  # fmt: skip
SOURCES = [p for top in ("portal", "mockapp", "stack") for p in sorted((ROOT / top).rglob("*.py"))]
TESTS = [
    path
    for path in sorted((ROOT / "tests").rglob("*.py"))
    if path.relative_to(ROOT).parts[1] != "stack"
]
REPORT = "report.html"  # a file that is downloaded: its style is inside on purpose
TEMPLATES = [
    path for path in sorted((ROOT / "portal" / "templates").rglob("*.html")) if path.name != REPORT
]


OWN = ("portal", "stack", "mockapp")
LATE = ("portal/__init__.py", "cli.py")
"""May import inside of functions: a command's own lines are needed by nobody else."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def room(name: str) -> str:
    """The room of a file or a module of ``portal`` or ``stack``."""
    top, *parts = name.removesuffix(".py").replace("/", ".").split(".")
    if top == "stack" and parts[-1:] != ["cli"]:
        known = ".".join(("stack", *parts[:1]))
        return known if known in FLOOR else "stack"
    if not parts or parts == ["__init__"]:
        return "create_app"
    return "cli" if parts[-1] == "cli" else parts[0]


def taken(path: Path) -> Iterator[str]:
    """What a file takes from the house, module by module: ``from portal import db`` is one.

    Where modules are imported by a name that is made, each name that is written counts.
    """
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_of_house(alias.name))
        elif isinstance(node, ast.ImportFrom) and is_of_house(node.module or ""):
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from within if node.module in HOUSE else [node.module or ""]
        elif isinstance(node, ast.Constant) and "import_module" in text:
            yield from re.findall(r"\A(?:portal|stack)(?:\.\w+)+\Z", str(node.value))


def is_of_house(module: str) -> bool:
    return module.partition(".")[0] in HOUSE


def late_imports(path: Path) -> Iterator[str]:
    """What is imported inside of a function, or for types alone: a circle hides so."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.If)):
            inside = [n for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))]
            found = [(inner.lineno, ast.unparse(inner)) for inner in inside]
            yield from (f"line {n}: {t}" for n, t in found if t.split()[1].startswith(OWN))


HOUSE = ("portal", "stack")
ROOMS = [name for name in named(SOURCES) if name.startswith("portal/")]


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n.startswith(HOUSE)])
def test_every_module_imports_only_what_stands_below_it(name: str) -> None:
    here = room(name)
    for module in taken(ROOT / name):
        there = "create_app" if module in {"portal.create_app", "portal.end_app"} else room(module)
        assert {here, there} <= FLOOR.keys(), f"{here} or {there} is on no floor (FLOORS)"
        assert there == here or FLOOR[there] < FLOOR[here], f"{name} imports {module}"


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if not n.endswith(LATE)])
def test_modules_are_imported_at_the_top(name: str) -> None:
    assert list(late_imports(ROOT / name)) == []


def constants_set_from_outside(path: Path) -> Iterator[str]:
    """Each ``setattr(module, "NAME", ...)`` and ``setattr("portal.module.NAME", ...)``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"setattr", "setitem"}:
            named = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
            for text in [value for value in named if isinstance(value, str)]:
                if text.rpartition(".")[2].isupper() and not text.startswith("stack."):
                    yield f"{path.relative_to(ROOT)}: {text}"


@pytest.mark.parametrize("name", named(TESTS))
def test_no_test_sets_a_constant_of_the_portal(name: str) -> None:
    """A limit is a value: ``Limits`` is handed in (tests/patience.py). The stack's have no app."""
    assert list(constants_set_from_outside(ROOT / name)) == []


def test_ruff_knows_each_class_of_limits() -> None:
    """As values that don't change, they may be defaults."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    told = project["tool"]["ruff"]["lint"]["flake8-bugbear"]["extend-immutable-calls"]
    tree = ast.parse((ROOT / "portal" / "limits.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert told == sorted(f"portal.limits.{name}" for name in names)


def test_no_two_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = {}
    for name in ROOMS:
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name.lstrip("_"), []).append(name)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


@pytest.mark.parametrize("name", named(SOURCES))
def test_rooms_and_modules_are_called_by_nouns(name: str) -> None:
    """The room ``live`` is called as its page is."""
    parts = Path(name.removeprefix("portal/live/")).with_suffix("").parts
    assert not ADJECTIVES & set(parts)


@pytest.mark.parametrize("name", [n for n in ROOMS if room(n) in PURE])
def test_the_middle_floors_ask_no_server_and_no_database(name: str) -> None:
    for module in imports(ROOT / name):
        assert not module.startswith(("flask", "sqlalchemy", "requests")), module


@pytest.mark.parametrize("name", [n for n in ROOMS if room(n) == "clients"])
def test_clients_know_no_flask_and_no_database(name: str) -> None:
    for module in imports(ROOT / name):
        assert not module.startswith(("flask", "sqlalchemy")), module


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n.startswith("mockapp")])
def test_the_mock_service_knows_nothing_of_the_portal(name: str) -> None:
    assert not any(module.startswith(("portal", "stack")) for module in imports(ROOT / name))


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n.startswith("stack")])
def test_the_stack_knows_settings_errors_and_clients_only(name: str) -> None:
    allowed = (
        *("config", "errors", "clients", "limits", "secret_files", "shop", "logins"),
        *("numbers", "durations", "words", "files", "records"),
    )
    for module in taken(ROOT / name):
        assert module.startswith("stack") or room(module) in allowed, module


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n != "stack/bootstrap.py"])
def test_a_python_that_is_started_takes_no_module_from_the_folder_it_starts_in(name: str) -> None:
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if not isinstance(node, (ast.List, ast.Tuple)):
            continue
        words = [ast.unparse(word) for word in node.elts]
        if "sys.executable" in words:
            assert words[words.index("sys.executable") + 1] in {"'-P'", "'-I'"}, words


@pytest.mark.parametrize("name", named(SOURCES))
def test_nothing_is_called_utils(name: str) -> None:
    assert Path(name).stem not in {"utils", "helpers", "common", "util", "misc"}


@pytest.mark.parametrize("name", named(SOURCES))
def test_only_one_module_spells_the_headers_of_htmx(name: str) -> None:
    assert name == "portal/kit/htmx.py" or '"HX-' not in (ROOT / name).read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=named(TEMPLATES))
def test_templates_hold_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\s(style|on[a-z]+)=", text)
    assert "<style" not in text
    assert "| safe" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=named(TEMPLATES))
def test_one_macro_writes_the_lines_of_all_forms(path: Path) -> None:
    assert path.name == "_field.html" or '<div class="field' not in path.read_text()


@pytest.mark.parametrize("name", ROOMS)
def test_no_room_puts_anything_into_every_template(name: str) -> None:
    """A view gives values; ``now`` and the navigation alone stand everywhere."""
    allowed = {"portal/features.py", "portal/kit/rendering.py"}
    assert name in allowed or "context_processor" not in (ROOT / name).read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=named(TEMPLATES))
def test_every_form_that_changes_something_works_without_a_script(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*>", path.read_text()):
        assert "hx-post" not in form or ('method="post"' in form and "action=" in form), form


def test_every_template_compiles(settings: Settings, services: Services) -> None:
    app = create_app(settings, services)
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)


def test_every_address_that_a_template_builds_has_a_view(
    settings: Settings, services: Services
) -> None:
    text = "".join(path.read_text() for path in TEMPLATES)
    built = [a for a in re.findall(r"url_for\(([^)]*)", text) if not a.startswith("'static'")]
    named = {name for a in built for name in re.findall(r"'([a-z_]+\.[a-z_]+)'", a)}
    assert len(named) > 40
    assert named <= set(create_app(settings, services).view_functions)


def test_no_grid_grows_beyond_the_page_with_what_is_in_it() -> None:
    """A grid without columns of its own is as wide as the longest line of code in it."""
    style = (ROOT / "portal" / "static" / "app.css").read_text()
    rules = re.findall(r"([^{}]+){([^{}]*display: grid[^{}]*)}", style)
    assert len(rules) > 5
    assert [name.strip() for name, body in rules if "grid-template-columns" not in body] == []
