"""Annotations: marks on a dashboard's time axis, and what became of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.clients.shape import number, text, texts


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A mark; start and end are Unix times in seconds, ``dashboard_uid`` "" for all."""

    id: int
    dashboard_uid: str
    start: float
    end: float
    text: str
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AlertAnnotation:
    """One transition of a Grafana-managed alert, kept by Grafana at its evaluation.

    ``rule``: the number of the rule, ``title`` its title; ``series``: which of its alerts it is.
    ``at`` is a Unix time in seconds; ``before`` and ``state`` are in Grafana's words: ``Normal``,
    ``Pending``, ``Alerting (NoData)``.
    """

    rule: int
    title: str
    series: str
    at: float
    before: str
    state: str


def alert_annotation(item: Mapping[str, Any]) -> AlertAnnotation:
    """A row of ``/api/annotations?type=alert``; its text is ``Title {labels} - A=0.5, C=1``."""
    series = text(item.get("text")).rpartition("} - ")[0]
    return AlertAnnotation(
        rule=int(number(item.get("alertId")) or 0),
        title=series.partition(" {")[0],
        series=series,
        at=(number(item.get("time")) or 0.0) / 1000,
        before=text(item.get("prevState")),
        state=text(item.get("newState")),
    )


def annotation(item: Mapping[str, Any]) -> Annotation:
    """A row of ``/api/annotations``."""
    start = number(item.get("time")) or 0.0
    return Annotation(
        id=int(number(item.get("id")) or 0),
        dashboard_uid=text(item.get("dashboardUID")),
        start=start / 1000,
        end=(number(item.get("timeEnd")) or start) / 1000,
        text=text(item.get("text")),
        tags=texts(item.get("tags")),
    )
