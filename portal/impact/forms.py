"""The form in which impact is stated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.impact.comparison import MIN_SENTENCE, Statement
from portal.numbers import count

MAX_SENTENCE = 5000
NUMBERS = {
    "failed": "failed requests",
    "slow": "slow requests",
    "seconds": "seconds",
}


@dataclass
class ImpactForm:
    """The fields as typed, and one reason for each that can't be used."""

    burst: str = ""
    failed: str = ""
    slow: str = ""
    seconds: str = ""
    sentence: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> ImpactForm:
        """The form as it was sent."""
        names = ("burst", *NUMBERS, "sentence")
        given: dict[str, Any] = {name: typed.get(name, "").strip() for name in names}
        return cls(**given)

    def read(self, burst_ids: set[int]) -> Statement | None:
        """The statement, or None with ``errors`` saying why."""
        self.errors = {}
        numbers = {name: self._number(name) for name in NUMBERS}
        if self.burst not in map(str, burst_ids):
            self.errors["burst"] = "Choose one of your incidents."
        if len(self.sentence) < MIN_SENTENCE:
            self.errors["sentence"] = (
                f"Say it in {MIN_SENTENCE} characters or more; these are {len(self.sentence)}."
            )
        if len(self.sentence) > MAX_SENTENCE:
            self.errors["sentence"] = f"Keep it under {count(MAX_SENTENCE)} characters."
        if self.errors:
            return None
        return Statement(**numbers, sentence=self.sentence)

    def _number(self, name: str) -> float:
        try:
            value = float(getattr(self, name).replace(",", "."))
        except ValueError:
            value = -1.0
        if not math.isfinite(value) or not 0 <= value <= 1e7:
            self.errors[name] = f"Type a number of {NUMBERS[name]}, 0 or more."
        return value
