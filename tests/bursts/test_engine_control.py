"""The engine's ear and voice."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator

import pytest

from portal.bursts.engine.control import ORPHANED, STOP_ASKED, Control
from portal.bursts.engine.reporter import Reporter
from portal.bursts.engine.tally import Tally
from portal.bursts.messages import Message, MessageError, MessageKind
from portal.bursts.record import BurstRecord


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Reading end, writing end."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_the_order_is_the_first_line(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"the order\n")
    control = Control(pipe[0])
    assert control.read_order() == "the order"
    assert not control.stop_reason


def test_a_stop_right_behind_the_order_is_heard(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"the order\nstop\n")
    control = Control(pipe[0])
    control.read_order()
    assert control.stop_reason == STOP_ASKED


def test_a_stop_in_pieces_is_heard_and_other_words_are_not(pipe: tuple[int, int]) -> None:
    control = Control(pipe[0])
    for piece in (b"faster!\n", b"st", b"op"):
        os.write(pipe[1], piece)
        control.read()
        assert not control.stop_reason
    os.write(pipe[1], b"\r\n")
    control.read()
    assert control.stop_reason == STOP_ASKED
    assert not control.is_orphaned


def test_a_word_of_the_portal_is_of_the_moment_that_it_names(pipe: tuple[int, int]) -> None:
    control = Control(pipe[0])
    before = time.monotonic()

    def owned_at(said: str) -> float:
        os.write(pipe[1], said.encode())
        control.read()
        return control.owned_at

    assert control.owned_at == -math.inf
    assert owned_at(f"here {before}\n") == before
    assert owned_at(f"here {before - 5}\n") == before
    assert before < owned_at("here 1e99\n") <= time.monotonic()
    last = control.owned_at
    assert owned_at("there\n") == last < owned_at("here\n") <= time.monotonic()


def test_the_end_of_input_means_that_nobody_listens(pipe: tuple[int, int]) -> None:
    os.close(pipe[1])
    control = Control(pipe[0])
    control.read()
    assert control.is_orphaned
    assert control.stop_reason == ORPHANED


@pytest.mark.parametrize("text", [b"", b"half an order"])
def test_no_order_is_an_error(pipe: tuple[int, int], text: bytes) -> None:
    os.write(pipe[1], text)
    os.close(pipe[1])
    with pytest.raises(MessageError):
        Control(pipe[0]).read_order()


def busy_tally(seconds: int) -> Tally:
    """That of a burst with much to tell of each second."""
    tally = Tally(start=0.0)
    for number in range(seconds * 100):
        path, due = f"/{number % 20}", number / 100
        tally.start(path, due, due)
        tally.answered(path, 500 + number % 7, due, due + number % 13 / 10)
    return tally


def test_a_full_pipe_never_holds_progress_up_and_nothing_is_lost(pipe: tuple[int, int]) -> None:
    tally = busy_tally(100)
    reporter, record = Reporter(pipe[1], 600, tally, time.monotonic()), BurstRecord()
    for number in range(1000):
        tally.start("/", number / 10, number / 10)
        assert reporter.tell(MessageKind.PROGRESS, time.monotonic())
    text = os.read(pipe[0], 1 << 20)
    ends = threading.Thread(target=reporter.tell, args=(MessageKind.FINISHED, time.monotonic()))
    ends.start()
    while not text.endswith(b"\n") or b'"finished"' not in text:
        text += os.read(pipe[0], 1 << 20)
    ends.join()
    messages = [Message.parse(line) for line in text.decode().splitlines()]
    assert 2 <= len(messages) < 1000
    assert messages[-1].kind is MessageKind.FINISHED
    for message in messages:
        if message.part:
            record.take(message.part)
    assert record.totals()["sent"] == tally.sent == 11_000


def test_a_reader_that_is_gone_is_noticed(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    reporter = Reporter(pipe[1], 600, Tally(), time.monotonic())
    assert not reporter.tell(MessageKind.PROGRESS, time.monotonic())
