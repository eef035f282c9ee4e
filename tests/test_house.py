"""The house's rules that a machine can check."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from portal import create_app
from portal.config import Settings
from portal.services import Services

ROOT = Path(__file__).parent.parent
FLOORS = (
    ("errors", "numbers", "moments", "logins", "deadline"),
    ("durations", "words", "directions", "files", "records"),
    ("config", "limits", "documents", "background", "instruments"),
    ("readings",),
    ("secret_files", "settings_table", "commands"),
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
    ("workbench",),
    ("annotations",),
    ("stage", "impact"),
    ("steps",),
    ("reflections",),
    ("reset", "welcome"),
    ("features",),
    ("create_app",),
    ("server",),
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
LIKE_ONE = re.compile(r"\w(?:[^e]ed|(?<!\bt)able|ible|ful|ous|less|ish|oken|itten)\Z")
"""How adjectives end; ``table`` and ``feed`` don't."""
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
LATE = "portal/__init__.py"
"""May import inside of functions, and so may a command: its lines are needed by nobody else."""
MODULE = re.compile(r"\A(?:portal|stack)(?:\.\w+)+(?=:\w+\Z|\Z)")
"""A module of the house as a string, with the name of something in it or without."""
BY_NAME = {"import_module", "__import__", "resolve_name", "run_module", "exec_module"}
NAMERS = {"portal/features.py", "portal/cli.py"}
"""Import modules by names that they don't write in the call: those of their lists."""


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
    if top == "stack" and parts != ["cli"]:
        known = ".".join(("stack", *parts[:1]))
        return known if known in FLOOR else "stack"
    if not parts or parts == ["__init__"]:
        return "create_app"
    return "cli" if is_command_line(name) else parts[0]


def is_command_line(name: str) -> bool:
    """``portal/cli.py``, ``portal/<room>/cli.py``, ``stack/cli.py``: no other is on the roof."""
    _top, *parts = name.removesuffix(".py").replace("/", ".").split(".")
    return parts[-1:] == ["cli"] and len(parts) <= 2


def taken(path: Path) -> Iterator[str]:
    """What a file takes from the house, module by module: ``from portal import db`` is one.

    A module that is written as a string counts too, whatever imports it; but one that a process
    of its own is started with.
    """
    tree = ast.parse(path.read_text())
    started = {id(word) for words in ast.walk(tree) for word in started_with(words)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_of_house(alias.name))
        elif isinstance(node, ast.ImportFrom) and is_of_house(node.module or ""):
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from within if node.module in HOUSE else [node.module or ""]
        elif isinstance(node, ast.Constant) and id(node) not in started:
            yield from MODULE.findall(str(node.value))


def started_with(node: ast.AST) -> list[ast.expr]:
    """The words of a command line that runs a module: ``[sys.executable, "-P", "-m", ...]``."""
    words = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    return words if {"'-m'", "*PYTHON"} & {ast.unparse(word) for word in words} else []


def made_imports(path: Path) -> Iterator[str]:
    """Each import of a module whose name is not written where it is imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and not isinstance(next(iter(node.args), None), ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            yield from [f"line {node.lineno}: {called}"] if called in BY_NAME else ()


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


@pytest.mark.parametrize(
    "name", [n for n in named(SOURCES) if n != LATE and not is_command_line(n)]
)
def test_modules_are_imported_at_the_top(name: str) -> None:
    assert list(late_imports(ROOT / name)) == []


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n not in NAMERS])
def test_nobody_makes_the_name_of_a_module(name: str) -> None:
    assert list(made_imports(ROOT / name)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from importlib import import_module as get; x = get('portal.reset.views')",
        "VIEWS = 'portal.reset.views:bp'",
        "x = __import__('portal.reset.views')",
        "x = pkgutil.resolve_name('portal.reset.views:bp')",
        "x = sys.modules['portal.reset.views']",
        "from portal.reset import views",
    ],
)
def test_a_module_that_is_taken_by_its_name_is_found(tmp_path: Path, line: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(line)
    assert "reset" in {room(name) for name in taken(module)}


@pytest.mark.parametrize(
    "line", ["import_module('portal.' + name)", "importlib.import_module(f'portal.{name}')"]
)
def test_a_module_whose_name_is_made_is_found(tmp_path: Path, line: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(line)
    assert len(list(made_imports(module))) == 1


def test_only_the_command_line_of_a_room_is_on_the_roof() -> None:
    roof = ["portal/cli.py", "portal/bursts/cli.py", "stack/cli.py", "portal.bursts.cli"]
    assert {room(name) for name in roof} == {"cli"}
    assert room("portal/bursts/engine/cli.py") == "bursts"
    assert room("stack/sources/cli.py") == "stack"


def constants_set_from_outside(path: Path) -> Iterator[str]:
    """Each ``setattr(module, "NAME", ...)``, ``patch("portal.module.NAME", ...)``,
    ``patch.object(module, "NAME", ...)``, ``patch.multiple(module, NAME=...)``, and
    ``module.NAME = ...``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.rpartition(".")[2] in {"setattr", "setitem"} or "patch" in called.split("."):
                words = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
                yield from (f"line {node.lineno}: {n!s}" for n in words if is_constant(n))
            if called.endswith("patch.multiple"):
                given = [word.arg for word in node.keywords]
                yield from (f"line {node.lineno}: {n}" for n in given if is_constant(n))
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            set_there = [one for one in targets if isinstance(one, ast.Attribute)]
            yield from (f"line {one.lineno}: {one.attr}" for one in set_there if one.attr.isupper())


