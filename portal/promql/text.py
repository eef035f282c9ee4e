"""PromQL as text: where its strings begin and end, how deep it nests, the place of an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from portal.limits import QueryLimits
from portal.numbers import count
from portal.words import counted

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`|#[^\n]*', re.DOTALL)
BINARY = re.compile(r"[-+*/%^<>]|==|!=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
NAME = re.compile('"?§([0-9]+)"?')
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


def too_complex(text: str, limits: QueryLimits) -> str:
    """Why nobody should be asked to read the expression, in a sentence; "" where nothing is."""
    deep, many = nesting(text), operators(text)
    if deep > limits.nesting:
        return f"It nests brackets {count(deep)} deep; {count(limits.nesting)} are taken at most."
    if many > limits.operators:
        return f"It has {counted(many, 'operator')}; {count(limits.operators)} are taken at most."
    return ""


def unquoted(text: str) -> tuple[str, list[str]]:
    """The text without its comments, each string in it a name (``"§0"``); and those strings."""
    strings: list[str] = []
    bare: list[str] = []
    for quoted, piece in pieces(text):
        if quoted and not piece.startswith("#"):
            bare.append(f'"§{len(strings)}"')
            strings.append(piece)
        else:
            bare.append(" " if quoted else piece)
    return "".join(bare), strings


def filled(text: str, strings: Sequence[str]) -> str:
    """The text with the strings instead of the names that ``unquoted`` gave them."""

    def string(name: re.Match[str]) -> str:
        number = int(name[1])
        return strings[number] if number < len(strings) else name[0]

    return NAME.sub(string, text)


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
