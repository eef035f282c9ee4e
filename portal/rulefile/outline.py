"""What a rule file may hold before promtool sees it: its size, its YAML, its counts.

Whether Prometheus understands the rules is promtool's to say; here are the limits that keep one
learner's text from hurting the lab, and the outline by which the loaded rules are recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from portal.clients.errors import plain
from portal.clients.prometheus import RuleKind
from portal.durations import prometheus_seconds
from portal.errors import SLOLabError
from portal.limits import QueryLimits
from portal.numbers import exact
from portal.promql.text import too_complex
from portal.shop import DURATIONS, REQUESTS
from portal.words import counted

MAX_BYTES = 64 * 1024
MAX_GROUPS = 20
MAX_RULES = 100
MAX_DEPTH = 20
PLAINER = {
    "found character '\\t'": "a tab stands here, and YAML is indented with spaces",
    "expected <block end>": "this line's indentation fits none of the lines above it",
    "mapping values are not allowed": (
        'a ":" is missing in the line above, or this line has one too many or is indented too far'
    ),
    "could not find expected ':'": (
        'this line has no ":". If it goes on with the value above, write both in one line'
    ),
}
"""What the YAML parser says, in words for whoever wrote the text."""


LABS_OWN = re.compile(f"ALERTS(_FOR_STATE)?|up|scrape_.*|{REQUESTS}|{DURATIONS}(_.*)?")
OF_THE_LAB = (
    "is a name of Prometheus or of the service: what you record under it would be counted with "
    "the real samples. Choose another name, with a colon, like shop:error_ratio."
)


class RuleTextError(SLOLabError):
    """A text that is no rule file we take. ``line`` and ``column`` count from 1 (or None)."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


@dataclass(frozen=True)
class GroupOutline:
    """A group's name, and kind and name of each of its rules, in their order."""

    name: str
    rules: tuple[tuple[RuleKind, str], ...]


def outline(
    text: str, floor_s: float, limits: QueryLimits = QueryLimits()
) -> tuple[GroupOutline, ...]:
    """The groups in a rule file's text; raises RuleTextError where it breaks a limit.

    ``floor_s``: between two scrapes; no group is evaluated more often. ``limits``: of each
    expression.
    """
    if not fits(text):
        size = f"{MAX_BYTES // 1024} KiB"
        raise RuleTextError(f"This text is larger than {size}, more than a rule file may hold.")
    root = _compose(text)
    groups = [_group(node, floor_s, limits) for node in _items(_child(root, "groups"))]
    count = sum(len(group.rules) for group in groups)
    if count == 0 and _child(_child(root, "spec"), "groups") is not None:
        raise RuleTextError(
            "This is a PrometheusRule, an object of Kubernetes. Prometheus reads what stands under "
            "its spec: begin with groups."
        )
    if count == 0:
        raise RuleTextError(
            "There is no rule in this text yet: it stands in a group, under groups and rules."
        )
    if len(groups) > MAX_GROUPS:
        raise RuleTextError(
            f"{counted(len(groups), 'group')} are more than the {MAX_GROUPS} of a file."
        )
    if count > MAX_RULES:
        raise RuleTextError(f"{counted(count, 'rule')} are more than the {MAX_RULES} of a file.")
    return tuple(groups)


def fits(text: str) -> bool:
    """Whether the text is no larger than MAX_BYTES."""
    return len(text) <= MAX_BYTES and len(text.encode("utf-8", "replace")) <= MAX_BYTES


def one_newline(text: str) -> str:
    """The text with plain line ends; browsers send CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def place_within(text: str, line: int, column: int, inner: tuple[int, int]) -> tuple[int, int]:
    """Line and column of a place within the value that begins at ``line`` and ``column``.

    ``inner`` is line and column within the value; all count from 1. A value that YAML folds has
    no such place: then it is the value's beginning. YAML ends lines at more characters than we
    do, so that its line may lie beyond our last one.
    """
    lines = text.split("\n")
    if line > len(lines):
        return line, column
    sign, (row, at) = lines[line - 1][column - 1 : column], inner
    if sign == "|":
        block = lines[line : line + row]
        indent = len(block[0]) - len(block[0].lstrip()) if block else 0
        while block and len(block[-1].strip()) == 0:
            block.pop()
        last = indent + at if len(block) == row else len("".join(block[-1:])) + 1
        return line + len(block), last
    moved = column + at - 1 + (sign in {"'", '"'})
    fits_in = row == 1 and sign != ">" and moved <= len(lines[line - 1]) + 1
    return line, moved if fits_in else column


def line_of_value(text: str, value: str) -> int | None:
    """The one line whose value that is; None where there is no such line, or another one."""
    ends = re.compile(rf":\s+[\"']?{re.escape(value)}[\"']?\s*(#.*)?$")
    found = [number for number, line in enumerate(text.split("\n"), 1) if ends.search(line)]
    return found[0] if len(found) == 1 else None


def _compose(text: str) -> Node | None:
    try:
        _refuse_tricks(text)
        node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except ReaderError as error:
        line, column = _position(text, error.position)
        message = "This text holds a character that YAML does not allow."
        raise RuleTextError(message, line, column) from error
    except MarkedYAMLError as error:
        problem = plain(error.problem or error.context or "not readable")
        begun = error.context_mark if "could not find expected ':'" in problem else None
        mark = begun or error.problem_mark or error.context_mark
        words = next((ours for theirs, ours in PLAINER.items() if theirs in problem), problem)
        raise _at(mark, f"This is not valid YAML: {words}.") from error
    return node


def _refuse_tricks(text: str) -> None:
    """Stop at aliases (a few lines can stand for gigabytes), tags and deep nesting.

    A tag can also spell a key in a way that Prometheus reads and we would not.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _at(event.start_mark, "Anchors and aliases (&, *) are not taken here.")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise _at(event.start_mark, "Tags (!) are not taken here.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _at(event.start_mark, "This text is nested too deeply for a rule file.")


def _group(node: Node, floor_s: float, limits: QueryLimits) -> GroupOutline:
    interval = _child(node, "interval")
    seconds = prometheus_seconds(_text(interval)) if interval is not None else None
    if interval is not None and seconds is not None and seconds < floor_s:
        raise _at(
            interval.start_mark,
            f"An interval of {_text(interval)} is under {exact(floor_s)} s, the time "
            "between two scrapes: it would only count the same samples again.",
        )
    return GroupOutline(
        name=_text(_child(node, "name")),
        rules=tuple(_rule(rule, limits) for rule in _items(_child(node, "rules"))),
    )


def _rule(node: Node, limits: QueryLimits) -> tuple[RuleKind, str]:
    expr = _child(node, "expr")
    if expr is not None and (reason := too_complex(_text(expr), limits)):
        raise _at(expr.start_mark, reason)
    record = _child(node, "record")
    if record is not None:
        if LABS_OWN.fullmatch(_text(record)):
            raise _at(record.start_mark, f"{_text(record)} {OF_THE_LAB}")
        return RuleKind.RECORDING, _text(record)
    return RuleKind.ALERTING, _text(_child(node, "alert"))


def _child(node: Node | None, name: str) -> Node | None:
    for key, value in _pairs(node):
        if _text(key) == "<<":
            raise _at(key.start_mark, "Merge keys (<<) are not taken here.")
        if _text(key) == name:
            return value
    return None


def _pairs(node: Node | None) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, MappingNode):
        yield from node.value


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _at(mark: Any, reason: str) -> RuleTextError:
    if mark is None:
        return RuleTextError(reason)
    return RuleTextError(reason, mark.line + 1, mark.column + 1)


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1
