"""The lab's own files that a lesson shows, as they stand on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOWN_FOLDERS = ("mockapp", "stack")
MAX_CHARACTERS = 20_000
DEFINITION = re.compile(r"^(@|def |class |async def )", re.MULTILINE)


@dataclass(frozen=True)
class SourceFile:
    """A file in two parts: in Python what it imports, and from its first definition on the rest."""

    head: str
    heart: str


def is_source(name: str) -> bool:
    """Whether ``name`` (``mockapp/app.py``) is a file of the lab that lessons may show."""
    path = (ROOT / name).resolve()
    inside = any(path.is_relative_to(ROOT / folder) for folder in SHOWN_FOLDERS)
    return inside and path.is_file()


def read_source(name: str) -> str:
    """The file's text, capped; one sentence where it is gone or not a lesson's to show."""
    if not is_source(name):
        return f"{name} is not there."
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")[:MAX_CHARACTERS]


def parted(text: str) -> SourceFile:
    """The text in its two parts; one without a definition is all heart."""
    first = DEFINITION.search(text)
    at = first.start() if first else 0
    return SourceFile(text[:at].rstrip(), text[at:])
