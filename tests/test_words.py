"""Words around numbers; and no text anywhere writes numbers, plurals or times by itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.words import counted, listed, measured, plural
from tests.language import COUNTABLE, complaints

ROOT = Path(__file__).parent.parent
SOURCES = [path for top in ("portal", "stack") for path in sorted((ROOT / top).rglob("*.py"))]
TEXTS = [
    path
    for kind in ("portal/templates/**/*.html", "portal/steps/content/*.md")
    for path in sorted(ROOT.glob(kind))
]
WRITERS = {
    "portal/numbers.py",
    "portal/durations.py",
    "portal/trial/play.py",  # series in promtool's notation
    "portal/trial/retelling.py",  # expressions for promtool
    "portal/trial/judgement.py",  # how many digits a share has
}
TIMEOUTS = {"portal/clients/prometheus.py"}
WRITTEN_BY_HAND = re.compile(r"[,.\d]*[gGeEfn%,]$")


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def formatted(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and format of each number that is formatted in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            spec = "".join(
                str(p.value) for p in node.format_spec.values if isinstance(p, ast.Constant)
            )
            if WRITTEN_BY_HAND.search(spec):
                yield node.lineno, spec
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (
                (node.lineno, found) for found in re.findall(r"%[-+.\d]*[geE]\b", node.value)
            )


def is_constant(expr: ast.expr) -> bool:
    """``LIMIT`` and ``count(LIMIT)``: known beforehand, and more than one."""
    if isinstance(expr, ast.Call):
        return all(is_constant(arg) for arg in expr.args)
    name = expr.attr if isinstance(expr, ast.Attribute) else getattr(expr, "id", "")
    return bool(name) and name.isupper()


def naked_plurals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """``{n} requests``: a number that may be one, before a word that says it is several."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for value, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                    found = re.match(rf" {COUNTABLE}", str(after.value))
                    if found and not is_constant(value.value):
                        yield node.lineno, found[0]


@pytest.mark.parametrize("name", [name for name in named(SOURCES) if name not in WRITERS])
def test_numbers_are_written_in_one_place(name: str) -> None:
    found = list(formatted(ast.parse((ROOT / name).read_text())))
    assert found == ([(found[0][0], ".0f")] if name in TIMEOUTS else []), name


@pytest.mark.parametrize("name", named(SOURCES))
def test_no_sentence_says_several_of_one(name: str) -> None:
    assert list(naked_plurals(ast.parse((ROOT / name).read_text()))) == []


@pytest.mark.parametrize("name", [n for n in named(SOURCES) if n != "portal/moments.py"])
def test_times_are_written_in_one_place_which_names_the_zone(name: str) -> None:
    assert not re.search(r"\bstrftime\b|\bctime\b", (ROOT / name).read_text())


@pytest.mark.parametrize("name", named(TEXTS))
def test_templates_let_the_filters_write_numbers_and_plurals(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.findall(r"%[-+.\d]*[dfgeE]\b|\{:[^}]*\}|\| *(?:round|format)\b", text)
    assert not re.findall(rf"\}}\}} {COUNTABLE}", text)
    assert not re.findall(r"\{\{ *[\"']s[\"'] if|else [\"'][a-z]+s[\"'] *\}\}", text)


@pytest.mark.parametrize(
    ("number", "one", "several", "words"),
    [
        (0, "request", "", "0 requests"),
        (1, "bad request", "", "1 bad request"),
        (1.2, "request", "", "1 request"),
        (1200, "bad request", "", "1,200 bad requests"),
        (1, "query", "queries", "1 query"),
        (2, "query", "queries", "2 queries"),
    ],
)
def test_things_are_counted(number: float, one: str, several: str, words: str) -> None:
    assert counted(number, one, several) == words


@given(st.floats(0, 1e12))
def test_one_is_never_several(number: float) -> None:
    assert complaints(counted(number, "request")) == []
    assert counted(number, "request").startswith("1 ") is counted(number, "request").endswith("t")


def test_what_is_measured_need_not_be_whole() -> None:
    said = [measured(number, "request") for number in (0.5, 1, 2.5, 1200)]
    assert said == ["0.5 requests", "1 request", "2.5 requests", "1,200 requests"]


def test_a_part_of_one_is_several() -> None:
    assert (plural(1, "request"), plural(0.9, "request")) == ("request", "requests")


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_have_one_joint(words: list[str], text: str) -> None:
    assert listed(words) == text
    assert listed(iter(words), "or") == text.replace(" and ", " or ")


@pytest.mark.parametrize("name", named([*SOURCES, *TEXTS]))
def test_the_signs_of_verdicts_are_listed_in_one_place(name: str) -> None:
    """Doctor's three states are no verdicts."""
    signs = re.findall(
        r"[\"'](?:met|not_met|not_enough_data)[\"']: *[\"'][✓✗◔?]", (ROOT / name).read_text()
    )
    assert not signs or name == "portal/criteria/base.py"
