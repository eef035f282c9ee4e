"""What Grafana is to show of a burst: from when to when, in which words, found again by a tag."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from portal.bursts.models import Burst
from portal.clients.grafana import Annotation
from portal.numbers import count

LAB = "slo-lab"
SAME_S = 0.0015
"""Grafana keeps milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """A stretch of time (Unix seconds) with a text; ``is_final``: the burst is over."""

    start: float
    end: float
    text: str
    is_final: bool

    def is_shown_by(self, annotation: Annotation) -> bool:
        """Whether the annotation says just this."""
        ends = (self.start - annotation.start, self.end - annotation.end)
        return self.text == annotation.text and all(abs(one) <= SAME_S for one in ends)


def region_of(burst: Burst) -> Region | None:
    """The burst's region; None while nothing of it may be seen in Grafana.

    That is before it begins. While it runs the region ends where the burst is meant to end, so
    that it is right even if the portal is gone by then.
    """
    if burst.started_at is None:
        return None
    start = burst.started_at.timestamp()
    end = burst.ended_at.timestamp() if burst.ended_at else start + burst.duration
    return Region(
        start=start, end=max(start, end), text=_words(burst), is_final=not burst.is_active
    )


def burst_tag(burst: Burst) -> str:
    """A tag that no other burst has, in no lab: numbers begin anew after a reset."""
    return f"burst-{_digest(burst.id, burst.key, burst.requested_at.isoformat())}"


def lab_tag(made_at: datetime) -> str:
    """The tag of a lab's own annotations, by when its first learner was made."""
    return f"lab-{_digest(made_at.isoformat())}"


def _words(burst: Burst) -> str:
    name = f"{burst.title} (burst {burst.number})"
    if burst.is_active:
        return f"{name} is under way"
    told = [f"{count(burst.sent)} sent", f"{count(burst.failed)} failed"]
    told += [f"{count(burst.slow)} slow"] if burst.slow else []
    return f"{name}, {burst.state}: {', '.join(told)}"


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]
