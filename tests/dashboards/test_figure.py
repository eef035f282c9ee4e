"""How a panel writes its number: what hides it is not shown, what may hide it is asked about."""

from __future__ import annotations

from typing import Any

import pytest

from portal.dashboards.figure import figure, flat
from portal.dashboards.look import Drawn
from portal.promql.findings import Indicator, Measure, Sli
from tests.dashboards.build import AVAILABILITY, P95, TOTAL, Json, panel, target
from tests.dashboards.test_display import shown

PERCENT = f"100 * ({AVAILABILITY})"
BURN = f"(1 - ({AVAILABILITY})) / 0.001"
LEFT_OF_BUDGET = f"1 - ({BURN})"
OK = {"text": "OK"}


def stat(expr: str = AVAILABILITY, kind: str = "stat", **defaults: Any) -> Json:
    """A panel with these settings of all fields."""
    return panel("x", expr, type=kind, fieldConfig={"defaults": defaults, "overrides": []})


def overridden(kind: str, options: Any, name: str, value: Any, of: str = "stat") -> Json:
    """A panel of an SLI "good" and a rate "all", with one override."""
    queries = (
        target(AVAILABILITY, "A", legendFormat="good"),
        target(TOTAL, "B", legendFormat="all"),
    )
    properties = [{"id": name, "value": value}]
    override = {"matcher": {"id": kind, "options": options}, "properties": properties}
    return panel("x", *queries, type=of, fieldConfig={"defaults": {}, "overrides": [override]})


def spans(*bounds: tuple[float | None, float | None], text: str | None = "OK") -> list[Json]:
    """Range mappings to one text, or to a colour alone."""
    result = {"color": "green"} if text is None else {"text": text}
    return [
        {"type": "range", "options": {"from": low, "to": high, "result": result}}
        for low, high in bounds
    ]


# Units


@pytest.mark.parametrize(
    "unit",
    [
        *("bool", "bool_yes_no", "bool_on_off", "bool:good/bad", "string", "hex", "hex0x"),
        *("dateTimeAsIso", "dateTimeAsUS", "dateTimeAsLocal", "dateTimeFromNow"),
        *("dateTimeAsSystem", "time:YYYY", "dthms", "dtdhms", "clocks", "clockms", "timeticks"),
    ],
)
@pytest.mark.parametrize("kind", ["stat", "timeseries"])
def test_a_unit_that_writes_no_number_is_asked_about(unit: str, kind: str) -> None:
    found = shown(stat(kind=kind, unit=unit))
    assert (found.code, found.confirmable) == ("unsure", True)
    assert unit in found.reason


@pytest.mark.parametrize(
    "unit", ["", "none", "short", "percentunit", "sci", "reqps", "currencyUSD", "suffix:x"]
)
def test_a_unit_that_writes_the_number_is_fine(unit: str) -> None:
    assert shown(stat(unit=unit)).sli == "availability"


@pytest.mark.parametrize(
    ("expr", "unit", "words"),
    [
        (AVAILABILITY, "percent", "all is written as 1 %"),
        (PERCENT, "percentunit", "all is written as 10,000 %"),
        (f"100 * (1 - ({AVAILABILITY}))", "percentunit", "all is written as 10,000 %"),
        (f"1e2 * (1 - ({AVAILABILITY}))", "percentunit", "all is written as 10,000 %"),
        (BURN, "percent", "a burn rate of 1 is written as 1,000 %"),
        (LEFT_OF_BUDGET, "percent", "all is written as 1 %"),
        (f"100 * ({LEFT_OF_BUDGET})", "percentunit", "all is written as 10,000 %"),
        (f"clamp_max({LEFT_OF_BUDGET}, 1) or ({LEFT_OF_BUDGET})", "percent", "written as 1 %"),
        (P95, "ms", "a second is written as 0.001 s"),
        (f"1000 * {P95}", "s", "a second is written as 1,000 s"),
        (P95, "percentunit", "one of shares"),
        (AVAILABILITY, "s", "one of time"),
        (BURN, "ms", "one of time"),
    ],
)
@pytest.mark.parametrize("kind", ["stat", "timeseries"])
def test_a_unit_that_makes_another_number_of_it_is_asked_about(
    expr: str, unit: str, words: str, kind: str
) -> None:
    found = shown(stat(expr, kind, unit=unit))
    assert (found.code, found.confirmable) == ("unsure", True)
    assert unit in found.reason
    assert words in found.reason


@pytest.mark.parametrize(
    ("expr", "unit"),
    [
        (PERCENT, "percent"),
        (BURN, "percentunit"),
        (f"(1 - ({AVAILABILITY})) / 0.01", "percentunit"),
        (f"(1 - ({AVAILABILITY})) / 0.01", "percent"),
        (LEFT_OF_BUDGET, "percentunit"),
        (f"100 * ({LEFT_OF_BUDGET})", "percent"),
        (P95, "s"),
        (f"1000 * {P95}", "ms"),
        (P95, "dtdurations"),
    ],
)
def test_a_unit_of_the_value_s_own_scale_is_fine(expr: str, unit: str) -> None:
    assert shown(stat(expr, unit=unit)).sli is not None


