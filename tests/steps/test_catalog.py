"""A lesson file becomes a Step, or an error that names file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.steps.catalog import (
    CONTENT,
    ORDER,
    DoneBy,
    find_step,
    load,
    minutes,
    neighbours,
    read_step,
)
from portal.steps.front_matter import ContentError

Lesson = Callable[[str], Path]
GOOD = "---\nid: lesson\ntitle: Lesson\nminutes: 3\nsummary: You will see.\n---\nText\n"


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    def write(text: str) -> Path:
        path = tmp_path / "lesson.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_step_without_criteria_is_done_by_reading(lesson: Lesson) -> None:
    step = read_step(lesson(GOOD))
    assert (step.id, step.minutes, step.optional, step.done_by) == (
        "lesson",
        3,
        False,
        DoneBy.READING,
    )


def test_a_step_with_criteria_is_done_by_them(lesson: Lesson) -> None:
    step = read_step(lesson(GOOD.replace("minutes", "criteria: [slo]\nminutes")))
    assert step.done_by is DoneBy.CRITERIA
    assert step.criteria == ("slo",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("Text", "Text\n\n::: nonsense x"), "lesson.md:9: unknown directive"),
        (GOOD.replace("Text", "::: burst nonsense"), "lesson.md:7: burst takes the id"),
        (GOOD.replace("Text", "::: file ../pyproject.toml"), "lesson.md:7: file takes a file"),
        (GOOD.replace("Text", "::: file mockapp/gone.py"), "lesson.md:7: file takes a file"),
        (GOOD.replace("Text", "::: form nonsense"), "lesson.md:7: form takes one of"),
        (GOOD.replace("Text", "- ::: burst steady"), "lesson.md:7: a directive stands alone"),
        (GOOD.replace("minutes: 3", "minutes: soon"), "lesson.md:4: minutes: must be"),
        (GOOD.replace("minutes", "minuets"), "lesson.md:4: minuets: unknown field"),
        (GOOD.replace("id: lesson", "id: other"), "lesson.md:2: id: must be the file's name"),
        (GOOD.replace("title", "done_by: magic\ntitle"), "lesson.md:3: done_by: must be one of"),
        (GOOD.replace("title", "done_by: criteria\ntitle"), "lesson.md:3: done_by: a step with"),
        ("no front matter", "lesson.md:1: must begin"),
    ],
)
def test_a_mistake_names_file_and_line(lesson: Lesson, text: str, said: str) -> None:
    with pytest.raises(ContentError) as error:
        read_step(lesson(text))
    assert str(error.value).startswith(said)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"^gone\.md:1: the file is missing"):
        read_step(tmp_path / "gone.md")


def test_every_lesson_file_is_in_the_order_and_only_once() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in CONTENT.glob("*.md"))


def test_every_lesson_file_can_be_read() -> None:
    assert [step.id for step in load()] == list(ORDER)


def test_the_lab_is_read_once() -> None:
    assert load() is load()


def test_steps_know_their_neighbours() -> None:
    first, last = load()[0], load()[-1]
    assert neighbours(first) == (None, load()[1])
    assert neighbours(last) == (load()[-2], None)


def test_an_unknown_step_is_none() -> None:
    assert find_step("nonsense") is None


def test_minutes_add_up() -> None:
    assert minutes(load()) == sum(step.minutes for step in load())
