"""Characters that turn the direction of text around: kept within the text that has them, or shown.

A right-to-left override that somebody typed into a title would turn around what stands after it,
too: a number, a name, a verdict. The characters are those of the Unicode Bidirectional Algorithm
(UAX #9) that embed, override and isolate.
"""

from __future__ import annotations

import re

EMBEDDINGS, ISOLATES = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
END_OF_EMBEDDING, END_OF_ISOLATE = "\u202c", "\u2069"
TURN = re.compile(f"[{EMBEDDINGS}{ISOLATES}]")
ANY_TURN = re.compile(f"[{EMBEDDINGS}{ISOLATES}{END_OF_EMBEDDING}{END_OF_ISOLATE}]")


def enclosed(text: str) -> str:
    """The text, and behind it an end for every turn that it leaves open."""
    return text + _ends(text) if TURN.search(text) else text


def visible(text: str) -> str:
    """The text with each such character as its number: ``[U+202E]``."""
    return ANY_TURN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def _ends(text: str) -> str:
    open_turns: list[str] = []
    for found in ANY_TURN.finditer(text):
        character = found[0]
        if character in EMBEDDINGS:
            open_turns.append(END_OF_EMBEDDING)
        elif character in ISOLATES:
            open_turns.append(END_OF_ISOLATE)
        elif character == END_OF_EMBEDDING and open_turns[-1:] == [END_OF_EMBEDDING]:
            open_turns.pop()
        elif character == END_OF_ISOLATE and END_OF_ISOLATE in open_turns:
            while open_turns.pop() != END_OF_ISOLATE:
                pass
    return "".join(reversed(open_turns))
