"""A burst's record in words."""

from __future__ import annotations

from typing import Any

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


@pytest.mark.parametrize(
    ("counts", "is_readable"),
    [
        ({}, True),
        ({"sent": 3, "elapsed_seconds": 1.5}, True),
        ({"sent": 3, "slow": None}, False),
        ({"sent": "3"}, False),
        ({"not_sent": True}, False),
    ],
)
def test_a_record_is_readable_where_every_count_is_a_number(
    counts: dict[str, Any], is_readable: bool
) -> None:
    assert Burst(spec={}, counts=counts).is_readable is is_readable


@pytest.mark.parametrize(
    ("counts", "seconds"),
    [
        ({}, 0.0),
        ({"first_bad_due_at": 1000.0}, 0.0),
        ({"first_bad_due_at": 1000.0, "last_bad_end_at": None}, 0.0),
        ({"first_bad_due_at": 1000.0, "last_bad_end_at": 1012.5}, 12.5),
    ],
)
def test_users_were_hurt_from_the_first_bad_request_to_the_end_of_the_last(
    counts: dict[str, Any], seconds: float
) -> None:
    assert Burst(counts=counts).hurt_seconds == seconds


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, ""),
        ({"not_sent": 0, "late_p99": 0.0004}, ""),
        ({"late_p99": None}, ""),
        ({"not_sent": 1}, "1 request was not sent: this machine was out of open files or ports."),
        ({"not_sent": 1200}, "1,200 requests were not sent"),
        ({"late_p99": 0.305}, "one request in a hundred was sent 305 ms or more after it was due"),
    ],
)
def test_what_the_generator_could_not_do_is_told(counts: dict[str, Any], words: str) -> None:
    told = Burst(counts=counts).own_limits
    assert told.startswith(words) or words in told
    assert bool(told) is bool(words)
