"""What a panel makes of its queries: what it does not draw, it does not show."""

from __future__ import annotations

from typing import Any

import pytest

from portal.dashboards import CheckContext, DashboardVerdict, PanelFinding
from portal.dashboards.columns import renamed
from portal.dashboards.display import calculated
from portal.dashboards.look import Drawn
from portal.promql.context import Context
from tests.dashboards.build import (
    AVAILABILITY,
    P95,
    TOTAL,
    Json,
    calculate,
    classic,
    grid,
    panel,
    target,
    v2,
    v2_panel,
    v2_query,
)
from tests.patient import TRIALS, judge


def shown(found: Json) -> PanelFinding:
    """What the one panel of a dashboard shows."""
    return judge(classic(found), CheckContext(TRIALS, Context())).panels[0]


def reduced(kind: str, *calcs: str, **options: Any) -> Json:
    """A panel that shows one number of each series."""
    settings = {"calcs": list(calcs), "fields": "", "values": False, **options}
    return panel("x", AVAILABILITY, type=kind, options={"reduceOptions": settings})


# Types


@pytest.mark.parametrize(
    "kind",
    [
        *("text", "news", "dashlist", "alertlist", "alertGroups", "annolist", "gettingstarted"),
        *("live", "welcome", "logs", "traces", "nodeGraph", "grafana-clock-panel"),
    ],
)
def test_a_panel_that_draws_no_query_shows_none(kind: str) -> None:
    found = shown(panel("x", AVAILABILITY, P95, type=kind))
    assert (found.sli, found.code) == (None, "not_drawn")
    assert not found.confirmable


@pytest.mark.parametrize(
    "kind", ["timeseries", "graph", "stat", "gauge", "bargauge", "table", "barchart", "singlestat"]
)
def test_a_panel_that_draws_values_shows_them(kind: str) -> None:
    assert shown(panel("x", AVAILABILITY, type=kind)).sli == "availability"


@pytest.mark.parametrize("kind", ["canvas", "acme-sparkle-panel", "geomap"])
def test_of_a_panel_that_nobody_knows_the_learner_says_what_it_shows(kind: str) -> None:
    found = shown(panel("x", AVAILABILITY, type=kind))
    assert (found.sli, found.code, found.confirmable) == (None, "unsure", True)
    assert "Availability" in found.reason
    assert shown(panel("x", TOTAL, type=kind)).code == "request_rate"


# Calculations


@pytest.mark.parametrize("kind", ["stat", "gauge", "bargauge", "piechart"])
@pytest.mark.parametrize(
    "calc", ["count", "sum", "range", "delta", "diff", "changeCount", "stdDev"]
)
def test_a_number_that_is_calculated_from_the_values_is_no_sli(kind: str, calc: str) -> None:
    assert shown(reduced(kind, calc)).code == "reduced"


@pytest.mark.parametrize("calc", ["lastNotNull", "last", "mean", "min", "max", "median", "p95"])
def test_a_value_among_the_values_is_kept(calc: str) -> None:
    assert shown(reduced("stat", calc)).sli == "availability"


def test_without_a_choice_a_stat_shows_the_last_value() -> None:
    assert shown(reduced("stat")).sli == "availability"
    assert shown(panel("x", AVAILABILITY, type="gauge")).sli == "availability"


def test_one_calculation_that_keeps_a_value_is_enough() -> None:
    assert shown(reduced("stat", "count", "mean")).sli == "availability"


def test_all_values_are_not_calculated() -> None:
    assert shown(reduced("bargauge", "count", values=True)).sli == "availability"


def test_an_unknown_calculation_is_asked_about() -> None:
    assert shown(reduced("stat", "entropy")).confirmable


