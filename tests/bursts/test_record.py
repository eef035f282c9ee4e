"""The record of a burst by the second: adds up, is small, and is read again or refused."""

from __future__ import annotations

import json
import random
import zlib

import pytest

from portal.bursts.engine.tally import Tally
from portal.bursts.messages import Part
from portal.bursts.profiles import VISITORS
from portal.bursts.record import BurstRecord, SecondView
from portal.records import RecordError


def recorded(
    seconds: int, rate: int, mix: tuple[Part, ...] = VISITORS, start: float = 0.0
) -> tuple[Tally, BurstRecord]:
    """A burst of that rate in which a fifth fails and a tenth hangs, and its record."""
    chance = random.Random(seconds * rate)
    paths = [part.path for part in mix for _ in range(part.weight)]
    tally, record = Tally(start=start), BurstRecord()
    for number in range(seconds * rate):
        due, path = start + number / rate, chance.choice(paths)
        tally.start(path, due, due)
        status = chance.choice([200, 200, 200, 200, 500])
        if chance.random() < 0.1:
            tally.timed_out(path, due, due + 5)
        else:
            tally.answered(path, status, due, due + chance.lognormvariate(-4, 1.5))
        if number % rate == 0 and (part := tally.seconds.part(0.0)):
            record.take(part)
    if part := tally.seconds.part(0.0):
        record.take(part)
    return tally, record


def test_the_seconds_add_up_to_the_totals() -> None:
    tally, record = recorded(20, 50)
    views, totals = record.views(), record.totals()
    assert len(views) == 20
    assert sum(view.sent for view in views) == tally.sent == totals["sent"] == 1000
    assert sum(view.good for view in views) == tally.good
    assert sum(view.slow for view in views) == tally.slow
    assert sum(view.failed for view in views) == sum(tally.failed.values())
    assert sum(view.given_up for view in views) == tally.failed["timeout"]
    assert sum(n for second in record.coarse.values() for n in second.values()) == 1000
    assert record.latencies.count == 1000
    assert record.latencies.quantiles(0.5, 0.99) == tally.latency.quantiles(0.5, 0.99)
    assert record.latencies.mean == pytest.approx(tally.latency.mean)


def test_paths_add_up_to_all_and_the_most_asked_is_first() -> None:
    _, record = recorded(20, 50)
    by_path = record.totals_by_path()
    assert record.paths == ["/", "/search", "/checkout"]
    for what, number in record.totals().items():
        assert sum(counts[what] for counts in by_path.values()) == number
    checkout = record.views(["/checkout"])
    assert sum(view.sent for view in checkout) == by_path["/checkout"]["sent"]


def test_a_second_in_which_nothing_was_due_is_there() -> None:
    tally, record = Tally(), BurstRecord()
    for due in (0.5, 3.5):
        tally.start("/", due, due)
        tally.answered("/", 200, due, due + 0.1)
    part = tally.seconds.part(0.0)
    assert part
    record.take(part)
    assert record.views() == [
        SecondView(0, sent=1, fast=1),
        SecondView(1),
        SecondView(2),
        SecondView(3, sent=1, fast=1),
    ]
    assert [view.good_share for view in record.views()] == [1.0, None, None, 1.0]


def test_ten_minutes_at_500_a_second_fit_in_100_kilobytes_and_come_back() -> None:
    _, record = recorded(600, 500)
    document = record.dump()
    assert len(document) <= 100_000
    assert BurstRecord.parse(document) == record


def test_two_parts_of_one_schedule_add_up_exactly() -> None:
    _, one = recorded(10, 30)
    _, other = recorded(12, 40)
    both = one.plus(other)
    assert both.totals() == one.totals() + other.totals()
    assert both.latencies.count == 300 + 480
    assert len(both.views()) == 12


def spoiled(**change: object) -> bytes:
    """A document that holds something else."""
    content = {"v": 1, "start": 0.0, "seconds": [], "latency": [], "latency_total": 0.0, **change}
    return zlib.compress(json.dumps(content).encode())


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"nothing",
        zlib.compress(b"[]"),
        zlib.compress(b"{}"),
        zlib.compress(b"[" * 100_000),
        zlib.compress(b" " * 100_000_000),
        spoiled(v=2),
        spoiled(start="now"),
        spoiled(latency=[[99_999, 1]]),
        spoiled(latency=[[3, -1]]),
        spoiled(seconds=[{"second": 600}]),
        spoiled(seconds=[{"second": -1}]),
        spoiled(seconds=[{"second": 1, "counts": [["/", "sent", -1]]}]),
        spoiled(seconds=[{"second": 1, "latency": [[66, 1]]}]),
        recorded(3, 10)[1].dump()[:-20],
    ],
    ids=str,
)
def test_what_is_no_record_is_refused_in_a_sentence(document: bytes) -> None:
    with pytest.raises(RecordError, match=r"record by the second|No RecordPart"):
        BurstRecord.parse(document)
