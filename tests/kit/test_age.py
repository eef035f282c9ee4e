"""A stamp beyond now counts as old: in Python, in SQL, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.bursts.models import Burst, BurstState
from portal.kit.age import ago, is_old, old, seconds_since
from portal.kit.db import db
from portal.learners.models import Learner
from tests.conftest import START

LIMIT = timedelta(seconds=6)
CASES = [(-7, True), (-5, False), (0, False), (0.5, False), (5, False), (7, True), (3600, True)]


@pytest.mark.parametrize(("seconds", "expected"), CASES)
def test_a_stamp_is_old_on_both_sides(learner: Learner, seconds: float, expected: bool) -> None:
    stamp = START + timedelta(seconds=seconds)
    assert is_old(stamp, START, LIMIT) is expected
    db.session.add(
        Burst(
            learner_id=learner.id,
            key="k",
            preset="p",
            title="t",
            spec={},
            state=BurstState.FAILED,
            requested_at=stamp,
            heartbeat_at=stamp,
        )
    )
    db.session.commit()
    found = select(func.count()).select_from(Burst).where(old(Burst.heartbeat_at, START, LIMIT))
    assert db.session.scalar(found) == expected


def test_what_was_stamped_meanwhile_is_not_old() -> None:
    """Somebody else may have set it after ``now`` was read."""
    assert not is_old(START + timedelta(seconds=0.5), START, timedelta(0))
    assert is_old(START + timedelta(seconds=2), START, timedelta(0))


@pytest.mark.parametrize(
    ("seconds", "age", "words"),
    [
        (-4, 4, "4 s ago"),
        (0.4, 0, "0 s ago"),
        (3600, None, "before the clock was set back"),
        (169_200, None, "before the clock was set back"),
    ],
)
def test_an_age_is_never_negative(seconds: float, age: float | None, words: str) -> None:
    stamp = START + timedelta(seconds=seconds)
    assert seconds_since(stamp, START) == age
    assert ago(stamp, START) == words