def test_a_graph_calculates_nothing() -> None:
    found = panel("x", AVAILABILITY, options={"legend": {"calcs": ["count"]}})
    assert shown(found).sli == "availability"


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("stat", {"textMode": "name"}, "unsure"),
        ("stat", {"textMode": "none"}, "unsure"),
        ("stat", {"textMode": "value_and_name"}, "good_ratio"),
        ("bargauge", {"valueMode": "hidden"}, "unsure"),
        ("bargauge", {"valueMode": "color"}, "good_ratio"),
        ("piechart", {"displayLabels": ["percent"]}, "reduced"),
        ("piechart", {"displayLabels": ["name", "percent"]}, "reduced"),
        ("piechart", {"displayLabels": ["name"]}, "unsure"),
        ("piechart", {}, "unsure"),
        ("piechart", {"displayLabels": ["percent", "value"]}, "good_ratio"),
        ("piechart", {"legend": {"showLegend": True, "values": ["value"]}}, "good_ratio"),
        ("piechart", {"legend": {"showLegend": False, "values": ["value"]}}, "unsure"),
        ("piechart", {"legend": {"displayMode": "hidden", "values": ["value"]}}, "unsure"),
        ("piechart", {"legend": {"values": ["percent"]}}, "reduced"),
        ("heatmap", {"calculate": True, "calculation": {}}, "reduced"),
        ("heatmap", {"calculate": False, "calculation": {}}, "unsure"),
        ("histogram", {}, "reduced"),
        ("state-timeline", {"showValue": "auto"}, "good_ratio"),
        ("state-timeline", {"showValue": "never"}, "unsure"),
        ("status-history", {"showValue": "never"}, "unsure"),
        ("barchart", {"stacking": "none"}, "good_ratio"),
        ("barchart", {"stacking": "normal"}, "unsure"),
        ("barchart", {"stacking": "percent"}, "reduced"),
        ("xychart", {"mapping": "auto"}, "good_ratio"),
        ("xychart", {"mapping": "manual"}, "unsure"),
        ("xychart", {"seriesMapping": "manual"}, "unsure"),
    ],
)
def test_what_a_panel_draws_without_its_value_is_no_sli(
    kind: str, options: Json, code: str
) -> None:
    assert shown(panel("x", AVAILABILITY, type=kind, options=options)).code == code


@pytest.mark.parametrize(("name", "code"), [("total", "reduced"), ("avg", "good_ratio")])
def test_the_old_single_stat_calculates_too(name: str, code: str) -> None:
    assert shown(panel("x", AVAILABILITY, type="singlestat", valueName=name)).code == code


@pytest.mark.parametrize(
    ("calcs", "drawn"),
    [([], Drawn.YES), (["sum"], Drawn.REDUCED), (["p99"], Drawn.YES), (["p"], Drawn.UNSURE)],
)
def test_calculations(calcs: list[str], drawn: Drawn) -> None:
    assert calculated(calcs).drawn is drawn


# Fields


def two(*steps: Json, first: str = "good", **more: Any) -> Json:
    """An SLI and a rate beside it, with legends."""
    queries = (
        target(AVAILABILITY, "A", legendFormat=first),
        target(TOTAL, "B", legendFormat="all"),
    )
    return panel("x", *queries, transformations=list(steps), **more)


def step(kind: str, **options: Any) -> Json:
    """A transformation."""
    return {"id": kind, "options": options}


def hide(kind: str, options: Any, name: str = "custom.hideFrom", value: Any = None) -> Json:
    """The field settings of a panel in which one override hides something."""
    away = {"viz": True, "legend": False, "tooltip": False} if value is None else value
    override = {
        "matcher": {"id": kind, "options": options},
        "properties": [{"id": name, "value": away}],
    }
    return {"defaults": {}, "overrides": [override]}


@pytest.mark.parametrize(
    "steps",
    [
        [step("organize", excludeByName={"good": True})],
        [step("organize", excludeByName={"Value #A": True, "good": True})],
        [step("organize", includeByName={"Time": True, "all": True})],
        [step("filterFieldsByName", include={"names": ["Time", "all"]})],
        [step("filterFieldsByName", include={"pattern": "^al.*"})],
        [step("filterFieldsByName", exclude={"names": ["good"]})],
        [step("filterFieldsByName", exclude={"pattern": "/good/"})],
        [step("filterByRefId", include="B")],
        [step("filterByRefId", include="/B|C/")],
        [step("filterByRefId", include="/^(?:B)$/")],
        [step("filterByRefId", include={"id": "byRefId", "options": "/[b-d]/i"})],
        [step("filterByRefId", include="C")],
        [step("filterByRefId", exclude="/A|C/")],
        [step("limit", limitField=0)],
        [step("limit", limitField="0")],
        [step("filterByRefId", exclude={"id": "byRefId", "options": "A"})],
        [step("filterFrames", include={"id": "byRefId", "options": "B"})],
        [
            step("organize", renameByName={"good": "fine"}),
            step("filterFieldsByName", exclude={"names": ["fine"]}),
        ],
        [
            step("renameByRegex", regex="go+d", renamePattern="fine"),
            step("organize", excludeByName={"fine": True}),
        ],
        [calculate("good", "*", "all", replaceFields=True)],
    ],
)
def test_a_field_that_is_taken_away_is_not_shown(steps: list[Json]) -> None:
    found = shown(two(*steps))
    assert (found.sli, found.confirmable) == (None, False)