def is_constant(name: object) -> bool:
    """Whether it names a constant of a module of the portal."""
    is_name = isinstance(name, str) and name.rpartition(".")[2].isupper()
    return is_name and not str(name).startswith("stack.")


@pytest.mark.parametrize(
    "line",
    [
        "monkeypatch.setattr(scan, 'BATCH', 2)",
        "monkeypatch.setattr('portal.workbench.scan.BATCH', 2)",
        "monkeypatch.setitem(vars(scan), 'BATCH', 2)",
        "setattr(scan, 'BATCH', 2)",
        "with mock.patch('portal.workbench.scan.BATCH', 2): pass",
        "with patch.object(scan, 'BATCH', 2): pass",
        "unittest.mock.patch.dict(vars(scan), 'BATCH')",
        "@patch.multiple(scan, BATCH=2)\ndef test(): pass",
        "scan.BATCH = 2",
        "scan.BATCH += 2",
    ],
)
def test_a_constant_that_is_set_from_outside_is_found(tmp_path: Path, line: str) -> None:
    module = tmp_path / "test_module.py"
    module.write_text(line)
    assert len(list(constants_set_from_outside(module))) == 1


@pytest.mark.parametrize("name", named(TESTS))
def test_no_test_sets_a_constant_of_the_portal(name: str) -> None:
    """A limit is a value: ``Limits`` is handed in (tests/patience.py). The stack's have no app."""
    assert list(constants_set_from_outside(ROOT / name)) == []


LIMITED = {"Deadline", "Semaphore", "BoundedSemaphore", "pool", "locked", "repeat", "wait"}
"""What is given how long, or how many. ``readings.get`` is told how old an answer may be."""


def fixed_limits(path: Path) -> Iterator[str]:
    """Each ``Deadline(SECONDS)``, ``readings.get(key, MAX_AGE, ask)`` and so on of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            age = node.args[1:2] if called in {"get", "ask"} and len(node.args) > 2 else []
            given = node.args if called in LIMITED else age
            fixed = [arg for arg in given if isinstance(arg, ast.Name) and arg.id.isupper()]
            yield from (f"line {arg.lineno}: {called}({arg.id})" for arg in fixed)


@pytest.mark.parametrize("name", [n for n in ROOMS if not n.startswith("portal/bursts/engine/")])
def test_how_long_and_how_many_are_no_constants(name: str) -> None:
    """They are values of ``portal/limits.py``. The burst's engine is a process of its own."""
    assert list(fixed_limits(ROOT / name)) == []


