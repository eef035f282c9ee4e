"""PromQL's regular expressions: RE2, as in Prometheus. Whatever is written takes linear time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

MAX_MEMORY = 256 << 10
r"""Bytes: room for 4,096 characters as people write them; `\pL{1000}` is refused within 2 ms."""


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.dot_nl = True  # since Prometheus 3; no label of the lab holds a new line
    options.never_capture = True
    options.log_errors = False
    return options


OPTIONS = _options()


def fully_matches(pattern: str, values: Iterable[str]) -> frozenset[str] | None:
    """Which values the whole of a regular expression matches; None: it can't be told."""
    return _fully_matches(pattern, tuple(sorted(values)))


@lru_cache(maxsize=1024)
def _fully_matches(pattern: str, values: tuple[str, ...]) -> frozenset[str] | None:
    expression = compiled(pattern)
    if expression is None:
        return None
    return frozenset(value for value in values if expression.fullmatch(value))


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The expression to match with; None where RE2 refuses the pattern."""
    try:
        return re2.compile(pattern, OPTIONS)
    except (re2.error, UnicodeEncodeError):
        return None
