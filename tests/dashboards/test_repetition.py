"""Repeated panels are read one value at a time, and ad hoc filters limit every query."""

from __future__ import annotations

from typing import Any

import pytest

from portal.dashboards import PanelFinding
from tests.dashboards.build import (
    AVAILABILITY,
    TOTAL,
    Json,
    classic,
    grid_item,
    panel,
    row,
    target,
    v2,
    v2_panel,
    v2_query,
)
from tests.patient import judge

ONE = (
    'sum(rate(http_requests_total{path="$path",status!~"5.."}[5m]))'
    ' / sum(rate(http_requests_total{path="$path"}[5m]))'
)
PATHS = ["/", "/search", "/checkout"]


def variable(*values: str, name: str = "path", **more: Any) -> Json:
    """A variable with several values, of which these are chosen."""
    options = [{"text": one, "value": one} for one in PATHS]
    chosen = {"text": list(values), "value": list(values)}
    return {"name": name, "type": "query", "multi": True, "includeAll": True, "current": chosen} | {
        "options": options,
        **more,
    }


def read(*panels: Json, variables: list[Json] | None = None) -> list[PanelFinding]:
    """The findings of a dashboard with the variable."""
    listed = [variable("$__all")] if variables is None else variables
    return list(judge(classic(*panels, templating={"list": listed})).panels)


def asked(found: PanelFinding) -> list[str]:
    """The paths that the panel's queries are limited to, one after the other."""
    return [run.split('path="')[1].split('"')[0] for run in (found.run, *found.others)]


def test_a_panel_that_is_not_repeated_asks_for_all_values_at_once() -> None:
    (found,) = read(panel("x", ONE), variables=[variable("/", "/search")])
    assert found.sli is None or '"(/|/search)"' in found.run
    assert found.others == ()


@pytest.mark.parametrize(
    ("chosen", "paths"),
    [
        (["$__all"], PATHS),
        (["/search", "/checkout"], ["/search", "/checkout"]),
        (["/search"], ["/search"]),
        ([], PATHS),
    ],
)
def test_a_repeated_panel_is_read_one_value_at_a_time(chosen: list[str], paths: list[str]) -> None:
    (found,) = read(panel("x", ONE, repeat="path"), variables=[variable(*chosen)])
    assert found.sli == "availability"
    assert asked(found) == paths


def test_an_open_row_repeats_what_follows_up_to_the_next_row() -> None:
    first = {"type": "row", "title": "$path", "repeat": "path", "collapsed": False, "panels": []}
    second = {"type": "row", "title": "Rest", "collapsed": False, "panels": []}
    inside, after = panel("in", ONE), panel("after", ONE)
    found = read(first, inside, second, after)
    assert asked(found[0]) == PATHS
    assert found[1].others == ()


def test_a_closed_row_repeats_what_it_holds() -> None:
    found = read({**row(panel("in", ONE)), "repeat": "path"}, panel("after", ONE))
    assert asked(found[0]) == PATHS
    assert found[1].others == ()


def test_rows_of_old_repeat_too() -> None:
    rows = [{"title": "r", "repeat": "path", "panels": [panel("in", ONE)]}]
    old = {"title": "Old", "rows": rows, "templating": {"list": [variable("$__all")]}}
    (found,) = judge(old).panels
    assert asked(found) == PATHS


def test_a_panel_in_a_repeated_row_may_be_repeated_itself() -> None:
    expr = ONE.replace('status!~"5.."', 'status!~"5..",method="$method"')
    methods = variable("GET", name="method")
    outer = {**row(panel("in", expr, repeat="method")), "repeat": "path"}
    (found,) = read(outer, variables=[variable("/", "/search"), methods])
    assert len(found.queries) == 2
    assert '"GET"' in found.queries[0].run


def test_six_values_are_enough() -> None:
    many = variable("$__all", options=[{"value": f"/{n}"} for n in range(40)])
    (found,) = read(panel("x", ONE, repeat="path"), variables=[many])
    assert len(found.queries) == 6


def test_one_value_that_shows_an_sli_is_enough() -> None:
    expr = 'sum(rate(http_requests_total{status=~"$s"}[5m])) / sum(rate(http_requests_total[5m]))'
    statuses = variable("404", "500", name="s", options=[])
    (found,) = read(panel("x", expr, repeat="s"), variables=[statuses])
    assert (found.code, len(found.queries)) == ("bad_ratio", 2)
    assert '"500"' in found.run


def test_values_that_are_not_known_may_be_any() -> None:
    unknown = variable("$__all", options=[], allValue=".*")
    (found,) = read(panel("x", ONE.replace('="$', '=~"$'), repeat="path"), variables=[unknown])
    assert (found.sli, found.others) == ("availability", ())
    (found,) = read(panel("x", AVAILABILITY, repeat="gone"), variables=[])
    assert found.sli == "availability"


