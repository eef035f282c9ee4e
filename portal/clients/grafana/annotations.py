"""Annotations: marks on a dashboard's time axis."""

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
