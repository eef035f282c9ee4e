"""Fifty open pages cost Prometheus what one does."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from portal.background import Background
from portal.deadline import Deadline, is_over, under
from portal.limits import RoomLimits
from portal.readings import SharedReadings


class Seconds:
    """A monotonic clock in the test's hands."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_fifty_pages_at_once_ask_one_time() -> None:
    shared, gate = SharedReadings(Background(), monotonic=Seconds()), threading.Barrier(50)
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "value"

    def page(_: int) -> str:
        gate.wait()
        return shared.get("key", 5, ask)

    with ThreadPoolExecutor(50) as pool:
        values = list(pool.map(page, range(50)))
    assert values == ["value"] * 50
    assert len(asked) == 1


def test_a_value_is_asked_for_anew_when_it_is_old() -> None:
    seconds, answers = Seconds(), iter("abc")
    shared = SharedReadings(Background(), monotonic=seconds)
    assert shared.get("key", 5, lambda: next(answers)) == "a"
    seconds.now += 4.9
    assert shared.get("key", 5, lambda: next(answers)) == "a"
    seconds.now += 0.2
    assert shared.get("key", 5, lambda: next(answers)) == "b"


def test_while_one_page_asks_the_others_get_the_value_from_before() -> None:
    seconds, started, finish = Seconds(), threading.Event(), threading.Event()
    shared = SharedReadings(Background(), monotonic=seconds)
    shared.get("key", 5, lambda: "old")
    seconds.now += 10

    def slow() -> str:
        started.set()
        finish.wait(60)
        return "new"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.get, "key", 5, slow)
        assert started.wait(60)
        assert shared.get("key", 5, lambda: "never") == "old"
        finish.set()
        assert first.result(60) == "new"


def test_who_has_patience_gets_the_value_from_before_and_the_next_one_gets_the_new() -> None:
    now, asked = [0.0], threading.Event()
    shared = SharedReadings(Background(), monotonic=lambda: now[0])
    assert shared.get("k", 5, lambda: "old") == "old"
    now[0] = 6.0

    def ask() -> str:
        asked.wait(60)
        return "new"

    for _ in range(3):
        assert shared.get("k", 5, ask, patience=10) == "old"
    asked.set()
    deadline = time.monotonic() + 60
    while shared.get("k", 5, ask, patience=10) != "new":
        assert time.monotonic() < deadline


def test_patience_ends_and_nobody_is_given_a_value_beyond_it() -> None:
    now = [0.0]
    shared = SharedReadings(Background(), monotonic=lambda: now[0])
    shared.get("k", 5, lambda: "old")
    now[0] = 10.0
    assert shared.get("k", 5, lambda: "new", patience=10) == "new"


def test_another_key_is_another_value() -> None:
    shared = SharedReadings(Background(), monotonic=Seconds())
    assert shared.get("a", 5, lambda: 1) == 1
    assert shared.get("b", 5, lambda: 2) == 2


def test_forgetting_asks_anew() -> None:
    shared = SharedReadings(Background(), monotonic=Seconds())
    shared.get("a", 5, lambda: 1)
    shared.forget("a")
    assert shared.get("a", 5, lambda: 2) == 2


def test_a_failure_to_ask_keeps_nothing_locked() -> None:
    shared = SharedReadings(Background(), monotonic=Seconds())
    for value in (0, 1):
        try:
            assert shared.get("a", 5, partial(divmod, 1, value)) == (1, 0)
        except ZeroDivisionError:
            assert value == 0


def test_keys_that_somebody_typed_do_not_pile_up() -> None:
    shared = SharedReadings(Background(), monotonic=Seconds())
    shared.get("asked again and again", 60, lambda: "first")
    for number in range(2 * RoomLimits.readings):
        shared.get(number, 60, lambda: "typed")
        assert shared.get("asked again and again", 60, lambda: "second") == "first"
    assert shared.get(0, 60, lambda: "anew") == "anew"


def test_what_a_page_without_time_got_is_no_value_for_the_others() -> None:
    shared = SharedReadings(Background(), monotonic=Seconds())
    with under(Deadline(0)):
        assert shared.get("a", 5, lambda: "not asked") == "not asked"
    assert shared.get("a", 5, lambda: "asked") == "asked"


def test_who_waits_for_another_page_waits_no_longer_than_its_own_time() -> None:
    shared, started, finish = SharedReadings(Background()), threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        finish.wait(60)
        return "at last"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.get, "key", 5, slow)
        assert started.wait(60)
        with under(Deadline(0.05)):
            assert shared.get("key", 5, lambda: f"over: {is_over()}") == "over: True"
        finish.set()
        assert first.result(60) == "at last"
