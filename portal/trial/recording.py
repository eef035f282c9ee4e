"""Recording rules as a trial needs them: which are meant, and what they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from portal.promql.context import RecordingRule
from portal.promql.nodes import Expr, MatchOp, Selector, Subquery, walk
from portal.promql.parser import ParseError, parse


def parsed(rules: Sequence[RecordingRule]) -> Iterator[tuple[RecordingRule, Expr]]:
    """Each rule that can be read, with its tree."""
    for rule in rules:
        with suppress(ParseError):
            yield rule, parse(rule.expr)


def over_time(expr: Expr) -> Iterator[str]:
    """The metrics that are looked at over some time; "" for a subquery without a step."""
    for node in walk(expr):
        match node:
            case Selector() if node.range_s or node.offset_s or node.at:
                yield node.name or ""
            case Subquery():
                yield from ("" for _ in range(node.step_s is None))
                yield from (one.name or "" for one in walk(node) if isinstance(one, Selector))


def picked(
    expr: Expr, rules: Mapping[str, Sequence[RecordingRule]]
) -> dict[str, tuple[RecordingRule, ...]]:
    """Of the recorded names that the expression reads, the rules that its matchers let pass."""
    found: dict[str, list[RecordingRule]] = {}
    for node in walk(expr):
        if isinstance(node, Selector) and node.name and node.name in rules:
            known = found.setdefault(node.name, [])
            known += [r for r in rules[node.name] if r not in known and _passes(node, r)]
    return {name: tuple(known) for name, known in found.items()}


def _passes(selector: Selector, rule: RecordingRule) -> bool:
    """Whether no label that the rule sets contradicts a matcher."""
    return all(
        rule.labels.get(matcher.label, matcher.value) == matcher.value
        for matcher in selector.matchers
        if matcher.op is MatchOp.EQUAL
    )
