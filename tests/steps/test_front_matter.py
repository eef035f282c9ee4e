"""Front matter is read field by field; a mistake names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.steps.front_matter import ContentError, FrontMatter, split

PATH = Path("lesson.md")


def front(yaml_text: str) -> FrontMatter:
    return split(PATH, f"---\n{yaml_text}---\nBody\n")


def test_body_begins_on_the_line_after_the_front_matter() -> None:
    parts = front("id: x\ntitle: X\n")
    assert parts.body == "Body\n"
    assert parts.body_line == 5


@pytest.mark.parametrize("text", ["", "Body", "Body\n---\n---\n", "---\nid: x\nBody"])
def test_a_file_without_front_matter_is_refused(text: str) -> None:
    with pytest.raises(ContentError, match=r"^lesson\.md:1: must begin with front matter"):
        split(PATH, text)


def test_broken_yaml_is_refused_on_its_line() -> None:
    with pytest.raises(ContentError, match=r"^lesson\.md:3: not YAML"):
        front("id: x\ntitle: a: b\n")


def test_a_list_is_no_front_matter() -> None:
    with pytest.raises(ContentError, match=r"^lesson\.md:2"):
        front("- id\n")


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", ""),
        ("text", "7"),
        ("text", "|\n  two\n  lines"),
        ("positive_int", "0"),
        ("positive_int", "2.5"),
        ("positive_int", "true"),
        ("positive_int", "'3'"),
        ("flag", "maybe"),
        ("names", "slo"),
        ("names", "[1]"),
    ],
)
def test_a_wrong_value_names_field_and_line(method: str, value: str) -> None:
    parts = front(f"id: x\nfield: {value}\n")
    with pytest.raises(ContentError, match=r"^lesson\.md:3: field: must be"):
        getattr(parts, method)("field")


def test_a_missing_field_is_reported_on_the_first_line() -> None:
    with pytest.raises(ContentError, match=r"^lesson\.md:1: title: must be"):
        front("id: x\n").text("title")


def test_optional_fields_have_defaults() -> None:
    parts = front("id: x\n")
    assert parts.flag("optional") is False
    assert parts.names("criteria") == ()
