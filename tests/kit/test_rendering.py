"""What templates write of texts that turn the direction around."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import portal
from tests.objectives.counting import FORM

ROOT = Path(portal.__file__).parent / "templates"
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))
FIELD = re.compile(r"<textarea[^>]*?>(?P<text>.*?)</textarea>", re.S)
EVIL = "Sales \u202e% 9.99"


def test_a_title_turns_nothing_around_but_itself(client: FlaskClient) -> None:
    client.post("/slos", data=FORM | {"title": EVIL})
    where = client.get("/slos").text
    (name,) = set(re.findall(r"/slos/(sales[a-z0-9-]*)", where))
    for page in (where, client.get(f"/slos/{name}").text):
        shown = [page[found.end()] for found in re.finditer(EVIL, page) if page[found.end()] != '"']
        assert shown
        assert set(shown) == {"\u202c"}


def test_the_field_of_a_form_holds_what_was_typed(client: FlaskClient) -> None:
    form = client.post("/slos", data=FORM | {"title": EVIL, "why": EVIL, "objective": "x"}).text
    assert f'value="{EVIL}"' in form
    assert f">{EVIL}</textarea>" in form


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_field_for_text_changes_what_was_typed(template: str) -> None:
    for found in FIELD.finditer((ROOT / template).read_text()):
        text = found["text"].strip()
        assert not text or "| as_typed }}" in text, text[:80]
