"""How large an expression grows once the recording rules that it reads stand in their place.

Seven short rules that each read the next one sixteen times grow to millions of selectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.promql.context import RecordingRule
from portal.promql.nodes import Expr, selectors
from portal.promql.parser import ParseError, parse

MAX_SELECTORS = 10_000
MAX_RULES = 8
"""Rules that are followed one from the other, at most; it ends those that lead back."""


@dataclass(frozen=True)
class Expansion:
    """Counts selectors; each rule is looked at once for each level that it stands on."""

    rules: Mapping[str, Sequence[RecordingRule]]
    known: dict[tuple[str, int], int] = field(default_factory=dict)

    def is_bounded(self, expr: Expr) -> bool:
        """Whether the expression can be followed down to its metrics in a short time."""
        return self.size(expr) <= MAX_SELECTORS

    def size(self, expr: Expr, level: int = 0) -> int:
        """The selectors in the expression and in the rules that it reads."""
        return sum(1 + self._recorded(one.name or "", level + 1) for one in selectors(expr))

    def _recorded(self, name: str, level: int) -> int:
        if level > MAX_RULES or name not in self.rules:
            return 0
        if (name, level) not in self.known:
            sizes = (self._of_text(rule.expr, level) for rule in self.rules[name])
            self.known[name, level] = max(sizes, default=0)
        return self.known[name, level]

    def _of_text(self, expr: str, level: int) -> int:
        try:
            return self.size(parse(expr), level)
        except ParseError:
            return 0
