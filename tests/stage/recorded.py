"""Bursts of which everything is known, for the pages that draw them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.bursts.engine.tally import Tally
from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import PRESETS
from portal.bursts.record import BurstRecord
from portal.kit.db import db
from portal.learners.models import Learner
from tests.conftest import START


def record_of(
    seconds: int, rate: int, fails: int, start: float, kind: str = "500"
) -> tuple[Tally, BurstRecord]:
    """A burst in which so many requests of each second fail, and its record."""
    tally, record = Tally(start=start), BurstRecord()
    for second in range(seconds):
        for number in range(rate):
            due = start + second + number / rate
            tally.start("/", due, due)
            if number >= fails:
                tally.answered("/", 200, due, due + 0.02)
            elif kind == "timeout":
                tally.timed_out("/", due, due + 5)
            else:
                tally.answered("/", int(kind), due, due + 0.02)
    part = tally.seconds.part(0.0)
    if part:
        record.take(part)
    return tally, record


def saved_burst(
    learner: Learner, *, seconds: int = 60, rate: int = 20, fails: int = 4, **change: Any
) -> Burst:
    """An error burst that began with the test's clock and has ended."""
    start = START.timestamp()
    tally, record = record_of(seconds, rate, fails, start)
    preset = PRESETS["error-burst"]
    values: dict[str, Any] = {
        "key": "k",
        "preset": preset.id,
        "title": preset.title,
        "spec": preset.as_dict(),
        "state": BurstState.FINISHED,
        "requested_at": START,
        "started_at": START,
        "ended_at": START + timedelta(seconds=seconds),
        "heartbeat_at": START,
        "server_counts": {},
        "record": record.dump(),
        "counts": {
            "sent": tally.sent,
            "good": tally.good,
            "failed": dict(tally.failed),
            "elapsed_seconds": float(seconds),
            "first_bad_due_at": tally.first_bad_due,
            "last_bad_end_at": tally.last_bad_end,
        },
        **change,
    }
    burst = Burst(learner_id=learner.id, **values)
    db.session.add(burst)
    db.session.commit()
    return burst
