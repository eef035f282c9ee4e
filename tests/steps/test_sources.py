"""Lessons show files of the lab, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

import mockapp
from portal.steps.sources import is_source, parted, read_source


def test_a_file_is_shown_as_it_stands() -> None:
    on_disk = Path(mockapp.__file__).with_name("app.py").read_text(encoding="utf-8")
    assert read_source("mockapp/app.py") == on_disk


@pytest.mark.parametrize(
    "name",
    [
        "../etc/passwd",
        "/etc/passwd",
        "mockapp/../pyproject.toml",
        "portal/config.py",
        "mockapp",
        "",
    ],
)
def test_other_files_are_not_shown(name: str) -> None:
    assert not is_source(name)
    assert read_source(name) == f"{name} is not there."


def test_the_heart_of_a_python_file_begins_with_its_first_definition() -> None:
    source = parted(read_source("mockapp/app.py"))
    assert source.heart.startswith("def create_app(")
    assert source.head.startswith('"""A small shop')
    assert "import" not in source.heart
    assert parted("@cache\ndef one():\n    pass\n").heart.startswith("@cache")


def test_a_file_without_definitions_is_shown_from_its_start() -> None:
    text = read_source("stack/prometheus/prometheus.yml")
    assert (parted(text).head, parted(text).heart) == ("", text)