@pytest.mark.parametrize(
    "steps",
    [
        [step("organize", excludeByName={"all": True})],
        [step("organize", excludeByName={"good": False})],
        [step("organize", renameByName={"good": "fine"}, excludeByName={}, indexByName={})],
        [step("filterFieldsByName", include={"names": ["Time", "good"]})],
        [step("filterFieldsByName", exclude={"names": ["all"]})],
        [step("sortBy", fields={}), step("merge"), step("joinByField"), step("limit")],
        [step("reduce", reducers=["mean"])],
        [step("filterByRefId", include="/A|C/")],
        [step("filterByRefId", include="A|C")],
        [step("filterByRefId", exclude="/B|C/")],
        [step("limit", limitField=1)],
        [step("convertFieldType", conversions=[])],
        [step("convertFieldType", conversions=[{"targetField": "good"}])],
        [
            step(
                "convertFieldType",
                conversions=[
                    {"targetField": "good", "destinationType": "number"},
                    {"targetField": "Time", "destinationType": "string"},
                    {"targetField": "all", "destinationType": "boolean"},
                ],
            )
        ],
        [step("formatTime", timeField="Time")],
        [step("labelsToFields", mode="columns")],
        [step("timeSeriesTable", A={"stat": "lastNotNull"}, B={"stat": "count"})],
        [{**step("reduce", reducers=["count"]), "filter": {"id": "byRefId", "options": "B"}}],
        [{**step("organize", excludeByName={"good": True}), "topic": "annotations"}],
        [{**step("filterByRefId", include="B"), "filter": {"id": "byRefId", "options": "B"}}],
    ],
)
def test_a_field_that_is_left_is_shown(steps: list[Json]) -> None:
    assert shown(two(*steps)).sli == "availability"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"mode": "windowFunctions", "window": {"reducer": "mean"}}, "unsure"),
        ({"mode": "windowFunctions", "window": {"reducer": "stdDev"}}, "hidden"),
        ({"mode": "cumulativeFunctions", "cumulative": {"reducer": "sum"}}, "hidden"),
        ({"mode": "index"}, "hidden"),
    ],
)
def test_a_moving_average_in_place_of_a_field_is_asked_about(options: Json, code: str) -> None:
    replaced = step("calculateField", replaceFields=True, **options)
    assert shown(two(replaced)).code == code
    assert shown(two(step("calculateField", **options))).sli == "availability"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([step("reduce", reducers=["count"])], "reduced"),
        ([step("groupBy", fields={"good": {"operation": "aggregate", "aggregations": ["sum"]}})],
         "reduced"),
        ([step("filterByValue", filters=[])], "unsure"),
        ([step("histogram")], "unsure"),
        ([step("groupBy", fields={"good": {"operation": "aggregate", "aggregations": 5}})],
         "unsure"),
        ([step("filterFieldsByName", include={"pattern": "[[good]"})], "unsure"),
        ([step("filterByRefId", include="/[[A]/")], "unsure"),
        ([step("filterByRefId", exclude="/(A/")], "unsure"),
        ([step("acme")], "unsure"),
        ([step("convertFieldType", conversions=[
            {"targetField": "good", "destinationType": "boolean"}])], "unsure"),
        ([step("convertFieldType", conversions=[
            {"targetField": "good", "destinationType": "string"}])], "unsure"),
        ([step("convertFieldType", conversions=[
            {"targetField": "all", "destinationType": "string"},
            {"targetField": "good", "destinationType": "time"}])], "unsure"),
        ([step("convertFieldType", conversions=[
            {"targetField": "good", "destinationType": "enum"}])], "unsure"),
        ([step("formatTime", timeField="good")], "unsure"),
        ([step("labelsToFields", mode="rows")], "unsure"),
        ([step("timeSeriesTable", A={"stat": "count"})], "reduced"),
        ([step("heatmap")], "unsure"),
        ([step("smoothing")], "unsure"),
        ([step("rowsToFields")], "unsure"),
        ([step("filterFieldsByName", byVariable=True, include={"variable": "$names"})], "unsure"),
        ([{**step("reduce", reducers=["count"]), "filter": {"id": "byRefId", "options": "A"}}],
         "reduced"),
        ([step("filterByRefId", include="A"), step("reduce", reducers=["sum"])], "reduced"),
    ],
)  # fmt: skip
def test_what_is_calculated_or_not_known(steps: list[Json], code: str) -> None:
    assert shown(two(*steps)).code == code


