"""Faults: what is in effect, for how long, and whom it hits."""

from __future__ import annotations

import threading
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockapp.faults import HEALTHY, Fault, Faults
from tests.mockapp.conftest import Ticker
from tests.mockapp.process import wait_until


@given(percent=st.integers(0, 100), hundreds=st.integers(1, 9))
def test_the_error_ratio_is_exact_over_a_burst(percent: int, hundreds: int) -> None:
    faults = Faults()
    faults.set(Fault(error_ratio=percent / 100), 600)
    failed = sum(faults.next_fails() for _ in range(100 * hundreds))
    assert failed == percent * hundreds


def test_failures_are_spread_evenly(faults: Faults) -> None:
    faults.set(Fault(error_ratio=0.2), 600)
    assert [faults.next_fails() for _ in range(10)] == [False, False, False, False, True] * 2


def test_renewing_a_fault_goes_on_counting(faults: Faults) -> None:
    failed = 0
    for _ in range(20):
        faults.set(Fault(error_ratio=0.1), 5)
        failed += sum(faults.next_fails() for _ in range(5))
    assert failed == 10


def test_a_fault_ends_by_itself(faults: Faults, ticker: Ticker) -> None:
    faults.set(Fault(error_ratio=1.0, latency_seconds=0.8), 5)
    ticker.now += 4.9
    assert faults.effective == Fault(error_ratio=1.0, latency_seconds=0.8)
    assert faults.remaining_seconds == pytest.approx(0.1)
    ticker.now += 0.2
    assert faults.effective == HEALTHY
    assert faults.remaining_seconds == 0
    assert not faults.next_fails()


def test_clear_mends_at_once(faults: Faults) -> None:
    faults.set(Fault(error_ratio=1.0), 600)
    faults.clear()
    assert faults.effective == HEALTHY


def test_a_healthy_service_holds_nobody(faults: Faults) -> None:
    faults.set(Fault(latency_seconds=5), 600)
    assert not faults.hold()


@pytest.mark.parametrize("end", [Faults.clear, lambda faults: faults.set(Fault(), 5)])
def test_hung_requests_are_let_go_when_the_fault_ends(end: object) -> None:
    faults = Faults()
    faults.set(Fault(hang=True), 600)
    holding = threading.Thread(target=faults.hold)
    holding.start()
    wait_until(lambda: faults.hung_requests == 1)
    end(faults)  # type: ignore[operator]
    holding.join(60)
    assert not holding.is_alive()
    assert faults.hung_requests == 0


def test_hung_requests_are_let_go_when_the_lifetime_is_over() -> None:
    hundredths = count()
    faults = Faults(lambda: next(hundredths) / 100)
    faults.set(Fault(hang=True), 0.2)
    assert faults.hold()
    assert faults.effective == HEALTHY


def test_nobody_hangs_longer_than_a_minute_however_often_the_fault_is_renewed(
    faults: Faults, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Renewed(threading.Event):
        """Passes the time of a wait at once; a burst renews its fault meanwhile."""

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            waits.append(timeout)
            ticker.now += timeout
            faults.set(Fault(hang=True), 45)
            return False

    monkeypatch.setattr("mockapp.faults.Event", Renewed)
    faults.set(Fault(hang=True), 45)
    assert faults.hold()
    assert waits == [45, 15]
    assert faults.effective.hang
    assert faults.hung_requests == 0


def test_beyond_the_bound_the_oldest_is_let_go() -> None:
    faults = Faults(max_hung=2)
    faults.set(Fault(hang=True), 600)
    holding = []
    for hung in (1, 2, 2):
        holding.append(threading.Thread(target=faults.hold))
        holding[-1].start()
        wait_until(lambda hung=hung: faults.hung_requests == hung)
    holding[0].join(60)
    assert [thread.is_alive() for thread in holding] == [False, True, True]
    faults.clear()
    for thread in holding:
        thread.join(60)
