"""What changed between two texts: word by word, or line by line where that is too much work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

WORDS = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
LINES = re.compile(r"[^\n]*\n|[^\n]+")
WHOLE = re.compile(r".+", re.DOTALL)
MOST_COMPARISONS = 9_000_000


class Change(StrEnum):
    """What happened to a stretch of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Stretch:
    """A part of the text, and what happened to it."""

    change: Change
    text: str


def difference(before: str, after: str) -> list[Stretch]:
    """The stretches that lead from ``before`` to ``after``, in reading order.

    The SAME and REMOVED ones together are ``before``, the SAME and ADDED ones ``after``. Takes
    well under a second on any two texts of 50 kB.
    """
    old, new = WORDS.findall(before), WORDS.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    changed = _changed("".join(old[start : len(old) - end]), "".join(new[start : len(new) - end]))
    same_before, same_after = "".join(old[:start]), "".join(old[len(old) - end :])
    parts = [Stretch(Change.SAME, same_before), *changed, Stretch(Change.SAME, same_after)]
    return [part for part in parts if part.text]


def _common(old: list[str], new: list[str]) -> int:
    """How many pieces are the same from the start."""
    pairs = zip(old, new, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _changed(before: str, after: str) -> list[Stretch]:
    for pattern in (WORDS, LINES, WHOLE):
        old, new = pattern.findall(before), pattern.findall(after)
        if len(old) * len(new) <= MOST_COMPARISONS:
            break
    return [
        stretch
        for _, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes()
        for stretch in _stretches("".join(old[a:b]), "".join(new[c:d]))
    ]


def _stretches(gone: str, come: str) -> list[Stretch]:
    if gone == come:
        return [Stretch(Change.SAME, gone)]
    return [Stretch(Change.REMOVED, gone), Stretch(Change.ADDED, come)]
