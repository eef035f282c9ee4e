"""The form for a burst of the learner's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.bursts.prediction import NO_PREDICTION, Prediction, PredictionError, read_prediction
from portal.bursts.profiles import Profile, ProfileError, custom_profile


@dataclass
class CustomForm:
    """The fields as typed: requests/s, seconds, percent, milliseconds."""

    rate: str = "20"
    duration: str = "30"
    error_percent: str = "0"
    latency_ms: str = "0"
    predicted_errors: str = ""
    predicted_page: str = ""
    prediction: Prediction = NO_PREDICTION
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> CustomForm:
        """The form as it was sent."""
        names = (
            "rate",
            "duration",
            "error_percent",
            "latency_ms",
            "predicted_errors",
            "predicted_page",
        )
        given: dict[str, Any] = {name: typed[name].strip() for name in names if name in typed}
        return cls(**given)

    def read(self) -> Profile | None:
        """The profile, or None with ``errors`` saying which field is beyond which limit."""
        self.errors = {}
        rate, duration = self._number("rate"), self._number("duration")
        errors, latency = self._number("error_percent"), self._number("latency_ms")
        try:
            self.prediction = read_prediction(self.predicted_errors, self.predicted_page)
        except PredictionError as error:
            self.errors["predicted_errors"] = str(error)
        if self.errors:
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
        try:
            return float(getattr(self, name).replace(",", "."))
        except ValueError:
            self.errors[name] = "Type a number."
            return 0.0
