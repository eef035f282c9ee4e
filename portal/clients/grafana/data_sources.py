"""Grafana's data sources, and which of them it means by what stands in a panel or a rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.clients.shape import record, text
from portal.durations import prometheus_seconds

LAB_SOURCE = "prometheus"
"""The uid of the data source in the lab's own Grafana."""
DEFAULT = "default"
"""A name that Grafana takes for the default data source, whatever that is called."""
MOST = 80
"""Characters of a name that are told."""
UNSET_S = 15.0
"""The scrape interval, in seconds, that Grafana assumes where a data source sets none."""


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A data source of Grafana; ``url`` as Grafana sees it, "" where it isn't told.

    ``scrape_interval_s``: what ``$__rate_interval`` and ``$__interval`` are made of.
    """

    uid: str
    name: str
    type: str
    url: str = ""
    is_default: bool = False
    scrape_interval_s: float = UNSET_S

    @property
    def is_prometheus(self) -> bool:
        """Whether it is asked in PromQL."""
        return is_prometheus(self.type)


@dataclass(frozen=True)
class DataSources:
    """All that Grafana has, as it lists them."""

    listed: tuple[DataSource, ...] = ()

    def __iter__(self) -> Iterator[DataSource]:
        return iter(self.listed)

    @property
    def default(self) -> DataSource | None:
        """The one that is asked where none is named."""
        return next((one for one in self.listed if one.is_default), None)

    @property
    def prometheus(self) -> list[DataSource]:
        """Those that are asked in PromQL, what the lab would use first: its own, the default."""
        found = [one for one in self.listed if one.is_prometheus]
        return sorted(found, key=lambda one: (one.uid != LAB_SOURCE, not one.is_default))

    def called(self, name: str) -> DataSource | None:
        """The one with that uid, else with that name, as Grafana looks for it."""
        if name == DEFAULT:
            return self.default
        by_uid = next((one for one in self.listed if one.uid == name), None)
        return by_uid or next((one for one in self.listed if one.name == name), None)


class SourceAnswer(StrEnum):
    """What came of asking a data source for what only the lab's Prometheus has.

    UNKNOWN: one of the two can't be asked now, or nothing was scraped yet.
    """

    THE_LAB = "the lab"
    ANOTHER = "another"
    SILENT = "silent"
    UNKNOWN = "unknown"


class SourceTrouble(StrEnum):
    """Why a query does not get what the lab's Prometheus has."""

    MISSING = "missing"
    PLACEHOLDER = "placeholder"
    FOREIGN = "foreign"
    ANOTHER = "another"
    SILENT = "silent"


@dataclass(frozen=True)
class Meant:
    """The data source that Grafana asks for a query; ``why``: the sentence about the trouble."""

    source: DataSource | None = None
    trouble: SourceTrouble | None = None
    why: str = ""


def _untold(_source: DataSource) -> SourceAnswer:
    return SourceAnswer.UNKNOWN


@dataclass(frozen=True)
class SourceBook:
    """Grafana's data sources and what comes of asking them.

    ``known`` None: nobody could list them, so nothing is said of any. ``ask`` is called for those
    that are meant, in PromQL.
    """

    known: DataSources | None = None
    ask: Callable[[DataSource], SourceAnswer] = _untold

    def meant(self, name: str) -> Meant:
        """What Grafana asks for that uid or name; "" is the default one."""
        if self.known is None:
            return Meant()
        found = self.known.called(name) if name else self.known.default
        if found is not None:
            return self._asked(found)
        if "$" in name or "[[" in name:
            why = f"“{name[:MOST]}” is a placeholder that nobody filled in."
            return Meant(None, SourceTrouble.PLACEHOLDER, f"{why} {self.advice}")
        called = f"data source “{name[:MOST]}”" if name else "default data source"
        return Meant(None, SourceTrouble.MISSING, f"Grafana has no {called}. {self.advice}")

    def of_type(self, plugin: str) -> Meant:
        """What Grafana asks in schema v2 where the plugin alone is named: the first one of it."""
        known = self.known or DataSources()
        first = next((one for one in known if one.type == plugin), None)
        return self._asked(first) if first else self.meant("")

    @property
    def advice(self) -> str:
        """Which one to pick, by its name."""
        known = self.known.prometheus if self.known else []
        good = next((one for one in known if self.ask(one) is SourceAnswer.THE_LAB), None)
        return f"Pick “{good.name}” instead." if good else "Pick the lab’s Prometheus instead."

    def _asked(self, source: DataSource) -> Meant:
        name = f"“{source.name[:MOST]}”"
        if not source.is_prometheus:
            why = f"{name} is of the type {source.type[:MOST]}."
            return Meant(source, SourceTrouble.FOREIGN, why)
        match self.ask(source):
            case SourceAnswer.ANOTHER:
                why = f"{name} does not have what the lab’s Prometheus scraped. {self.advice}"
                return Meant(source, SourceTrouble.ANOTHER, why)
            case SourceAnswer.SILENT:
                why = f"Grafana gets no answer from {name}. {self.advice}"
                return Meant(source, SourceTrouble.SILENT, why)
        return Meant(source)


UNLISTED = SourceBook()
"""Of sources that nobody could list, or of a file."""


def data_source(item: Mapping[str, Any]) -> DataSource:
    """A row of ``/api/datasources``."""
    return DataSource(
        uid=text(item.get("uid")),
        name=text(item.get("name")),
        type=text(item.get("type")),
        url=text(item.get("url")),
        is_default=item.get("isDefault") is True,
        scrape_interval_s=_interval(record(item.get("jsonData")).get("timeInterval")),
    )


def data_sources(rows: Iterable[Mapping[str, Any]]) -> DataSources:
    """The rows of ``/api/datasources``."""
    return DataSources(tuple(map(data_source, rows)))


def is_prometheus(plugin: str) -> bool:
    """Whether a plugin asks a Prometheus."""
    return plugin == "prometheus" or plugin.endswith("prometheus-datasource")


def _interval(written: object) -> float:
    """``>5s``, ``1m`` or ``15`` in seconds, as Grafana reads it."""
    plain = text(written).strip().lstrip("<>")
    found = float(plain) if plain.isdecimal() else prometheus_seconds(plain)
    return found if found and math.isfinite(found) else UNSET_S