def test_a_legend_that_the_data_fill_in_is_asked_about() -> None:
    steps = (step("filterFieldsByName", include={"names": ["/search"]}),)
    assert shown(two(*steps, first="{{path}}")).confirmable


@pytest.mark.parametrize(
    "config",
    [
        hide("byName", "good"),
        hide("byRegexp", "/^goo/"),
        hide("byFrameRefID", "A"),
        hide("byType", "number"),
        hide("byNames", {"mode": "exclude", "names": ["all"]}),
        hide("byName", "good", "custom.hidden", True),
        hide("byName", "good", "custom.lineWidth", 0),
        hide("byName", "good", "color", {"mode": "fixed", "fixedColor": "transparent"}),
        hide("byName", "good", "color", {"mode": "fixed", "fixedColor": "rgba(0, 0, 0, 0)"}),
        {"defaults": {"custom": {"hideFrom": {"viz": True}}}, "overrides": []},
        {"defaults": {"custom": {"lineWidth": 0, "showPoints": "never"}}, "overrides": []},
        {"defaults": {"custom": {"lineWidth": 0, "drawStyle": "bars"}}, "overrides": []},
        *(
            hide("byName", "good", "color", {"mode": "fixed", "fixedColor": clear})
            for clear in ("rgb(0 0 0 / 0)", "hsla(1, 1%, 1%, 0%)", "rgba(9,9,9,.0)", "#fff0")
        ),
        hide("byName", "good", "custom.hideFrom.viz", True),
        hide("byNames", {"mode": "exclude", "names": ["all"], "prefix": "All except:"}),
        hide("alwaysMatch", None),
    ],
)
def test_what_an_override_hides_is_not_shown(config: Json) -> None:
    config["defaults"].setdefault("custom", {"showPoints": "never"})
    found = shown(two(fieldConfig=config))
    assert (found.sli, found.confirmable) == (None, False)


@pytest.mark.parametrize(
    "config",
    [
        hide("byName", "all"),
        hide("byName", "good", value={"viz": False, "legend": True}),
        hide("byName", "good", "color", {"mode": "fixed"}),
        hide("byNames", {"mode": "exclude", "names": ["good"]}),
        hide("byFrameRefID", "B"),
        {"defaults": {"custom": {"lineWidth": 0, "showPoints": "always"}}, "overrides": []},
        hide("byName", "good", "color", {"mode": "palette", "fixedColor": "transparent"}),
        {"defaults": {"custom": {"lineWidth": 0, "fillOpacity": 20}}, "overrides": []},
        {"defaults": {"custom": {"lineWidth": 0, "drawStyle": "points"}}, "overrides": []},
    ],
)
def test_what_an_override_leaves_is_shown(config: Json) -> None:
    assert shown(two(fieldConfig=config)).sli == "availability"


def test_a_field_below_the_bars_is_not_drawn() -> None:
    assert shown(two(type="barchart", options={"xField": "good"})).sli is None
    assert shown(two(type="barchart", options={"xField": "Time"})).sli == "availability"


