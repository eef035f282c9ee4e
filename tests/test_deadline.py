"""One deadline for all that is asked: it is carried to other threads, and ends what comes after."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.background import Background
from portal.deadline import (
    Deadline,
    carried,
    is_over,
    share_deadline,
    shared_deadline,
    time_for,
    under,
)

AMPLE = 60.0


def test_what_is_asked_within_shares_it_and_nothing_after_it() -> None:
    assert shared_deadline() is None
    with under(Deadline(AMPLE)) as deadline:
        assert shared_deadline() is deadline
    assert shared_deadline() is None


def test_a_wait_is_never_longer_than_what_is_left() -> None:
    assert time_for(AMPLE) == AMPLE
    with under(Deadline(AMPLE)):
        assert time_for(1) == 1
        assert time_for(2 * AMPLE) <= AMPLE
    with under(Deadline(0)):
        assert is_over()
        assert 0 < time_for(AMPLE) < 1
    assert not is_over()


def test_another_thread_has_none_unless_it_is_carried_there() -> None:
    with under(Deadline(AMPLE)) as deadline, ThreadPoolExecutor(1) as pool:
        assert pool.submit(shared_deadline).result(AMPLE) is None
        assert pool.submit(carried(shared_deadline)).result(AMPLE) is deadline
        assert pool.submit(shared_deadline).result(AMPLE) is None


def test_what_an_action_takes_is_not_the_page_s_time() -> None:
    with under(Deadline(AMPLE)) as page:
        left = page.left
        with under(Deadline(2 * AMPLE)) as action:
            assert shared_deadline() is action
            threading.Event().wait(0.05)
        assert page.left > left - 0.05


def test_it_knows_who_was_waited_for_longest() -> None:
    deadline = Deadline(AMPLE)
    assert deadline.slowest == ""
    deadline.waited_for("Grafana", 0.5)
    deadline.waited_for("Prometheus", 0.3)
    deadline.waited_for("Prometheus", 0.3)
    assert deadline.slowest == "Prometheus"


def test_a_deadline_is_taken_away_again() -> None:
    share_deadline(Deadline(0))
    assert is_over()
    share_deadline(None)
    assert not is_over()


def test_what_is_done_side_by_side_is_under_the_deadline_of_who_waits() -> None:
    background = Background()
    pool = background.pool("short", 2)
    with under(Deadline(AMPLE)) as deadline:
        found = pool.side_by_side("asks", [shared_deadline] * 5)
    assert found == [deadline] * 5
    assert background.stop(AMPLE) == []


def test_works_may_have_others_done_in_the_same_pool() -> None:
    background = Background()
    pool = background.pool("short", 1)

    def nest(depth: int) -> int:
        if not depth:
            return 1
        return sum(pool.side_by_side("nests", [lambda: nest(depth - 1)] * 2))

    with ThreadPoolExecutor(4) as callers:
        found = [callers.submit(nest, 3) for _ in range(4)]
        assert [one.result(AMPLE) for one in found] == [8] * 4
    assert background.stop(AMPLE) == []


def test_one_that_fails_is_raised_and_the_others_are_left() -> None:
    background, done = Background(), list[int]()
    pool = background.pool("short", 1)
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go_on.wait(AMPLE)

    busy = pool.submit("holds", hold)
    assert held.wait(AMPLE)
    with pytest.raises(ZeroDivisionError):
        pool.side_by_side("fails", [lambda: done.append(1), lambda: done.append(1 // 0)])
    go_on.set()
    busy.result(AMPLE)
    assert background.stop(AMPLE) == []
    assert done == []
