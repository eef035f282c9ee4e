"""YAML that somebody hands in: capped in size, depth and number of documents.

Aliases are read (Prometheus reads them in rule files too); they share what they name, so a short
text stays small as long as nobody walks or prints all of it: readers cap what they walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from portal.errors import SLOLabError

MAX_BYTES = 8 << 20
MAX_DOCUMENTS = 500
MAX_DEPTH = 50
MAX_MERGED = 1000
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
    _Bounds().check(text)
    for number, document in enumerate(yaml.load_all(text, Loader=_LOADER)):
        if number >= MAX_DOCUMENTS:
            raise DocumentError(f"The text holds more than {MAX_DOCUMENTS} YAML documents.")
        if document is not None:
            yield document


@dataclass
class _Collection:
    """A collection that is being read: its anchor, how many entries it will have, its keys."""

    anchor: str | None
    is_mapping: bool
    entries: int = 0
    awaits_value: bool = False
    merges: bool = False
    keys: set[str] = field(default_factory=set)


class _Bounds:
    """Refuses what would take the process down when it is built: depth, and merged merges.

    libyaml's loader recurses in C, and each ``<<`` copies all entries that it names.
    """

    def __init__(self) -> None:
        self.frames: list[_Collection] = []
        self.sizes: dict[str, int] = {}

    def check(self, text: str) -> None:
        """Raise ``DocumentError`` for a text beyond the bounds."""
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                self.frames.append(_Collection(event.anchor, is_mapping))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end(self.frames.pop())
            elif isinstance(event, yaml.AliasEvent):
                self._add(self.sizes.get(str(event.anchor), 0))
            elif isinstance(event, yaml.ScalarEvent):
                self._name(event)
                self._add(0, is_merge_key=event.value == "<<")
            if len(self.frames) > MAX_DEPTH:
                raise DocumentError(f"The YAML is nested deeper than {MAX_DEPTH} levels.")

    def _name(self, event: yaml.ScalarEvent) -> None:
        """A key that stands twice in one mapping is refused, as Prometheus and Kubernetes do."""
        parent = self.frames[-1] if self.frames else None
        if parent is None or not parent.is_mapping or parent.awaits_value or event.value == "<<":
            return
        if event.value in parent.keys:
            raise _at(event.start_mark, f'the key "{event.value[:40]}" stands twice')
        parent.keys.add(event.value)

    def _end(self, frame: _Collection) -> None:
        if frame.anchor is not None:
            self.sizes[frame.anchor] = frame.entries
        self._add(frame.entries)

    def _add(self, entries: int, *, is_merge_key: bool = False) -> None:
        """One more node, with its entries, in the collection that is being read."""
        if not self.frames:
            return
        parent = self.frames[-1]
        if not parent.is_mapping:
            parent.entries += entries
            return
        if not parent.awaits_value:
            parent.awaits_value, parent.merges = True, is_merge_key
            parent.entries += not is_merge_key
            return
        parent.awaits_value = False
        if parent.merges:
            parent.entries += entries
            if parent.entries > MAX_MERGED:
                raise DocumentError(f"The YAML merges more than {MAX_MERGED} entries into one.")


def _located(error: yaml.MarkedYAMLError) -> DocumentError:
    problem = error.problem or error.context or "unreadable"
    return _at(error.problem_mark or error.context_mark, problem)


def _at(mark: Any, problem: str) -> DocumentError:
    if mark is None:
        return DocumentError(f"This is not YAML: {problem}.")
    line, column = mark.line + 1, mark.column + 1
    return DocumentError(f"Line {line}, column {column}: {problem}.", line, column)