@pytest.mark.parametrize("place", ["item", "row", "tab"])
def test_elements_rows_and_tabs_repeat_in_v2(place: str) -> None:
    repeat = {"repeat": {"mode": "variable", "value": "path", "direction": "h"}}
    item = grid_item("a", **(repeat if place == "item" else {}))
    layout: Json = {"kind": "GridLayout", "spec": {"items": [item]}}
    if place != "item":
        kind = {"row": "RowsLayout", "tab": "TabsLayout"}[place]
        layout = {"kind": kind, "spec": {f"{place}s": [{"spec": {"layout": layout, **repeat}}]}}
    entry = {"kind": "QueryVariable", "spec": variable("$__all")}
    document = v2({"a": v2_panel("x", v2_query(ONE))}, layout=layout, variables=[entry])
    assert asked(judge(document).panels[0]) == PATHS


# Ad hoc filters


def filtered(*filters: tuple[str, str, str], **more: Any) -> Json:
    """An ad hoc variable with these filters."""
    listed = [{"key": key, "operator": op, "value": value} for key, op, value in filters]
    return {"name": "Filters", "type": "adhoc", "filters": listed, **more}


def run_with(*entries: Json, expr: str = AVAILABILITY) -> PanelFinding:
    """The one panel of a dashboard with these variables."""
    return read(panel("x", expr), variables=list(entries))[0]


@pytest.mark.parametrize(
    ("entry", "matcher"),
    [
        (filtered(("path", "=", "/search")), 'path="/search"'),
        (filtered(("path", "!=", "/")), 'path!="/"'),
        (filtered(("path", "=~", "/s.*")), 'path=~"/s.*"'),
        (filtered(("path", "!~", "/s.*")), 'path!~"/s.*"'),
        (filtered(baseFilters=[{"key": "path", "operator": "=", "value": "/"}]), 'path="/"'),
        (filtered(("path", "=", "/"), datasource={"type": "prometheus", "uid": "p"}), 'path="/"'),
        ({"type": "adhoc", "name": "f", "filters": [
            {"key": "path", "operator": "=|", "value": "/", "values": ["/", "/search"]}]},
         'path=~"/|/search"'),
    ],
)  # fmt: skip
def test_ad_hoc_filters_limit_every_selector(entry: Json, matcher: str) -> None:
    found = run_with(entry)
    assert found.sli == "availability"
    assert found.run.count(matcher) == found.run.count("http_requests_total") == 2


@pytest.mark.parametrize(
    "entry",
    [
        filtered(),
        filtered(("", "=", "x")),
        filtered(("path", "=", "/"), datasource={"type": "loki", "uid": "x"}),
    ],
)
def test_filters_that_are_empty_or_for_others_change_nothing(entry: Json) -> None:
    assert run_with(entry).run == run_with().run


def test_a_filter_that_matches_nothing_leaves_nothing() -> None:
    for status in ("700", "200"):
        found = run_with(filtered(("status", "=", status)))
        assert (found.sli, found.confirmable) == (None, False)


def test_what_filters_make_of_a_query_that_cannot_be_written_is_asked() -> None:
    fixed = AVAILABILITY.replace("]", "] @ end()")
    found = read(panel("x", target(fixed, instant=True)), variables=[filtered(("path", "=", "/"))])
    assert found[0].sli == "availability"  # asked once, both ends are now
    moved = f"avg_over_time(({AVAILABILITY})[5m:] @ start())"
    assert run_with(filtered(("path", "=", "/")), expr=moved).sli is None


def test_filters_are_read_in_v2() -> None:
    spec = filtered(("path", "=", "/search"))
    for entry in (
        {"kind": "AdhocVariable", "spec": spec},
        {"kind": "AdhocVariable", "group": "prometheus", "spec": spec},
    ):
        document = v2({"a": v2_panel("x", v2_query(TOTAL))}, variables=[entry])
        assert 'path="/search"' in judge(document).panels[0].run
    other = {"kind": "AdhocVariable", "group": "loki", "spec": spec}
    document = v2({"a": v2_panel("x", v2_query(TOTAL))}, variables=[other])
    assert "/search" not in judge(document).panels[0].run


# Group by


def grouped(*labels: str, **more: Any) -> Json:
    """A *group by* variable with these labels chosen."""
    return {"name": "Group", "type": "groupby", "current": {"value": list(labels)}, **more}


@pytest.mark.parametrize(
    ("labels", "sli"),
    [((), "availability"), (("path",), "availability"), (("status",), None)],
)
def test_a_group_by_variable_splits_every_sum(labels: tuple[str, ...], sli: str | None) -> None:
    found = run_with(grouped(*labels))
    assert found.sli == sli
    assert found.run.count(f"sum by ({', '.join(labels)})") == (2 if labels else 0)


def test_group_by_is_read_in_v2_and_is_for_prometheus_alone() -> None:
    entry = {"kind": "GroupByVariable", "spec": grouped("path")}
    document = v2({"a": v2_panel("x", v2_query(AVAILABILITY))}, variables=[entry])
    assert "sum by (path)" in judge(document).panels[0].run
    assert run_with(grouped("path", datasource={"type": "loki"})).run == run_with().run
    assert run_with(grouped("no label")).run == run_with().run
