"""A dashboard as the check sees it, whatever shape its JSON had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portal.dashboards.display import Display
from portal.dashboards.look import PLAIN, Look
from portal.promql.findings import Code
from portal.promql.narrowing import Narrowing
from portal.promql.variables import Variable


class PanelSource(StrEnum):
    """What a target asks."""

    PROMETHEUS = "prometheus"
    EXPRESSION = "expression"
    DASHBOARD = "dashboard"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class TargetSource:
    """What a target asks. ``problem``: why Grafana gets nothing of the lab's for it.

    ``scrape_interval_s``: what the data source says of itself; None: that is not known.
    """

    kind: PanelSource
    problem: Code | None = None
    why: str = ""
    scrape_interval_s: float | None = None


@dataclass(frozen=True)
class PanelTarget:
    """One query of a panel; ``settings`` are its own keys as they stand in the JSON."""

    ref: str
    asks: TargetSource
    hidden: bool
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> PanelSource:
        """What kind of system it asks."""
        return self.asks.kind

    @property
    def expr(self) -> str:
        """The PromQL as written; empty where there is none."""
        found = self.settings.get("expr")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class Transformation:
    """One step after the queries: its id and its options. ``only``: matches what it is for."""

    kind: str
    options: Mapping[str, Any]
    only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """One panel that is not a row. ``interval_s``: its smallest ``$__interval`` in seconds.

    ``place``: what can be seen where it stands. ``repeats``: the variables that it, its row or its
    tab is repeated by: Grafana draws it once for each value.
    """

    title: str
    id: Any = None
    targets: tuple[PanelTarget, ...] = ()
    transformations: tuple[Transformation, ...] = ()
    library_uid: str | None = None
    is_copy: bool = False
    interval_s: float | None = None
    display: Display = field(default_factory=Display)
    place: Look = PLAIN
    repeats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """Panels in document order. ``range_s``: the time range it opens with, in seconds.

    ``filters``: what its ad hoc filters and *group by* variables add to every query.
    """

    title: str
    uid: str
    panels: tuple[Panel, ...]
    variables: Mapping[str, Variable]
    range_s: float = 3600.0
    filters: Narrowing = Narrowing()
