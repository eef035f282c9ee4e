"""Panels of Grafana's Angular days draw what they drew: calculations, styles, axes."""

from __future__ import annotations

from typing import Any

import pytest

from portal.dashboards.angular import modern
from tests.dashboards.build import AVAILABILITY, P95, TOTAL, Json, panel, target
from tests.dashboards.test_display import shown

AVERAGE = {"text": "Avg", "value": "avg"}
COUNT = {"text": "Count", "value": "count"}
NUMBERS = {"pattern": "/.*/", "type": "number", "unit": "percentunit", "decimals": 2}
TIMES = {"pattern": "Time", "type": "date", "dateFormat": "YYYY"}


def code(kind: str, expr: str = AVAILABILITY, **settings: Any) -> str:
    """The code of an old panel with these settings."""
    return shown(panel("x", target(expr, legendFormat="good"), type=kind, **settings)).code


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, "good_ratio"),
        ({"valueName": "current", "format": "percentunit"}, "good_ratio"),
        ({"valueName": "min", "format": "none"}, "good_ratio"),
        ({"valueName": "total"}, "reduced"),
        ({"valueName": "range"}, "reduced"),
        ({"valueName": "last_time"}, "reduced"),
        ({"valueName": "name"}, "reduced"),
        ({"format": "none", "decimals": 0}, "unsure"),
        ({"format": "percentunit", "decimals": 0}, "unsure"),
        ({"format": "percentunit", "decimals": 2}, "good_ratio"),
        ({"format": "dateTimeAsIso"}, "unsure"),
        ({"valueMaps": [{"op": "=", "value": "null", "text": "N/A"}]}, "good_ratio"),
        ({"mappingType": 1, "rangeMaps": [{"from": "0", "to": "1", "text": "OK"}]}, "good_ratio"),
        ({"mappingType": 2, "rangeMaps": [{"from": "0", "to": "1", "text": "OK"}]}, "unsure"),
        ({"mappingType": 2, "rangeMaps": [{"from": "null", "to": "null", "text": "?"}]},
         "good_ratio"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["singlestat", "grafana-singlestat-panel"])
def test_a_single_stat_calculates_and_writes(kind: str, settings: Json, found: str) -> None:
    assert code(kind, **settings) == found


def axes(**left: Any) -> list[Json]:
    """The two axes of an old graph; the right one writes dates."""
    return [{"show": True, **left}, {"format": "dateTimeAsIso", "show": True}]


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"yaxes": axes(format="percentunit", min="0", max="1")}, "good_ratio"),
        ({"yaxes": axes(format="short", decimals=None, min=None, max=None)}, "good_ratio"),
        ({"yaxes": axes(format="short", decimals=0)}, "unsure"),
        ({"yaxes": axes(format="bool")}, "unsure"),
        ({"yaxes": axes(min="2", max="3")}, "unsure"),
        ({"yaxes": axes(), "seriesOverrides": [{"alias": "good", "yaxis": 2}]}, "unsure"),
        ({"yaxes": axes(format="bool"), "seriesOverrides": [{"alias": "all", "yaxis": 2}]},
         "unsure"),
        ({"yaxes": axes(show=False)}, "unsure"),
        ({"yaxes": axes(show=False), "seriesOverrides": [{"alias": "all", "yaxis": 2}]}, "unsure"),
        ({"aliasColors": {"good": "transparent"}}, "hidden"),
        ({"aliasColors": {"all": "transparent", "good": "#f00"}}, "good_ratio"),
        ({"seriesOverrides": [{"alias": "good", "color": "rgba(0, 0, 0, 0)"}]}, "hidden"),
        ({"seriesOverrides": [{"alias": "all"}] * 101}, "unsure"),
        ({"stack": True}, "good_ratio"),
        ({"stack": True, "percentage": True}, "reduced"),
        ({"stack": False, "percentage": True}, "good_ratio"),
        ({"seriesOverrides": [{"alias": "good", "transform": "negative-Y"}]}, "unsure"),
        ({"seriesOverrides": [{"alias": "all", "transform": "negative-Y"}]}, "good_ratio"),
        ({"xaxis": {"mode": "time"}}, "good_ratio"),
        ({"xaxis": {"mode": "histogram"}}, "reduced"),
        ({"xaxis": {"mode": "series", "values": ["total"]}}, "reduced"),
        ({"xaxis": {"mode": "series"}}, "reduced"),
        ({"xaxis": {"mode": "series", "values": ["current"]}}, "good_ratio"),
    ],
)  # fmt: skip
def test_a_graph_of_old_stacks_and_counts(settings: Json, found: str) -> None:
    assert code("graph", **settings) == found


