"""What trying a query came to."""

from __future__ import annotations

from dataclasses import dataclass

from portal.trial.diary import NOTHING, Diary
from portal.trial.judgement import Shown, Surprise


@dataclass(frozen=True)
class TrialOutcome:
    """What the days said: what was shown, or the surprise; ``error``: Prometheus refuses it;
    ``untried``: nobody knows, and why; ``passing``: that may be over in a moment; ``never``: it
    never shows a number, and why; ``odd``: it shows what it is read as, at an odd scale.
    ``diary``: what it did day by day, where that is to be drawn."""

    shown: Shown | None = None
    surprise: Surprise | None = None
    error: str = ""
    untried: str = ""
    passing: bool = False
    never: str = ""
    odd: bool = False
    diary: Diary = NOTHING
