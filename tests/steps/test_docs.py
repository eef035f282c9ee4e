"""docs/lesson.md names every field and every directive."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.steps.catalog import ALLOWED, DoneBy
from portal.steps.widgets import WIDGETS

DOCS = (Path(__file__).parents[2] / "docs" / "lesson.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", ALLOWED)
def test_every_field_is_explained(field: str) -> None:
    assert f"| `{field}` |" in DOCS


@pytest.mark.parametrize("name", WIDGETS)
def test_every_directive_is_explained(name: str) -> None:
    assert f"| `::: {name} " in DOCS


@pytest.mark.parametrize("done_by", [kind for kind in DoneBy if kind is not DoneBy.CRITERIA])
def test_every_way_of_being_done_is_explained(done_by: DoneBy) -> None:
    assert f"`{done_by}`" in DOCS
