"""Bursts as bands, for every chart over time."""

from __future__ import annotations

from datetime import datetime

from portal.bursts.store import bursts_between
from portal.kit.charts import Band


def burst_bands(learner_id: int, start: datetime, end: datetime) -> list[Band]:
    """The learner's bursts in that stretch of time, as bands of a chart."""
    return [
        Band(
            start=b.started_at.timestamp(),
            end=(b.ended_at or end).timestamp(),
            label=b.title.lower(),
            number=b.id,
        )
        for b in bursts_between(learner_id, start, end)
        if b.started_at
    ]
