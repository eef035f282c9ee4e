"""Parsing PromQL, in the portal's own process.

The library can overflow a stack, holds the interpreter's lock, and panics in Rust. Measured with
0.12 on CPython 3.11, within the limits below: the worst tree takes 0.7 MiB of stack (a thread has
8); a million random and extreme expressions on threads of 1 MiB, of waitress and of gevent ended no
process; a panic is an exception. What held the lock for 3 s and took 600 MB were regular
expressions: the library sees no string, RE2 reads them. A parse takes 0.1 ms.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Any

import promql_parser as promql

from portal.errors import SLOLabError
from portal.promql import nodes
from portal.promql.grammar import TooDeepError, Translation
from portal.promql.text import filled, nesting, operators, unquoted

MAX_LENGTH = 4096
"""Characters: more than any query of a dashboard needs, far less than what crashes the parser."""
MAX_NESTING = 60
MAX_OPERATORS = 300


class ParseFailure(StrEnum):
    """Why an expression has no tree."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    SYNTAX = "syntax"


class ParseError(SLOLabError):
    """The parser can't read the expression; that alone doesn't make it wrong."""

    def __init__(self, failure: ParseFailure, message: str) -> None:
        super().__init__(message)
        self.failure = failure


def parse(expr: str) -> nodes.Expr:
    """The syntax tree of an expression without Grafana variables; raises ParseError."""
    tree = _parse(expr)
    if isinstance(tree, ParseError):
        raise tree
    return tree


@lru_cache(maxsize=2048)
def _parse(expr: str) -> nodes.Expr | ParseError:
    refusal = _refusal(expr)
    if refusal:
        return refusal
    bare, strings = unquoted(expr)
    try:
        said = [_said(text) for text in strings]
        return Translation(lambda name: filled(name, said)).node(_tree(bare))
    except TooDeepError as error:
        return ParseError(ParseFailure.TOO_DEEP, f"The expression can't be read: {error}.")
    except (ValueError, OverflowError) as error:
        sentence = f"The expression can't be read: {filled(str(error), strings)}."
        return ParseError(ParseFailure.SYNTAX, sentence)


def _tree(text: str) -> Any:
    """The library's tree; raises ValueError, also where it panics."""
    try:
        return promql.parse(text)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a BaseException that nobody exports
            raise
        raise ValueError(str(error)) from error


def _said(text: str) -> str:
    """The text that a quoted or raw string stands for."""
    return text[1:-1] if text.startswith("`") else str(_tree(text).val)


def _refusal(expr: str) -> ParseError | None:
    if not expr.strip():
        return ParseError(ParseFailure.EMPTY, "The expression is empty.")
    if len(expr) > MAX_LENGTH:
        sentence = f"The expression is longer than {MAX_LENGTH} characters."
        return ParseError(ParseFailure.TOO_LONG, sentence)
    if nesting(expr) > MAX_NESTING:
        sentence = f"The expression nests brackets deeper than {MAX_NESTING} levels."
        return ParseError(ParseFailure.TOO_DEEP, sentence)
    if operators(expr) > MAX_OPERATORS:
        sentence = f"The expression has more than {MAX_OPERATORS} operators."
        return ParseError(ParseFailure.TOO_DEEP, sentence)
    return None
