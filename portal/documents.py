"""YAML that somebody hands in: capped in size, depth and number of documents.

Aliases are read (Prometheus reads them in rule files too); they share what they name, so a short
text stays small as long as nobody walks or prints all of it: readers cap what they walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from portal.errors import SLOLabError

MAX_BYTES = 8 << 20
MAX_DOCUMENTS = 500
MAX_DEPTH = 50
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(SLOLabError):
    """The text is no YAML we read; ``line`` and ``column`` count from 1, where they are known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def load_documents(text: str, max_bytes: int = MAX_BYTES) -> list[Any]:
    """The documents of a YAML text, empty ones left out; plain dicts, lists and scalars.

    Raises ``DocumentError`` with one clear sentence.
    """
    if len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise DocumentError(f"The text is larger than {max_bytes // 1024} kB.")
    try:
        return list(_documents(text))
    except yaml.MarkedYAMLError as error:
        raise _located(error) from None
    except yaml.YAMLError as error:
        raise DocumentError(f"This is not YAML: {str(error).splitlines()[0]}.") from None
    except ValueError as error:
        raise DocumentError(f"The YAML holds a value that can't be read: {error}.") from None


def _documents(text: str) -> Iterator[Any]:
    _check_depth(text)
    for number, document in enumerate(yaml.load_all(text, Loader=_LOADER)):
        if number >= MAX_DOCUMENTS:
            raise DocumentError(f"The text holds more than {MAX_DOCUMENTS} YAML documents.")
        if document is not None:
            yield document


def _check_depth(text: str) -> None:
    """Refuse deep nesting before it is built: libyaml's loader would take the process down."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise DocumentError(f"The YAML is nested deeper than {MAX_DEPTH} levels.")


def _located(error: yaml.MarkedYAMLError) -> DocumentError:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "unreadable"
    if mark is None:
        return DocumentError(f"This is not YAML: {problem}.")
    line, column = mark.line + 1, mark.column + 1
    return DocumentError(f"Line {line}, column {column}: {problem}.", line, column)
