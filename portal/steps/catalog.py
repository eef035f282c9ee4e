"""The steps of the lab, in order, read from ``content/*.md`` once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from portal.steps.front_matter import ContentError, FrontMatter, split
from portal.steps.markdown import Block, Directive, blocks
from portal.steps.widgets import complaint

CONTENT = Path(__file__).resolve().parent / "content"
ORDER = (
    "preflight",
    "meet-the-service",
    "traffic",
    "read-your-slis",
    "dashboard",
    "slo",
    "break-it",
    "alert",
    "user-impact",
    "what-you-learned",
)
REQUIRED = ("id", "title", "minutes", "summary")
ALLOWED = (*REQUIRED, "criteria", "optional", "done_by", "lasting")


class DoneBy(StrEnum):
    """What completes a step: its criteria, the learner's own mark, or an incident they caused."""

    CRITERIA = "criteria"
    READING = "reading"
    INCIDENT = "incident"


@dataclass(frozen=True)
class Step:
    """One step. ``lasting``: once met it stays done (it proves a moment, not a thing kept)."""

    id: str
    title: str
    minutes: int
    summary: str
    criteria: tuple[str, ...]
    optional: bool
    done_by: DoneBy
    lasting: bool
    blocks: tuple[Block, ...]


@cache
def load() -> tuple[Step, ...]:
    """Every step, in the order of the lab; raises ContentError, naming file and line."""
    return tuple(read_step(CONTENT / f"{step_id}.md") for step_id in ORDER)


def find_step(step_id: str) -> Step | None:
    """The step of that id."""
    return next((step for step in load() if step.id == step_id), None)


def neighbours(step: Step) -> tuple[Step | None, Step | None]:
    """The step before and the step after."""
    steps = load()
    at = steps.index(step)
    return (steps[at - 1] if at else None, steps[at + 1] if at + 1 < len(steps) else None)


def minutes(steps: Iterable[Step]) -> int:
    """How long these steps take, in minutes."""
    return sum(step.minutes for step in steps)


def read_step(path: Path) -> Step:
    """One step from its file; raises ContentError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(path, 1, "the file is missing or can't be read") from error
    front = split(path, text)
    _check_fields(front)
    criteria = front.names("criteria")
    return Step(
        id=front.text("id"),
        title=front.text("title"),
        minutes=front.positive_int("minutes"),
        summary=front.text("summary"),
        criteria=criteria,
        optional=front.flag("optional"),
        done_by=_done_by(front, criteria),
        lasting=front.flag("lasting"),
        blocks=_checked_blocks(front),
    )


def _check_fields(front: FrontMatter) -> None:
    for key in front.fields:
        if key not in ALLOWED:
            raise front.error(str(key), f"unknown field; there are: {', '.join(ALLOWED)}")
    if front.text("id") != front.path.stem:
        raise front.error("id", f"must be the file's name, {front.path.stem}")


def _done_by(front: FrontMatter, criteria: tuple[str, ...]) -> DoneBy:
    default = DoneBy.CRITERIA if criteria else DoneBy.READING
    try:
        done_by = DoneBy(front.fields.get("done_by", default))
    except ValueError:
        raise front.error("done_by", f"must be one of: {', '.join(DoneBy)}") from None
    if (done_by is DoneBy.CRITERIA) != bool(criteria):
        raise front.error("done_by", "a step with criteria is done by them, another one is not")
    return done_by


def _checked_blocks(front: FrontMatter) -> tuple[Block, ...]:
    parts = blocks(front.body)
    for part in parts:
        if isinstance(part, Directive) and (why := _complaint(part)):
            raise ContentError(front.path, front.body_line + part.line, why)
    return parts


def _complaint(directive: Directive) -> str | None:
    if directive.nested:
        return "a directive stands alone, not in a list or a quotation"
    return complaint(directive.name, directive.argument)
