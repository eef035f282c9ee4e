"""The YAML between ``---`` lines at the head of a lesson file, read field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from portal.errors import SLOLabError

FENCE = "---"


class ContentError(SLOLabError):
    """A lesson file that can't be used; names the file and the line (from 1)."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.name}:{line}: {what}")
        self.line = line


@dataclass(frozen=True)
class FrontMatter:
    """The fields of a lesson file, its body, and the line (from 1) on which the body starts."""

    path: Path
    fields: Mapping[str, Any]
    yaml_text: str
    body: str
    body_line: int

    def error(self, key: str, what: str) -> ContentError:
        """The error about one field, on the line where it stands (or on the first one)."""
        for number, line in enumerate(self.yaml_text.splitlines(), start=2):
            if re.match(rf"{re.escape(key)}\s*:", line):
                return ContentError(self.path, number, f"{key}: {what}")
        return ContentError(self.path, 1, f"{key}: {what}")

    def text(self, key: str) -> str:
        """A field that must be a line of text."""
        value = self.fields.get(key)
        if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
            raise self.error(key, "must be one line of text")
        return value.strip()

    def positive_int(self, key: str) -> int:
        """A field that must be a whole number from 1 on."""
        value = self.fields.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.error(key, "must be a whole number from 1 on")
        return value

    def flag(self, key: str) -> bool:
        """A field that may be missing (False), or must be true or false."""
        value = self.fields.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """A field that may be missing (none), or must be a list of names."""
        value = self.fields.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.error(key, "must be a list of names")
        return tuple(value)


def split(path: Path, text: str) -> FrontMatter:
    """Front matter and body of a lesson file; raises ContentError."""
    lines = text.splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines) if line.strip() == FENCE]
    if len(ends) < 2 or ends[0] != 0:
        raise ContentError(path, 1, f"must begin with front matter between two lines of {FENCE}")
    yaml_text, body = "".join(lines[1 : ends[1]]), "".join(lines[ends[1] + 1 :])
    return FrontMatter(path, _fields(path, yaml_text), yaml_text, body, ends[1] + 2)


def _fields(path: Path, yaml_text: str) -> Mapping[str, Any]:
    try:
        fields = yaml.safe_load(yaml_text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise ContentError(path, line, f"not YAML: {error.problem or 'unreadable'}") from error
    except yaml.YAMLError as error:
        raise ContentError(path, 1, f"not YAML: {error}") from error
    if not isinstance(fields, dict):
        raise ContentError(path, 2, "front matter must be a list of `name: value` lines")
    return fields