def test_an_override_sets_another_unit() -> None:
    found = overridden("byName", "good", "unit", "percent")
    assert shown(found).confirmable
    found["fieldConfig"]["defaults"] = {"unit": "percent"}
    found["fieldConfig"]["overrides"][0]["properties"][0]["value"] = "percentunit"
    assert shown(found).sli == "availability"


# Decimals


@pytest.mark.parametrize(
    ("expr", "settings", "is_shown"),
    [
        (AVAILABILITY, {"decimals": 0}, False),
        (AVAILABILITY, {"decimals": 1, "unit": "none"}, False),
        (AVAILABILITY, {"decimals": 2, "unit": "short"}, False),
        (AVAILABILITY, {"decimals": 3}, True),
        (AVAILABILITY, {"decimals": 0, "unit": "percentunit"}, False),
        (AVAILABILITY, {"decimals": 1, "unit": "percentunit"}, True),
        (AVAILABILITY, {"unit": "percentunit"}, True),
        (AVAILABILITY, {"decimals": None, "unit": "percentunit"}, True),
        (AVAILABILITY, {"decimals": True}, True),
        (PERCENT, {"decimals": 0, "unit": "percent"}, False),
        (PERCENT, {"decimals": 1, "unit": "percent"}, True),
        (BURN, {"decimals": 0}, True),
        (P95, {"decimals": 0}, False),
        (P95, {"decimals": 1}, False),
        (P95, {"decimals": 2}, True),
        (P95, {"decimals": 0, "unit": "s"}, True),
        (f"1000 * {P95}", {"decimals": 0, "unit": "ms"}, True),
    ],
)
def test_a_number_is_rounded_no_further_than_an_objective_can_bear(
    expr: str, settings: Json, is_shown: bool
) -> None:
    found = shown(stat(expr, **settings))
    assert (found.sli is not None) is is_shown is not found.confirmable


@pytest.mark.parametrize(
    ("expr", "settings", "is_shown"),
    [
        (AVAILABILITY, {"decimals": 0, "unit": "percentunit"}, True),
        (PERCENT, {"decimals": 0, "unit": "percent"}, True),
        (AVAILABILITY, {"decimals": 0}, False),
        (AVAILABILITY, {"decimals": 1}, True),
        (P95, {"decimals": 0}, False),
        (P95, {"decimals": 0, "unit": "s"}, True),
    ],
)
def test_a_line_is_not_rounded_only_the_numbers_beside_it(
    expr: str, settings: Json, is_shown: bool
) -> None:
    assert (shown(stat(expr, "timeseries", **settings)).sli is not None) is is_shown


LEFT = Indicator(Sli.AVAILABILITY, Measure.BUDGET_LEFT, 1000.0)


@pytest.mark.parametrize(
    ("settings", "drawn"),
    [
        ({"decimals": 0}, Drawn.UNSURE),
        ({"decimals": 0, "unit": "percentunit"}, Drawn.YES),
        ({"decimals": 1, "unit": "none"}, Drawn.YES),
        ({"mappings": spans((0.05, None))}, Drawn.UNSURE),
        ({"mappings": spans((None, 0))}, Drawn.YES),
    ],
)
def test_of_a_budget_a_tenth_is_fine_enough(settings: Json, drawn: Drawn) -> None:
    assert figure("stat", settings).look_of(LEFT).drawn is drawn


def test_the_objective_says_how_fine_a_number_has_to_be() -> None:
    good = Indicator(Sli.AVAILABILITY, Measure.GOOD)
    percent = figure("stat", {"unit": "percentunit", "decimals": 0})
    assert percent.look_of(good, 1 - 0.99).drawn is Drawn.YES
    assert percent.look_of(good, 1 - 0.995).drawn is Drawn.UNSURE


# Words in place of numbers


