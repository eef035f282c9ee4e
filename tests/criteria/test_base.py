"""A verdict's sign and words."""

from __future__ import annotations

import pytest

from portal.criteria.base import Status, verdict_mark, verdict_words
from portal.steps.progress import StepState


@pytest.mark.parametrize(
    ("status", "mark", "words"),
    [
        ("met", "✓", "met"),
        ("not_met", "✗", "not met"),
        ("not_enough_data", "◔", "not enough data yet"),
        ("cannot_check", "?", "can’t check"),
    ],
)
def test_each_verdict_has_a_sign_and_words(status: str, mark: str, words: str) -> None:
    assert (Status(status).mark, Status(status).words) == (mark, words)
    assert (verdict_mark(status), verdict_words(status)) == (mark, words)
    assert StepState(status).mark == mark


def test_a_verdict_of_another_version_cannot_be_checked() -> None:
    assert (verdict_mark("splendid"), verdict_words("splendid")) == ("?", "can’t check")


def test_a_step_without_a_try_has_no_sign() -> None:
    assert StepState.TO_DO.mark == ""
