"""Which system a target asks, from the many ways a data source is written.

In a Grafana that lists its data sources that is what Grafana itself would ask (9.4:
``datasource_srv.ts`` and ``PanelQueryRunner.ts``); in a file it is what the text tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.clients.grafana.data_sources import (
    UNLISTED,
    DataSources,
    Meant,
    SourceBook,
    SourceTrouble,
    is_prometheus,
)
from portal.dashboards.document import mappings
from portal.dashboards.model import PanelSource, TargetSource
from portal.promql.expressions import is_expression
from portal.promql.findings import Code
from portal.promql.variables import Variable

VARIABLE = re.compile(r"\$\{?(\w+)(?::\w+)?\}?|\[\[(\w+)\]\]")
EXPRESSION_TYPES = frozenset(
    {"math", "reduce", "resample", "threshold", "classic_conditions", "sql"}
)
FOREIGN = re.compile(
    r"loki|tempo|jaeger|zipkin|influx|graphite|elastic|opensearch|mysql|postgres|mssql|sqlite"
    r"|cloudwatch|stackdriver|azure.?monitor|testdata|opentsdb|datadog|clickhouse|pyroscope|parca"
    r"|-- grafana --",
    re.IGNORECASE,
)


PROBLEMS = {
    SourceTrouble.MISSING: Code.NO_SUCH_DATASOURCE,
    SourceTrouble.PLACEHOLDER: Code.DATASOURCE_PLACEHOLDER,
    SourceTrouble.FOREIGN: Code.OTHER_DATASOURCE,
    SourceTrouble.ANOTHER: Code.OTHER_PROMETHEUS,
    SourceTrouble.SILENT: Code.SILENT_DATASOURCE,
}
BUILT_IN = frozenset({"-- Grafana --", "-- Dashboard --", "-- Mixed --", "grafana"})


@dataclass(frozen=True)
class Sources:
    """What is known of data sources.

    ``known``: what the document tells, by name, uid, ``__inputs`` or variable -> plugin type.
    ``book``: what the Grafana has that it lies in; there ``variables`` may name one too.
    ``by_type``: schema v2, where a target stands for itself and may name its plugin alone.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    book: SourceBook = UNLISTED
    variables: Mapping[str, Variable] = field(default_factory=dict)
    by_type: bool = False

    def of(self, target: Mapping[str, Any], panel_source: Any) -> TargetSource:
        """What a target asks, as Grafana resolves it; in a file as far as its text tells."""
        kind = self._as_written(target, panel_source)
        if self.book.known is None or kind in {PanelSource.EXPRESSION, PanelSource.DASHBOARD}:
            return TargetSource(kind)
        own = target.get("datasource")
        meant = self._meant(own if _mixed(panel_source) or not panel_source else panel_source)
        if meant is None:
            return TargetSource(PanelSource.FOREIGN)
        interval_s = meant.source.scrape_interval_s if meant.source else None
        problem = PROBLEMS[meant.trouble] if meant.trouble else None
        is_foreign = meant.trouble is SourceTrouble.FOREIGN
        kind = PanelSource.FOREIGN if is_foreign else PanelSource.PROMETHEUS
        return TargetSource(kind, problem, meant.why, interval_s)

    def _meant(self, written: Any) -> Meant | None:
        """What Grafana asks; the panel's data source wins over a target's, unless it is mixed.

        None: one that is part of Grafana itself.
        """
        kind = written.get("type") if isinstance(written, Mapping) else None
        uid = written.get("uid") if isinstance(written, Mapping) else written
        if not isinstance(uid, str) or not uid:
            by_type = self.by_type and isinstance(kind, str) and kind
            return self.book.of_type(str(kind)) if by_type else self.book.meant("")
        name = VARIABLE.sub(self._value, uid)
        return None if name in BUILT_IN else self.book.meant(name)

    def _value(self, found: re.Match[str]) -> str:
        """What a variable stands for; one of data sources is the first that fits, if unset."""
        name = found[1] or found[2]
        variable = self.variables.get(name)
        if variable is None:
            return found[0]
        value = next(iter(variable.values), "")
        listed = self.book.known or DataSources()
        if variable.kind != "datasource" or listed.called(value):
            return value or found[0]
        plugin = self.known.get(name, "prometheus")
        return next((one.name for one in listed if one.type == plugin), value or found[0])

    def _as_written(self, target: Mapping[str, Any], panel_source: Any) -> PanelSource:
        """What the text tells; without a data source of its own the panel's counts."""
        own = target.get("datasource")
        written = panel_source if own is None or own == "" else own
        found = self._source(written)
        if found is None and self._source(panel_source) is not None and not _mixed(panel_source):
            found = self._source(panel_source)
        if found is None and str(target.get("type")) in EXPRESSION_TYPES and "expr" not in target:
            return PanelSource.EXPRESSION
        return found or PanelSource.PROMETHEUS

    def _source(self, written: Any) -> PanelSource | None:
        """None: the default data source, a mixed one, or one that nobody knows."""
        if isinstance(written, Mapping):
            return self._object(written)
        return self._name(written) if isinstance(written, str) else None

    def _object(self, written: Mapping[str, Any]) -> PanelSource | None:
        kind, uid = written.get("type"), written.get("uid")
        if kind == "datasource" and isinstance(uid, str):
            return self._name(uid) if uid.startswith("-- ") else PanelSource.FOREIGN
        if isinstance(kind, str) and kind and not kind.startswith("$"):
            return _plugin(kind)
        return self._name(uid) if isinstance(uid, str) else None

    def _name(self, name: str) -> PanelSource | None:
        if name == "-- Dashboard --":
            return PanelSource.DASHBOARD
        if is_expression(name):
            return PanelSource.EXPRESSION
        variable = VARIABLE.fullmatch(name)
        known = self.known.get(variable[1] or variable[2]) if variable else self.known.get(name)
        if known is not None:
            return _plugin(known)
        return PanelSource.FOREIGN if FOREIGN.search(name) else None


def _plugin(kind: str) -> PanelSource:
    if is_expression(kind):
        return PanelSource.EXPRESSION
    return PanelSource.PROMETHEUS if is_prometheus(kind) else PanelSource.FOREIGN


def _mixed(written: Any) -> bool:
    name = written.get("uid") if isinstance(written, Mapping) else written
    return name == "-- Mixed --"


def known_sources(
    dashboard: Mapping[str, Any],
    entries: Iterable[Any],
    book: SourceBook,
    variables: Mapping[str, Variable],
) -> Sources:
    """What the dashboard itself tells of data sources, beside the Grafana that it lies in."""
    known: dict[str, str] = {}
    for entry in mappings(dashboard.get("__inputs")):
        if isinstance(entry.get("name"), str) and isinstance(entry.get("pluginId"), str):
            known[entry["name"]] = entry["pluginId"]
    for variable in mappings(entries):
        name, plugin = variable.get("name"), variable.get("query", variable.get("pluginId"))
        if variable.get("type") == "datasource" and isinstance(name, str):
            known[name] = plugin if isinstance(plugin, str) and plugin else "prometheus"
    return Sources(known, book, variables)
