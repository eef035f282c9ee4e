"""The form in which impact is stated."""

from __future__ import annotations

from dataclasses import dataclass

from portal.impact.comparison import MIN_SENTENCE, Statement
from portal.kit.form import TypedForm
from portal.numbers import count

MAX_SENTENCE = 5000
MOST = 1e7
NUMBERS = {
    "failed": "failed requests",
    "slow": "slow requests",
    "seconds": "seconds",
}


@dataclass
class ImpactForm(TypedForm):
    """The fields as typed, and one reason for each that can't be used."""

    burst: str = ""
    failed: str = ""
    slow: str = ""
    seconds: str = ""
    sentence: str = ""

    def read(self, numbers_of_bursts: set[int]) -> Statement | None:
        """The statement, or None with ``errors`` saying why."""
        self.errors = {}
        numbers = {name: self._number(name) for name in NUMBERS}
        if self.burst not in map(str, numbers_of_bursts):
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
        wanted = f"Type a number of {NUMBERS[name]}, 0 or more."
        value = self.number(name, wanted)
        if value is not None and 0 <= value <= MOST:
            return value
        self.errors[name] = wanted
        return 0.0