@pytest.mark.parametrize(
    ("mappings", "is_shown"),
    [
        (spans((0, 0.99), (0.99, 1)), False),
        (spans((0, 0.5), (0.5, 0.9), (0.9, 1)), False),
        (spans((0, 1)), False),
        (spans((None, None)), False),
        (spans((0, 1), text=""), False),
        (spans((0.5, 1)), False),
        (spans((None, 0.99)), False),
        (spans((0.98, 2)), False),
        (spans((0, 1), text=None), True),
        (spans((0, 0.99), (0.99, 1), text=None), True),
        (spans((0.99, 1)), True),
        (spans((0, 0.5)), True),
        (spans((1, None)), True),
        (spans((2, None)), True),
        ([{"type": "value", "options": {"1": OK, "0": {"text": "down"}}}], True),
        ([{"type": "value", "options": {"NaN": OK, "x": OK, "null": OK}}], True),
        ([{"type": "special", "options": {"match": "null", "result": OK}}], True),
        ([{"type": "special", "options": {"match": "nan", "result": OK}}], True),
        ([{"type": "special", "options": {"match": "null+nan", "result": OK}}], True),
        ([{"type": "regex", "options": {"pattern": r"\d+", "result": OK}}], False),
        ([{"type": "regex", "options": {"pattern": "/^0/i", "result": OK}}], False),
        ([{"type": "regex", "options": {"pattern": "(", "result": OK}}], False),
        ([{"type": "regex", "options": {"pattern": "error", "result": OK}}], True),
        ([{"type": "regex", "options": {"pattern": "(.*)", "result": {"text": "$1 !"}}}], True),
        ([{"type": 2, "from": "0", "to": "1", "text": "OK"}], False),
        ([{"type": 2, "from": "null", "to": "null", "text": "N/A"}], True),
        ([{"type": 1, "value": "null", "text": "N/A"}], True),
        ([{"type": 1, "value": "1", "text": "all"}], True),
        ("none", True),
        ([None, {}, {"type": "range", "options": {"from": "x", "to": {}}}], True),
    ],
)  # fmt: skip
def test_texts_in_place_of_most_values_are_asked_about(mappings: Any, is_shown: bool) -> None:
    found = shown(stat(mappings=mappings))
    assert (found.sli is not None) is is_shown is not found.confirmable
    assert (shown(overridden("byName", "good", "mappings", mappings)).sli is not None) is is_shown


@pytest.mark.parametrize(
    ("expr", "mappings", "is_shown"),
    [
        (PERCENT, spans((0, 99), (99, 100)), False),
        (PERCENT, spans((0, 1)), True),
        (PERCENT, spans((99, 100)), True),
        (BURN, spans((0, 1)), True),
        (BURN, spans((0, None)), False),
        (P95, spans((0, 0.3)), True),
        (P95, spans((0, 0.3), (0.3, None)), False),
        (f"1 - ({AVAILABILITY})", spans((0, 0.01)), True),
        (f"1 - ({AVAILABILITY})", spans((0.01, 1)), False),
    ],
)
def test_which_values_are_most_depends_on_the_scale(
    expr: str, mappings: list[Json], is_shown: bool
) -> None:
    assert (shown(stat(expr, mappings=mappings)).sli is not None) is is_shown


# Overrides


@pytest.mark.parametrize(
    ("name", "value"),
    [("unit", "bool"), ("unit", "dateTimeAsIso"), ("decimals", 0), ("mappings", spans((0, 1)))],
)
@pytest.mark.parametrize(
    ("matcher", "options", "is_shown"),
    [
        ("byName", "good", False),
        ("byRegexp", "/go+d/", False),
        ("byFrameRefID", "A", False),
        ("byType", "number", False),
        ("numeric", None, False),
        ("alwaysMatch", None, False),
        ("byValue", {"reducer": "max", "op": "gte", "value": 0}, False),
        ("byName", "all", True),
        ("byFrameRefID", "B", True),
        ("byType", "time", True),
        ("time", None, True),
        ("neverMatch", None, True),
    ],
)
def test_what_an_override_makes_of_a_field_is_seen(
    name: str, value: Any, matcher: str, options: Any, is_shown: bool
) -> None:
    found = shown(overridden(matcher, options, name, value))
    assert (found.sli is not None) is is_shown is not found.confirmable


def test_an_override_can_give_the_number_back() -> None:
    found = overridden("byName", "good", "unit", "percentunit")
    found["fieldConfig"]["defaults"] = {"unit": "bool", "custom": {"hideFrom": {"viz": True}}}
    assert shown(found).code == "hidden"
    away = {"id": "custom.hideFrom", "value": {"viz": False}}
    found["fieldConfig"]["overrides"][0]["properties"].append(away)
    assert shown(found).sli == "availability"


def test_a_setting_that_nobody_knows_is_asked_about() -> None:
    found = shown(overridden("byName", "good", "custom.scramble", True))
    assert found.confirmable
    assert "custom.scramble" in found.reason
    assert shown(stat(custom={"scramble": True})).confirmable
    assert shown(overridden("byName", "all", "custom.scramble", True)).sli == "availability"


def test_many_overrides_that_may_be_meant_are_a_doubt() -> None:
    found = overridden("byValue", {}, "displayName", "x")
    found["fieldConfig"]["overrides"] *= 10
    assert shown(found).sli == "availability"
    found["fieldConfig"]["overrides"] *= 2
    assert shown(found).confirmable


# Places along an axis


