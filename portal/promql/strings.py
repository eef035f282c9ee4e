"""Where PromQL's strings begin and end, so that nothing inside one is taken for syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`|#[^\n]*', re.DOTALL)
BINARY = re.compile(r"[-+*/%^<>]|==|!=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
OPENING, CLOSING = "([{", ")]}"


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The text cut into (is a string or a comment, piece), nothing lost."""
    position = 0
    for found in STRING.finditer(text):
        if found.start() > position:
            yield False, text[position : found.start()]
        yield True, found.group()
        position = found.end()
    if position < len(text):
        yield False, text[position:]


def nesting(text: str) -> int:
    """How deep brackets of any kind are nested outside strings."""
    deepest = depth = 0
    for quoted, piece in pieces(text):
        if quoted:
            continue
        for character in piece:
            if character in OPENING:
                depth += 1
                deepest = max(deepest, depth)
            elif character in CLOSING:
                depth -= 1
    return deepest


def operators(text: str) -> int:
    """About how many binary operators stand outside strings and braces."""
    outside = "".join('""' if quoted else piece for quoted, piece in pieces(text))
    return len(BINARY.findall(re.sub(r"{[^{}]*}", "", outside)))


def without_backticks(text: str) -> str:
    """The same expression with `raw` strings written as "quoted" ones (the parser's gap)."""
    return "".join(_requoted(piece) if quoted else piece for quoted, piece in pieces(text))


def _requoted(piece: str) -> str:
    if not piece.startswith("`"):
        return piece
    inside = piece[1:-1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'
