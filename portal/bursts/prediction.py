"""What a learner expects of a burst before it starts; both questions are optional."""

from __future__ import annotations

from dataclasses import dataclass

from portal.errors import SLOLabError
from portal.kit.form import TypedForm
from portal.numbers import read_number


class PredictionError(SLOLabError):
    """What was typed is no prediction; the sentence says what is."""


@dataclass(frozen=True)
class Prediction:
    """The ratio (0..1) of requests that will fail, and whether the page alert will fire."""

    error_ratio: float | None = None
    page: bool | None = None


NO_PREDICTION = Prediction()


@dataclass
class PredictionForm(TypedForm):
    """The fields as typed, and the reason where one can't be used."""

    predicted_errors: str = ""
    predicted_page: str = ""
    prediction: Prediction = NO_PREDICTION

    def read_prediction(self) -> bool:
        """Whether ``prediction`` could be read; where not, ``errors`` says why."""
        try:
            self.prediction = read_prediction(self.predicted_errors, self.predicted_page)
        except PredictionError as error:
            self.errors["predicted_errors"] = str(error)
        return "predicted_errors" not in self.errors


def read_prediction(percent: str, page: str) -> Prediction:
    """The prediction as typed: a percentage or nothing; ``yes``, ``no`` or nothing."""
    return Prediction(_ratio(percent), {"yes": True, "no": False}.get(page))


def _ratio(percent: str) -> float | None:
    typed = percent.replace("%", "").strip()
    if not typed:
        return None
    share = read_number(typed)
    if share is None or not 0 <= share <= 100:
        raise PredictionError("Predict a share from 0 to 100 %, or leave it empty.")
    return share / 100