@pytest.mark.parametrize(
    ("custom", "code"),
    [
        ({"stacking": {"mode": "none", "group": "A"}}, "good_ratio"),
        ({"stacking": {"mode": "normal"}}, "good_ratio"),
        ({"stacking": {"mode": "percent"}}, "reduced"),
        ({"transform": "negative-Y"}, "unsure"),
        ({"transform": "constant"}, "reduced"),
        ({"axisPlacement": "hidden"}, "unsure"),
        ({"axisPlacement": "right", "scaleDistribution": {"type": "log", "log": 10}}, "good_ratio"),
        ({"drawStyle": "bars", "fillOpacity": 30, "lineWidth": 0}, "good_ratio"),
        ({"drawStyle": "bars", "lineWidth": 0}, "hidden"),
        ({"drawStyle": "bars", "lineWidth": 0, "showPoints": "always"}, "good_ratio"),
        ({"drawStyle": "points", "lineWidth": 0, "showPoints": "never"}, "good_ratio"),
        ({"lineWidth": 0}, "unsure"),
        ({"lineWidth": 0, "showPoints": "auto"}, "unsure"),
        ({"lineWidth": 0, "showPoints": "never"}, "hidden"),
        ({"lineWidth": 0, "showPoints": "always"}, "good_ratio"),
        ({"lineWidth": 0, "fillOpacity": 10, "showPoints": "never"}, "good_ratio"),
        ({"lineStyle": {"fill": "dash", "dash": [0, 20]}}, "unsure"),
        ({"lineStyle": {"fill": "dash", "dash": [10, 20]}}, "good_ratio"),
        ({"lineStyle": {"fill": "dot", "dash": [0, 10]}}, "good_ratio"),
    ],
)
def test_a_line_is_where_the_value_is(custom: Json, code: str) -> None:
    assert shown(stat(kind="timeseries", custom=custom)).code == code


def test_series_that_stand_on_others_are_asked_about() -> None:
    heaped = {"fieldConfig": {"defaults": {"custom": {"stacking": {"mode": "normal"}}}}}
    each = AVAILABILITY.replace("sum(", "sum by (path) (")
    assert shown(panel("x", AVAILABILITY, **heaped)).sli == "availability"
    assert shown(panel("x", each)).sli == "availability"
    assert shown(panel("x", each, **heaped)).confirmable
    assert shown(panel("x", AVAILABILITY, target(P95, "B"), **heaped)).confirmable
    assert shown(panel("x", AVAILABILITY, target(P95, "B"))).sli == "availability"
    hidden = target(P95, "B", hide=True)
    assert shown(panel("x", AVAILABILITY, hidden, **heaped)).sli == "availability"


@pytest.mark.parametrize(
    ("low", "high", "is_shown"),
    [(0, 1, True), (0.99, 1, True), (None, 1, True),
     (2, 3, False), (1, None, False), (-2, 0, False),
     (0, 0.5, False), (0, 0.9, False), (0, 0.95, True), (0.999, 1, True)],
)  # fmt: skip
def test_values_that_the_axis_leaves_out_are_asked_about(
    low: float | None, high: float | None, is_shown: bool
) -> None:
    assert (shown(stat(kind="timeseries", min=low, max=high)).sli is not None) is is_shown
    assert shown(stat(kind="gauge", min=low, max=high)).sli == "availability"


@pytest.mark.parametrize(
    ("custom", "is_shown"),
    [
        ({"cellOptions": {"type": "auto"}}, True),
        ({"cellOptions": {"type": "color-background"}, "width": 100}, True),
        ({"cellOptions": {"type": "gauge", "valueDisplayMode": "text"}}, True),
        ({"cellOptions": {"type": "gauge", "valueDisplayMode": "hidden"}}, False),
        ({"cellOptions": {"type": "image"}}, False),
        ({"displayMode": "image"}, False),
        ({"displayMode": "lcd-gauge"}, True),
        ({"hidden": True}, False),
    ],
)
def test_cells_of_a_table_write_their_number(custom: Json, is_shown: bool) -> None:
    assert (shown(stat(kind="table", custom=custom)).sli is not None) is is_shown


def test_bars_need_a_border_or_a_filling() -> None:
    assert shown(stat(kind="barchart", custom={"lineWidth": 0, "fillOpacity": 0})).confirmable
    assert shown(stat(kind="barchart", custom={"lineWidth": 0})).sli == "availability"


def test_more_mappings_than_are_read_are_a_doubt() -> None:
    single = [{"type": "value", "options": {"7": OK}}]
    assert shown(stat(mappings=single * 200)).sli == "availability"
    assert shown(stat(mappings=single * 201)).confirmable


def test_defaults_go_by_the_names_of_overrides() -> None:
    defaults = {"unit": "s", "custom": {"lineWidth": 1}}
    assert flat(defaults) == {"unit": "s", "custom.lineWidth": 1}
