"""Which system a target asks, from the many ways a data source is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.dashboards.document import mappings
from portal.dashboards.model import PanelSource
from portal.promql.expressions import is_expression

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


@dataclass(frozen=True)
class Sources:
    """What is known of data sources: by name, uid, ``__inputs`` or variable -> plugin type."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, target: Mapping[str, Any], panel_source: Any) -> PanelSource:
        """What a target asks; without a data source of its own the panel's counts."""
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
    prometheus = kind == "prometheus" or kind.endswith("prometheus-datasource")
    return PanelSource.PROMETHEUS if prometheus else PanelSource.FOREIGN


def _mixed(written: Any) -> bool:
    name = written.get("uid") if isinstance(written, Mapping) else written
    return name == "-- Mixed --"


def known_sources(
    dashboard: Mapping[str, Any], variables: Iterable[Any], given: Mapping[str, str]
) -> Sources:
    """What the dashboard itself tells of data sources, besides what is known already."""
    known = dict(given)
    for entry in mappings(dashboard.get("__inputs")):
        if isinstance(entry.get("name"), str) and isinstance(entry.get("pluginId"), str):
            known[entry["name"]] = entry["pluginId"]
    for variable in mappings(variables):
        name, plugin = variable.get("name"), variable.get("query", variable.get("pluginId"))
        if variable.get("type") == "datasource" and isinstance(name, str):
            known[name] = plugin if isinstance(plugin, str) and plugin else "prometheus"
    return Sources(known)