@pytest.mark.parametrize(
    ("steps", "options", "code"),
    [
        ([], {}, "good_ratio"),
        ([], {"frameIndex": 0}, "good_ratio"),
        ([], {"frameIndex": 1}, "unsure"),
        ([step("merge")], {"frameIndex": 1}, "good_ratio"),
    ],
)
def test_a_table_shows_one_query_at_a_time(steps: list[Json], options: Json, code: str) -> None:
    assert shown(two(*steps, type="table", options=options)).code == code
    other = panel("x", TOTAL, target(AVAILABILITY, "B"), type="table", transformations=steps)
    assert shown(other).code == ("good_ratio" if steps else "unsure")


def test_a_query_in_the_format_of_heatmaps_is_asked_about() -> None:
    assert shown(panel("x", target(AVAILABILITY, format="heatmap"))).confirmable
    assert shown(panel("x", target(AVAILABILITY, format="time_series"))).sli == "availability"


def test_a_panel_of_a_snapshot_is_asked_about() -> None:
    assert shown(panel("x", AVAILABILITY, snapshotData=[{"fields": []}])).confirmable
    assert shown(panel("x", AVAILABILITY, snapshotData=[])).sli == "availability"


def test_what_is_too_much_to_be_read_is_a_doubt() -> None:
    fine = [step("sortBy")] * 50
    assert shown(two(*fine)).sli == "availability"
    assert shown(two(*fine, step("filterByRefId", include="B"))).confirmable
    config = hide("byName", "all")
    config["overrides"] *= 100
    assert shown(two(fieldConfig=config)).sli == "availability"
    config["overrides"] += hide("byName", "good")["overrides"]
    assert shown(two(fieldConfig=config)).confirmable


def test_after_a_reduction_fields_go_by_other_names() -> None:
    found = two(step("reduce", reducers=["mean"]), fieldConfig=hide("byName", "Mean"))
    assert shown(found).confirmable
    found = two(step("reduce", reducers=["mean"]), fieldConfig=hide("byName", "Time"))
    assert shown(found).sli == "availability"


def test_an_override_by_value_is_asked_about() -> None:
    config = hide("byValue", {"reducer": "max", "op": "lte", "value": 0})
    assert shown(two(fieldConfig=config)).confirmable


def test_the_old_graph_hides_series_too() -> None:
    hidden = [{"alias": "good", "hiddenSeries": True}]
    assert shown(two(type="graph", seriesOverrides=hidden)).sli is None
    assert shown(two(type="graph", seriesOverrides=[{"alias": "good"}])).sli == "availability"


@pytest.mark.parametrize(
    ("settings", "sli"),
    [
        ({"lines": False}, None),
        ({"lines": False, "points": False, "bars": False}, None),
        ({"lines": True, "linewidth": 0, "fill": 0}, None),
        ({"hiddenSeries": True}, None),
        ({"seriesOverrides": [{"alias": "good", "lines": False}]}, None),
        ({"seriesOverrides": [{"alias": "/^go/", "lines": False}]}, None),
        ({"seriesOverrides": [{"alias": "good", "linewidth": 0, "fill": 0}]}, None),
        ({"lines": False, "bars": True}, "availability"),
        ({"lines": False, "points": True}, "availability"),
        ({"linewidth": 0, "fill": 1}, "availability"),
        ({"lines": True, "hiddenSeries": False}, "availability"),
        ({"seriesOverrides": [{"alias": "all", "lines": False}]}, "availability"),
        ({"seriesOverrides": [{"alias": "good", "lines": False, "bars": True}]}, "availability"),
        ({"points": True, "seriesOverrides": [{"alias": "good", "lines": False}]}, "availability"),
    ],
)
def test_the_old_graph_draws_lines_bars_or_points(settings: Json, sli: str | None) -> None:
    assert shown(two(type="graph", **settings)).sli == sli


@pytest.mark.parametrize(
    ("mapping", "sli"),
    [
        ({"type": "range", "options": {"from": 0, "to": 1, "result": {"text": "OK"}}}, None),
        ({"type": "range", "options": {"from": None, "to": 100, "result": {"text": "OK"}}}, None),
        ({"type": "regex", "options": {"pattern": ".*", "result": {"text": "OK"}}}, None),
        ({"type": "range", "options": {"from": 0, "to": 1, "result": {"color": "red"}}}, "any"),
        ({"type": "range", "options": {"from": 0.99, "to": 1, "result": {"text": "OK"}}}, "any"),
        ({"type": "special", "options": {"match": "nan", "result": {"text": "idle"}}}, "any"),
    ],
)
def test_a_text_in_place_of_every_value_is_asked_about(mapping: Json, sli: str | None) -> None:
    config = {"defaults": {"mappings": [mapping]}, "overrides": []}
    found = shown(panel("x", AVAILABILITY, type="stat", fieldConfig=config))
    assert (found.sli is None) is (sli is None) is found.confirmable


