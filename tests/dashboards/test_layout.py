"""What the layout of schema v2 shows: places, sizes, conditions."""

from __future__ import annotations

from typing import Any

import pytest

from portal.dashboards import DashboardVerdict
from tests.dashboards.build import (
    AVAILABILITY,
    P95,
    Json,
    classic,
    grid,
    grid_item,
    panel,
    v2,
    v2_panel,
    v2_query,
)
from tests.patient import judge

ELEMENTS = {
    "a": v2_panel("Availability", v2_query(AVAILABILITY)),
    "b": v2_panel("p95", v2_query(P95)),
}
BOTH = ["good_ratio", "quantile"]


def codes(layout: Any, **more: Any) -> list[str]:
    """The codes of the two panels that the layout shows."""
    return [found.code for found in judge(v2(ELEMENTS, layout=layout, **more)).panels]


def items(*found: Json, kind: str = "GridLayout") -> Json:
    """A grid of these items."""
    return {"kind": kind, "spec": {"items": list(found)}}


def groups(kind: str, *layouts: Any, **spec: Any) -> Json:
    """Rows or tabs around these layouts."""
    key = "rows" if kind == "RowsLayout" else "tabs"
    parts = [{"kind": f"{kind}Part", "spec": {"layout": one, **spec}} for one in layouts]
    return {"kind": kind, "spec": {key: parts}}


def only(*conditions: Json, visibility: str = "show", condition: str = "and") -> Json:
    """The spec of something that is shown on conditions."""
    spec = {"visibility": visibility, "condition": condition, "items": list(conditions)}
    return {"conditionalRendering": {"kind": "ConditionalRenderingGroup", "spec": spec}}


def data(value: bool = True) -> Json:
    """With data, or without."""
    return {"kind": "ConditionalRenderingData", "spec": {"value": value}}


def within(span: str) -> Json:
    """In time ranges that are no longer."""
    return {"kind": "ConditionalRenderingTimeRangeSize", "spec": {"value": span}}


def variable(operator: str, value: str, name: str = "env") -> Json:
    """When a variable is so."""
    spec = {"variable": name, "operator": operator, "value": value}
    return {"kind": "ConditionalRenderingVariable", "spec": spec}


ENV = {"kind": "CustomVariable", "spec": {"name": "env", "current": {"value": "prod"}}}
ALL = {"kind": "CustomVariable", "spec": {"name": "all", "current": {"value": ["$__all"]}}}


@pytest.mark.parametrize(
    "layout",
    [
        {"kind": "GridLayout", "spec": {"items": []}},
        {"kind": "GridLayout", "spec": {}},
        {"kind": "AutoGridLayout", "spec": {"items": []}},
        {"kind": "RowsLayout", "spec": {"rows": []}},
        groups("RowsLayout", grid(), grid()),
        groups("TabsLayout", grid("c")),
        {"kind": "TabsLayout", "spec": {"items": [grid_item("a"), grid_item("b")]}},
        {"kind": "GridLayout", "spec": {"rows": [{"spec": {"layout": grid("a", "b")}}]}},
        {"kind": "UnknownLayout", "spec": {"items": [grid_item("a"), grid_item("b")]}},
        {},
        [],
        5,
    ],
)
def test_a_layout_that_holds_no_element_shows_none(layout: Any) -> None:
    found = judge(v2(ELEMENTS, layout=layout))
    assert (found.panels, found.verdict) == ((), DashboardVerdict.NOT_MET)


@pytest.mark.parametrize(
    "layout",
    [
        None,
        grid("a", "b"),
        items(grid_item("a"), grid_item("b"), kind="AutoGridLayout"),
        groups("RowsLayout", grid("a"), grid("b")),
        groups("TabsLayout", groups("RowsLayout", grid("b", "a"), collapse=True)),
        items({"kind": "GridLayoutRow", "spec": {"elements": [grid_item("a"), grid_item("b")]}}),
        items(grid_item("a", width=12, height=8), grid_item("b", width=1, height=1)),
    ],
)
def test_a_layout_that_holds_the_elements_shows_them(layout: Any) -> None:
    assert codes(layout) == BOTH


@pytest.mark.parametrize("size", [{"width": 0}, {"height": 0}, {"width": 12, "height": 0}])
def test_a_place_without_size_shows_nothing(size: Json) -> None:
    assert codes(items(grid_item("a", **size), grid_item("b"))) == ["not_drawn", "quantile"]


def test_the_better_of_two_places_counts() -> None:
    assert codes(items(grid_item("a", width=0), grid_item("a"), grid_item("b"))) == BOTH
    assert codes(items(grid_item("a"), grid_item("a", width=0), grid_item("b"))) == BOTH


@pytest.mark.parametrize("size", [{"w": 0, "h": 8}, {"w": 12, "h": 0}])
def test_a_panel_of_the_classic_schema_has_a_size_too(size: Json) -> None:
    place = {"x": 0, "y": 0}
    found = judge(classic(panel("x", AVAILABILITY, gridPos={**place, **size}))).panels[0]
    assert (found.code, found.confirmable) == ("not_drawn", False)
    assert "no room" in found.reason
    shown = judge(classic(panel("x", AVAILABILITY, gridPos={**place, "w": 12, "h": 8}))).panels[0]
    assert shown.sli == "availability"


CONDITIONS = [
    (only(), "good_ratio"),
    (only(data()), "good_ratio"),
    (only(data(False)), "not_drawn"),
    (only(data(), visibility="hide"), "not_drawn"),
    (only(data(False), visibility="hide"), "good_ratio"),
    (only(within("6h")), "good_ratio"),
    (only(within("1m")), "not_drawn"),
    (only(within("soon")), "unsure"),
    (only(variable("equals", "prod")), "good_ratio"),
    (only(variable("equals", "test")), "not_drawn"),
    (only(variable("notEquals", "prod")), "not_drawn"),
    (only(variable("notEquals", "test")), "good_ratio"),
    (only(variable("equals", "prod"), visibility="hide"), "not_drawn"),
    (only(variable("matches", "p.*")), "unsure"),
    (only(variable("equals", "x", "all")), "unsure"),
    (only(variable("equals", "x", "nobody")), "unsure"),
    (only({"kind": "ConditionalRenderingUserTeam", "spec": {}}), "unsure"),
    (only({"kind": "ConditionalRenderingUserTeam", "spec": {}}, visibility="hide"), "unsure"),
    (only(data(), within("1m")), "not_drawn"),
    (only(within("1m"), variable("matches", "p")), "not_drawn"),
    (only(data(), within("1m"), condition="or"), "good_ratio"),
    (only(variable("matches", "p"), data(), condition="or"), "good_ratio"),
    (only(variable("matches", "p"), within("1m"), condition="or"), "unsure"),
]


@pytest.mark.parametrize(("spec", "code"), CONDITIONS)
def test_conditions_decide_what_is_shown(spec: Json, code: str) -> None:
    item = grid_item("a", **spec)
    assert codes(items(item, kind="AutoGridLayout"), variables=[ENV, ALL]) == [code]
    assert codes(groups("RowsLayout", grid("a"), **spec), variables=[ENV, ALL]) == [code]
    tabs = groups("TabsLayout", groups("RowsLayout", grid("a")), **spec)
    assert codes(tabs, variables=[ENV, ALL]) == [code]
