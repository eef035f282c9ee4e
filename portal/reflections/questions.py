"""The four questions of the lab, and what an answer may be."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 50_000
MIN_CHARACTERS = 20


@dataclass(frozen=True)
class Question:
    """A question with its stable id, and what may help to answer it."""

    id: str
    text: str
    hint: str


QUESTIONS: tuple[Question, ...] = (
    Question(
        "slis",
        "What were your SLIs?",
        "Name each one, the query behind it, and what a user would notice when it falls.",
    ),
    Question(
        "slos",
        "What SLOs did you choose and why?",
        "The number, the window, and the reason. What would change your mind about the number?",
    ),
    Question(
        "scale",
        "How could this scale to multiple services?",
        "What in your queries, dashboards and rules names this one service? "
        "What would you share between services, and what not?",
    ),
    Question(
        "struggle",
        "What did you struggle with?",
        "What took longer than you thought, and what you would tell the next person.",
    ),
)
QUESTION_IDS = tuple(question.id for question in QUESTIONS)


def find_question(question_id: str) -> Question | None:
    """The question of that id."""
    return next((q for q in QUESTIONS if q.id == question_id), None)


def normalised(text: str) -> str:
    r"""The text as it is kept: lines end with ``\n``; what no database holds becomes U+FFFD.

    A NUL and half a surrogate pair can't be kept by every database; nothing else is touched.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    return lines.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def size_bytes(text: str) -> int:
    """How long the normalised text is: bytes of its UTF-8."""
    return len(text.encode())


def is_too_long(text: str) -> bool:
    """Whether it is over the limit of 50 kB (50,000 bytes of UTF-8)."""
    return size_bytes(text) > MAX_BYTES


def is_answered(text: str) -> bool:
    """Whether there is enough to submit: 20 characters without the space around them."""
    return len(text.strip()) >= MIN_CHARACTERS
