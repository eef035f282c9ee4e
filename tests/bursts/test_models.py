"""A burst's record in words."""

from __future__ import annotations

import pytest

from portal.bursts.models import Burst


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        ({}, "0"),
        ({"500": 1240}, "1,240 with status 500"),
        ({"500": 2, "timeout": 3}, "2 with status 500, 3 timed out"),
        ({"connection": 7}, "7 lost the connection"),
        ({"garbage": 1}, "1 got an unreadable answer"),
    ],
)
def test_failures_are_told_in_words(failed: dict[str, int], words: str) -> None:
    assert Burst(counts={"failed": failed}).failed_words == words
