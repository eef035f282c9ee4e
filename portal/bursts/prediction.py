"""What a learner expects of a burst before it starts; both questions are optional."""

from __future__ import annotations

from dataclasses import dataclass

from portal.errors import SLOLabError


class PredictionError(SLOLabError):
    """What was typed is no prediction; the sentence says what is."""


@dataclass(frozen=True)
class Prediction:
    """The ratio (0..1) of requests that will fail, and whether the page alert will fire."""

    error_ratio: float | None = None
    page: bool | None = None


NO_PREDICTION = Prediction()


def read_prediction(percent: str, page: str) -> Prediction:
    """The prediction as typed: a percentage or nothing; ``yes``, ``no`` or nothing."""
    return Prediction(_ratio(percent), {"yes": True, "no": False}.get(page))


def _ratio(percent: str) -> float | None:
    typed = percent.replace("%", "").replace(",", ".").strip()
    if not typed:
        return None
    try:
        ratio = float(typed) / 100
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise PredictionError("Predict a share from 0 to 100 %, or leave it empty.")
    return ratio
