"""What never left this machine is no failure of the service's."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import time
from collections.abc import Iterator

import pytest

from portal.bursts.engine import loop
from portal.bursts.engine.control import Control
from portal.bursts.engine.loop import Loop
from portal.bursts.engine.reporter import Reporter
from portal.bursts.engine.schedule import ClosedSchedule, OpenSchedule, Schedule
from portal.bursts.engine.tally import Tally
from portal.bursts.engine.target import BurstTarget, Request
from portal.bursts.messages import Message, MessageKind

NOWHERE = BurstTarget(socket.AF_INET, ("127.0.0.1", 9), "localhost", "")


@pytest.fixture
def control() -> Iterator[Control]:
    """An ear that hears nothing."""
    hears, says = os.pipe()
    yield Control(hears)
    os.close(hears)
    os.close(says)


def counted(control: Control, schedule: Schedule) -> Tally:
    """What a loop counts of a burst of that schedule."""
    tally = Tally()
    Loop(
        target=NOWHERE,
        requests=itertools.repeat(Request("GET", b"")),
        schedule=schedule,
        tally=tally,
        control=control,
        progress=lambda _: True,
        timeout_seconds=5.0,
        keep_alive=True,
    ).run()
    return tally


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let no connection be made, for that reason."""

    def connection(target: BurstTarget) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(loop, "Connection", connection)


@pytest.mark.parametrize(
    ("number", "is_our_own"),
    [
        (errno.EMFILE, True),
        (errno.ENFILE, True),
        (errno.EADDRNOTAVAIL, True),
        (errno.ENOBUFS, True),
        (errno.ENOMEM, True),
        (errno.ECONNREFUSED, False),
        (errno.EHOSTUNREACH, False),
    ],
    ids=errno.errorcode.get,
)
def test_the_own_limit_is_told_apart_from_a_service_that_is_away(
    control: Control, monkeypatch: pytest.MonkeyPatch, number: int, is_our_own: bool
) -> None:
    refuse(monkeypatch, number)
    tally = counted(control, OpenSchedule(time.monotonic(), 1000.0, 3))
    sent, failed = (0, {}) if is_our_own else (3, {"connection": 3})
    assert (tally.sent, tally.not_sent, dict(tally.failed)) == (sent, 3 - sent, failed)
    assert (tally.in_flight, tally.cut) == (0, 0)


def test_one_user_goes_on_after_a_request_that_could_not_be_sent(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, errno.EMFILE)
    schedule = ClosedSchedule(time.monotonic(), 1000.0, 60.0, requests=3)
    assert counted(control, schedule).not_sent == 3


def test_what_was_not_sent_is_told() -> None:
    hears, says = os.pipe()
    tally = Tally()
    tally.start("/", 1.0, 1.0)
    tally.kept_back("/", 1.0)
    Reporter(says, 1, tally, 0.0).tell(MessageKind.FINISHED, 2.0)
    told = Message.parse(os.read(hears, 4096).decode())
    assert (told.sent, told.not_sent, told.in_flight) == (0, 1, 0)
    os.close(hears)
    os.close(says)
