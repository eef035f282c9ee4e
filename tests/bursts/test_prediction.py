"""What a learner predicts, as typed."""

from __future__ import annotations

import pytest

from portal.bursts.prediction import Prediction, PredictionError, read_prediction


@pytest.mark.parametrize(
    ("percent", "page", "expected"),
    [
        ("", "", Prediction()),
        ("20", "yes", Prediction(0.2, page=True)),
        (" 2,5 % ", "no", Prediction(0.025, page=False)),
        ("0", "perhaps", Prediction(0.0)),
        ("100", "", Prediction(1.0)),
    ],
)
def test_both_questions_are_optional(percent: str, page: str, expected: Prediction) -> None:
    assert read_prediction(percent, page) == expected


@pytest.mark.parametrize("percent", ["-1", "101", "lots", "nan", "inf", "1e9"])
def test_what_is_no_share_is_refused(percent: str) -> None:
    with pytest.raises(PredictionError, match="0 to 100 %"):
        read_prediction(percent, "")