def test_series_of_a_graph_of_old_stand_on_each_other() -> None:
    both = (target(AVAILABILITY, legendFormat="good"), target(P95, "B", legendFormat="slow"))
    assert shown(panel("x", *both, type="graph", stack=True)).code == "unsure"
    apart = [{"alias": "good", "stack": False}]
    found = shown(panel("x", *both, type="graph", stack=True, seriesOverrides=apart))
    assert found.code == "good_ratio"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"styles": [TIMES, NUMBERS], "transform": "timeseries_to_columns"}, "good_ratio"),
        ({"styles": [TIMES, NUMBERS], "transform": "timeseries_to_rows"}, "good_ratio"),
        ({"transform": "timeseries_aggregations", "columns": [AVERAGE]}, "good_ratio"),
        ({"transform": "timeseries_aggregations", "columns": [AVERAGE, COUNT]}, "good_ratio"),
        ({"transform": "timeseries_aggregations", "columns": []}, "good_ratio"),
        ({"transform": "timeseries_aggregations", "columns": [COUNT]}, "reduced"),
        ({"transform": "timeseries_aggregations", "columns": [{"value": "total"}]}, "reduced"),
        ({"transform": "annotations"}, "unsure"),
        ({"transform": "json"}, "unsure"),
        ({"styles": [{"pattern": "/.*/", "type": "hidden"}]}, "hidden"),
        ({"styles": [{"pattern": "/good/", "type": "hidden"}]}, "hidden"),
        ({"styles": [NUMBERS, {"pattern": "/.*/", "type": "hidden"}]}, "good_ratio"),
        ({"styles": [{"pattern": "/.*/", "type": "date"}]}, "unsure"),
        ({"styles": [{**NUMBERS, "decimals": 0}]}, "unsure"),
        ({"styles": [{**NUMBERS, "unit": "short"}]}, "unsure"),
        ({"styles": [{"pattern": "/.*/", "type": "string", "mappingType": 2,
                      "rangeMaps": [{"from": "0", "to": "1", "text": "OK"}]}]}, "unsure"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["table-old", "table"])
def test_a_table_of_old_calculates_and_hides(kind: str, settings: Json, found: str) -> None:
    assert code(kind, **{"styles": [], **settings}) == found


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"legend": {"values": True, "percentage": True}, "valueName": "current"}, "good_ratio"),
        ({"legend": {"percentage": True}, "valueName": "current"}, "reduced"),
        ({"legend": {}, "valueName": "current"}, "unsure"),
        ({"legend": {"values": True}, "valueName": "total"}, "reduced"),
    ],
)
def test_a_pie_of_old_draws_parts(settings: Json, found: str) -> None:
    assert code("grafana-piechart-panel", **settings) == found


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, "reduced"),
        ({"dataFormat": "timeseries"}, "reduced"),
        ({"dataFormat": "tsbuckets"}, "unsure"),
    ],
)
def test_a_heatmap_of_old_counts_unless_its_series_are_buckets(settings: Json, found: str) -> None:
    assert code("heatmap", P95, **settings) == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"fieldOptions": {"calcs": ["mean"], "defaults": {"unit": "percentunit"}}}, "good_ratio"),
        ({"fieldOptions": {"calcs": ["count"]}}, "reduced"),
        ({"fieldOptions": {"calcs": ["count"], "values": True}}, "good_ratio"),
        ({"fieldOptions": {"calcs": ["last"], "defaults": {"unit": "bool"}}}, "unsure"),
        ({"fieldOptions": {"defaults": {"decimals": 0}}}, "unsure"),
        ({"valueOptions": {"stat": "avg", "unit": "none", "decimals": 4}}, "good_ratio"),
        ({"valueOptions": {"stat": "total"}}, "reduced"),
        ({"valueOptions": {"unit": "none", "decimals": 0}}, "unsure"),
    ],
)
@pytest.mark.parametrize("kind", ["gauge", "bargauge", "stat"])
def test_the_first_gauges_kept_their_options_elsewhere(
    kind: str, options: Json, found: str
) -> None:
    assert code(kind, options=options) == found


def test_a_panel_of_today_is_left_as_it_is() -> None:
    found = panel("x", TOTAL, type="stat", options={"reduceOptions": {"calcs": ["mean"]}})
    assert modern(found) is found


def test_a_table_of_today_leaves_old_styles() -> None:
    config: Json = {"defaults": {}, "overrides": []}
    hidden = [{"pattern": "/.*/", "type": "hidden"}]
    assert code("table", styles=hidden, fieldConfig=config) == "good_ratio"


def test_settings_of_today_win_over_old_ones() -> None:
    config = {"defaults": {"unit": "percentunit"}, "overrides": []}
    assert code("singlestat", format="bool", fieldConfig=config) == "good_ratio"
