"""PromQL as text: where its strings begin and end, how deep it nests, the place of an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`|#[^\n]*', re.DOTALL)
BINARY = re.compile(r"[-+*/%^<>]|==|!=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
OPENING, CLOSING = "([{", ")]}"
CARET_CONTEXT = 20


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


def caret_under(expr: str, line: int | None, column: int | None) -> str:
    """The line of the query with a caret under the place; "" where the place isn't told."""
    lines = expr.split("\n")
    if line is None or column is None or not 1 <= line <= len(lines):
        return ""
    text = lines[line - 1].replace("\t", " ")
    at = min(max(column - 1, 0), len(text))
    start, end = max(at - CARET_CONTEXT, 0), at + CARET_CONTEXT
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{before}{text[start:end]}{after}\n{' ' * (at - start + len(before))}^"