@pytest.mark.parametrize(("instant", "sli"), [(True, "availability"), (False, None)])
def test_the_end_of_a_graph_is_now_where_it_is_asked_once(instant: bool, sli: str | None) -> None:
    expr = AVAILABILITY.replace("]", "] @ end()")
    found = shown(panel("x", target(expr, instant=instant), type="stat"))
    assert found.sli == sli


@pytest.mark.parametrize(
    ("fields", "sli"),
    [("", "availability"), ("/.*/", "availability"), ("/^good$/", "availability"),
     ("good", "availability"), ("/^all$/", None), ("all", None), ("/^Time$/", None)],
)  # fmt: skip
def test_a_stat_shows_the_fields_that_it_picks(fields: str, sli: str | None) -> None:
    options = {"reduceOptions": {"calcs": ["last"], "fields": fields}}
    assert shown(two(type="stat", options=options)).sli == sli


@pytest.mark.parametrize(
    ("pattern", "becomes", "name"),
    [
        ("(.*) rate", "$1", "error"),
        ("nothing", "x", "errorrate"),
        ("(a+)+b", "x", "errorrate"),
        ("[[a-z]", "x", "errorrate"),
        ("[a--r]+", "x", "errorrate"),
        ("(", "x", "errorrate"),
        ("r", "$7", "errorrate"),
    ],
)
def test_names_are_changed_by_patterns(pattern: str, becomes: str, name: str) -> None:
    assert renamed("errorrate", pattern, becomes) == name


# Schema v2


def drawn_as(element: Json, group: str, **spec: Any) -> Json:
    """The element drawn by another kind of panel."""
    element["spec"]["vizConfig"] = {"kind": "VizConfig", "group": group, "spec": spec}
    return element


def test_types_calculations_and_overrides_are_seen_in_v2() -> None:
    query = v2_query(AVAILABILITY)
    elements = {
        "text": drawn_as(v2_panel("text", query), "text"),
        "count": drawn_as(
            v2_panel("count", query), "stat", options={"reduceOptions": {"calcs": ["count"]}}
        ),
        "hidden": drawn_as(
            v2_panel("hidden", query), "timeseries", fieldConfig=hide("byFrameRefID", "A")
        ),
        "shown": drawn_as(v2_panel("shown", query), "stat"),
    }
    codes = [found.code for found in judge(v2(elements)).panels]
    assert codes == ["not_drawn", "reduced", "hidden", "good_ratio"]


def test_the_first_v2_names_the_type_elsewhere() -> None:
    element = v2_panel("x", v2_query(AVAILABILITY, version="v2alpha1"))
    element["spec"]["vizConfig"] = {"kind": "text", "spec": {"options": {}}}
    assert judge(v2({"x": element})).panels[0].code == "not_drawn"


def test_an_element_that_the_layout_does_not_name_is_not_shown() -> None:
    elements = {
        name: v2_panel(name, v2_query(expr))
        for name, expr in (("a", AVAILABILITY), ("b", P95), ("c", TOTAL))
    }
    rows = {
        "kind": "RowsLayout",
        "spec": {"rows": [{"kind": "RowsLayoutRow", "spec": {"layout": grid("b", "c")}}]},
    }
    assert judge(v2(elements, layout=grid("a", "b", "c"))).verdict is DashboardVerdict.MET
    found = judge(v2(elements, layout=rows))
    assert [one.title for one in found.panels] == ["b", "c"]
    assert found.verdict is DashboardVerdict.NOT_MET


# The learner's word


def test_a_dashboard_counts_what_is_unsure_only_when_it_is_confirmed() -> None:
    found = judge(classic(panel("x", AVAILABILITY, type="canvas"), panel("y", P95)))
    assert found.verdict is DashboardVerdict.NOT_MET
    assert [one.confirmable for one in found.panels] == [True, False]
