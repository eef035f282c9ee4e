"""The workbench's panels as Grafana JSON, classic schema: Grafana 9 to 13 import it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from portal.workbench.models import WorkbenchPanel
from portal.workbench.units import NONE, UNITS

SCHEMA_VERSION = 37
COLUMNS, WIDTH, HEIGHT = 2, 12, 8
NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
INPUT = "DS_PROMETHEUS"
TITLE = "My SLIs"


def dashboard(
    panels: Iterable[WorkbenchPanel], title: str, source: dict[str, str]
) -> dict[str, Any]:
    """A dashboard of these panels that asks the data source ``source`` (type and uid)."""
    return {
        "title": title,
        "schemaVersion": SCHEMA_VERSION,
        "tags": ["slo-lab"],
        "editable": True,
        "refresh": "5s",
        "time": {"from": "now-15m", "to": "now"},
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": [_panel(i, panel, source) for i, panel in enumerate(panels)],
    }


def importable(panels: Iterable[WorkbenchPanel], title: str) -> dict[str, Any]:
    """The same for Grafana's import page, which asks for the data source."""
    source = {"type": "prometheus", "uid": f"${{{INPUT}}}"}
    wanted = {
        "name": INPUT,
        "label": "Prometheus",
        "type": "datasource",
        "pluginId": "prometheus",
        "pluginName": "Prometheus",
    }
    return {
        "__inputs": [wanted],
        "__requires": [
            {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"}
        ],
        **dashboard(panels, title, source),
    }


def file_name(title: str) -> str:
    """A plain file name for a dashboard of that title: "my-slis.json"."""
    return f"{NOT_IN_NAMES.sub('-', title.lower()).strip('-')[:60] or 'dashboard'}.json"


def _panel(index: int, panel: WorkbenchPanel, source: dict[str, str]) -> dict[str, Any]:
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": {
            "x": index % COLUMNS * WIDTH,
            "y": index // COLUMNS * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": UNITS.get(panel.unit, NONE).grafana}, "overrides": []},
        "options": {},
        "targets": [
            {"refId": "A", "datasource": source, "expr": panel.expr, "legendFormat": "__auto"}
        ],
    }
