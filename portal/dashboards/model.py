"""A dashboard as the check sees it, whatever shape its JSON had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portal.dashboards.display import Display
from portal.promql.variables import Variable


class Source(StrEnum):
    """What a target asks."""

    PROMETHEUS = "prometheus"
    EXPRESSION = "expression"
    DASHBOARD = "dashboard"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Target:
    """One query of a panel; ``settings`` are its own keys as they stand in the JSON."""

    ref: str
    source: Source
    hidden: bool
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def expr(self) -> str:
        """The PromQL as written; empty where there is none."""
        found = self.settings.get("expr")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class Transformation:
    """One step after the queries: its id and its options."""

    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Panel:
    """One panel that is not a row. ``interval_s``: its smallest ``$__interval`` in seconds."""

    title: str
    id: Any = None
    targets: tuple[Target, ...] = ()
    transformations: tuple[Transformation, ...] = ()
    library_uid: str | None = None
    is_copy: bool = False
    interval_s: float | None = None
    display: Display = field(default_factory=Display)


@dataclass(frozen=True)
class Dashboard:
    """Panels in document order. ``range_s``: the time range it opens with, in seconds."""

    title: str
    uid: str
    panels: tuple[Panel, ...]
    variables: Mapping[str, Variable]
    range_s: float = 3600.0
