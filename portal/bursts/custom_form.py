"""The form for a burst of the learner's own."""

from __future__ import annotations

import math
from dataclasses import dataclass

from portal.bursts.prediction import PredictionForm
from portal.bursts.profiles import Profile, ProfileError, check, custom_profile


@dataclass
class CustomForm(PredictionForm):
    """The fields as typed: requests/s, seconds, percent, milliseconds, and the prediction."""

    rate: str = "20"
    duration: str = "30"
    error_percent: str = "0"
    latency_ms: str = "0"

    def read(self) -> Profile | None:
        """The profile, or None with ``errors`` saying which fields are beyond which limits."""
        self.errors = {}
        rate, duration = self._number("rate"), self._number("duration")
        errors, latency = self._number("error_percent"), self._number("latency_ms")
        if not self.read_prediction() or self.errors:
            return None
        try:
            return custom_profile(
                rate=rate,
                duration_seconds=duration,
                error_ratio=errors / 100,
                latency_seconds=latency / 1000,
            )
        except ProfileError as error:
            self.errors[error.field] = str(error)
            return None

    def _number(self, name: str) -> float:
        number = self.number(name)
        try:
            check(name, math.nan if number is None else number)
        except ProfileError as error:
            self.errors[name] = " ".join(filter(None, (self.errors.get(name), str(error))))
        return number or 0.0