@pytest.mark.parametrize(
    "line",
    [
        "end = Deadline(PASS_SECONDS)",
        "pool = background.pool('scan', AT_ONCE)",
        "found = services.readings.get('managed', SAMPLES_S, lambda: rules(services))",
        "with folder.locked(LOCK_SECONDS): pass",
    ],
)
def test_a_limit_that_is_a_constant_is_found(tmp_path: Path, line: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(line)
    assert len(list(fixed_limits(module))) == 1


def test_ruff_knows_each_class_of_limits() -> None:
    """As values that don't change, they may be defaults."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    told = project["tool"]["ruff"]["lint"]["flake8-bugbear"]["extend-immutable-calls"]
    tree = ast.parse((ROOT / "portal" / "limits.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert told == sorted(f"portal.limits.{name}" for name in names)


NAMING = frozenset({"type", "new_class", "make_dataclass", "namedtuple", "NamedTuple"}) | {
    *("NewType", "TypedDict", "Enum", "StrEnum", "IntEnum", "Flag"),
}
"""What makes a class, or a name for one, of the name that it is given first."""


def classes(path: Path) -> Iterator[str]:
    """The names of the classes of a file, also of those that are made by a call."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            yield node.name.lstrip("_")
        elif isinstance(node, ast.Call) and node.args:
            made, first = ast.unparse(node.func).rpartition(".")[2], node.args[0]
            if made in NAMING and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value.lstrip("_")


def shared_names(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Each name that several classes bear, with the files."""
    homes: dict[str, list[str]] = {}
    for path in paths:
        for name in classes(path):
            homes.setdefault(name, []).append(str(path))
    return {name: places for name, places in homes.items() if len(places) > 1}


def test_no_two_classes_share_a_name() -> None:
    """``stack`` shares modules with the portal, and so its names."""
    assert shared_names(ROOT / name for name in named(SOURCES) if name.startswith(HOUSE)) == {}


@pytest.mark.parametrize(
    "line",
    [
        "class Verdict: pass",
        "def make():\n    class _Verdict: pass",
        "Verdict = type('Verdict', (), {})",
        "Verdict = namedtuple('Verdict', 'code')",
        "Verdict = typing.NewType('Verdict', str)",
        "Verdict = NamedTuple('Verdict', [('code', str)])",
        "Verdict = dataclasses.make_dataclass('Verdict', ['code'])",
    ],
)
def test_a_second_class_of_a_name_is_found_however_it_is_made(tmp_path: Path, line: str) -> None:
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text("class Verdict: pass")
    second.write_text(line)
    assert shared_names([first, second]) == {"Verdict": [str(first), str(second)]}


def adjectives(name: str) -> set[str]:
    """Words of a file's path that are no nouns, by the list or by how they end."""
    words = {part.rpartition("_")[2] for part in Path(name).with_suffix("").parts}
    return {word for word in words if word in ADJECTIVES or LIKE_ONE.search(word)}


@pytest.mark.parametrize("name", named(SOURCES))
def test_rooms_and_modules_are_called_by_nouns(name: str) -> None:
    """The room ``live`` is called as its page is."""
    assert adjectives(name.removeprefix("portal/live/")) == set()


@pytest.mark.parametrize(
    "name", ["portal/x/reachable.py", "portal/remembered/x.py", "portal/x/lately_broken.py"]
)
def test_a_module_that_is_called_by_an_adjective_is_found(name: str) -> None:
    assert adjectives(name)


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
        *("config", "errors", "clients", "limits", "secret_files", "shop", "logins", "commands"),
        *("numbers", "durations", "words", "files", "records", "deadline"),
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


TRUSTED = re.compile(r"\|\s*safe\b|\bautoescape\s+false\b")
LABELLED = re.compile(
    r"<label\b(?:(?!</label>).)*<(?:input|select|textarea)\b|</label>\s*<(?:input|select|textarea)\b",
    re.DOTALL,
)
BY_HAND = re.compile(f'<div class="field|{LABELLED.pattern}', re.DOTALL)
"""A line of a form that no macro writes: a label with its field."""


def test_no_template_trusts_a_text() -> None:
    paths = (ROOT / "portal" / "templates").rglob("*.html")
    assert [path.name for path in paths if TRUSTED.search(path.read_text())] == []


@pytest.mark.parametrize(
    "text", ["{{ x | safe }}", "{{ x|safe }}", "{{ x |\nsafe}}", "{% autoescape false %}"]
)
def test_a_text_that_is_trusted_is_found(text: str) -> None:
    assert TRUSTED.search(text)
    assert not TRUSTED.search("{{ x | safely }} is safe")


@pytest.mark.parametrize("path", TEMPLATES, ids=named(TEMPLATES))
def test_one_macro_writes_the_lines_of_all_forms(path: Path) -> None:
    assert path.name == "_field.html" or not BY_HAND.search(path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        '<div class="field"><label for="x">X</label>',
        '<label for="x">X</label><input id="x">',
        '<label for="x">X</label>\n  <select id="x">',
        '<label class="radio"><input type="radio"> X</label>',
        "<label>X\n <textarea></textarea></label>",
    ],
)
def test_a_line_that_is_written_by_hand_is_found(text: str) -> None:
    assert BY_HAND.search(text)
    assert not BY_HAND.search('<h2><label for="x">X</label></h2> <p>…</p> <textarea id="x">')


EVERYWHERE = re.compile(r"context_processor|template_global|globals\b|\bupdate_template_context\b")
"""What puts something into every template."""
GIVERS = {"portal/features.py", "portal/kit/rendering.py", "portal/kit/htmx.py"}


@pytest.mark.parametrize("name", [n for n in ROOMS if n not in GIVERS])
def test_no_room_puts_anything_into_every_template(name: str) -> None:
    """A view gives values; ``now``, the navigation and where htmx is alone stand everywhere."""
    assert not EVERYWHERE.search((ROOT / name).read_text())


@pytest.mark.parametrize(
    "line",
    [
        "app.context_processor(lambda: {})",
        "@bp.app_context_processor",
        "app.jinja_env.globals['ask'] = ask",
        "app.jinja_env.globals.update(ask=ask)",
        "env = app.jinja_env; env.globals |= {}",
        "@app.template_global()",
        "app.add_template_global(ask)",
    ],
)
def test_what_puts_something_into_every_template_is_found(line: str) -> None:
    assert EVERYWHERE.search(line)


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
