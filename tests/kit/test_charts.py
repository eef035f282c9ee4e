"""Geometry of the charts."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kit.charts import Band, ChartLine, ratio_chart, value_chart
from portal.moments import clock_mark, day_mark

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(minutes=15)
T0 = START.timestamp()


def test_a_gap_breaks_the_line() -> None:
    points = [(T0, 1.0), (T0 + 5, 1.0), (T0 + 10, None), (T0 + 15, 0.5), (T0 + 20, 0.6)]
    chart = ratio_chart("t", [ChartLine("a", points)], START, END)
    assert len(chart.lines[0].polylines) == 2


def test_a_lone_point_is_a_dot() -> None:
    chart = ratio_chart(
        "t", [ChartLine("a", [(T0, None), (T0 + 5, 1.0), (T0 + 10, None)])], START, END
    )
    assert chart.lines[0].polylines == ()
    assert len(chart.lines[0].dots) == 1


def test_the_floor_of_a_ratio_chart_lies_below_the_data_and_the_objective() -> None:
    high = ratio_chart("t", [ChartLine("a", [(T0, 0.9995)])], START, END, objective=0.9995)
    low = ratio_chart("t", [ChartLine("a", [(T0, 0.8)])], START, END, objective=0.999)
    assert high.y_marks[1].label == "99.9"
    assert low.y_marks[1].label == "75"


def test_the_objective_never_lies_on_the_floor() -> None:
    chart = ratio_chart("t", [ChartLine("a", [(T0, 1.0)])], START, END, objective=0.99)
    assert chart.y_marks[1].label == "95"
    assert chart.objective is not None
    assert chart.objective.at < chart.bottom


def test_each_line_the_objective_and_the_ends_of_the_time_are_named() -> None:
    lines = [ChartLine("availability", [(T0, 0.97)]), ChartLine("under 0.3 s", [], "second")]
    chart = ratio_chart("now 97 %", lines, START, END, objective=0.999)
    assert chart.title == "now 97 %"
    assert [(line.label, line.kind) for line in chart.lines] == [
        ("availability", "first"),
        ("under 0.3 s", "second"),
    ]
    assert chart.objective
    assert chart.objective.label == "objective 99.9 %"
    assert [mark.label for mark in chart.y_marks] == ["100", "95"]
    left, right = chart.x_marks
    assert (left.at, right.at) == (chart.left, chart.right)
    assert (left.label, right.label) == (clock_mark(T0), clock_mark(T0 + 900))


def test_days_are_told_on_the_axis_of_a_day_or_more() -> None:
    month = ratio_chart("t", [], START, START + timedelta(days=1))
    assert [mark.label for mark in month.x_marks] == [day_mark(T0), day_mark(T0 + 86_400)]


def test_a_limit_between_two_marks_has_its_own_number() -> None:
    line = ChartLine("a", [(T0, 1.0)])
    between = value_chart("t", [line], START, END, limit=0.3).objective
    at_a_mark = value_chart("t", [line], START, END, limit=0.5).objective
    assert between
    assert at_a_mark
    assert (between.label, at_a_mark.label) == ("0.3", "")


@pytest.mark.parametrize(("limit", "side"), [(0.95, 1), (0.02, -1)])
def test_a_limits_name_stands_below_its_line_and_above_it_near_the_floor(
    limit: float, side: int
) -> None:
    chart = value_chart("t", [ChartLine("a", [(T0, 1.0)])], START, END, limit=limit)
    assert chart.objective
    assert (chart.objective_label_y - chart.objective.at) * side > 0
    assert chart.top < chart.objective_label_y < chart.bottom


def test_a_higher_value_is_drawn_higher() -> None:
    chart = ratio_chart("t", [ChartLine("a", [(T0, 0.8), (T0 + 60, 1.0)])], START, END)
    first, second = (p.split(",") for p in chart.lines[0].polylines[0].split())
    assert float(first[1]) > float(second[1])
    assert float(first[0]) < float(second[0])


def test_a_burst_outside_the_time_is_not_drawn_and_a_long_one_is_cut() -> None:
    bands = [Band(T0 - 100, T0 - 50, "before", 1), Band(T0 - 100, T0 + 10**6, "long", 2)]
    chart = ratio_chart("t", [], START, END, bands=bands)
    assert [band.label for band in chart.bands] == ["long"]
    assert chart.bands[0].x == chart.left
    assert chart.bands[0].x + chart.bands[0].width == chart.right


def test_the_label_of_a_late_burst_stays_inside() -> None:
    end = END.timestamp()
    bands = [Band(end - 20, end, "high-frequency loop", 1)]
    chart = ratio_chart("t", [], START, END, bands=bands)
    text = chart.bands[0].text
    assert text
    assert text.anchor == "end"
    assert text.span[1] <= chart.right


def texts(bands: list[Band]) -> list[str]:
    chart = ratio_chart("t", [], START, END, bands=bands)
    assert len(chart.bands) == len(bands)
    return [band.text.text if band.text else "" for band in chart.bands]


def test_the_name_of_a_burst_stands_over_no_other_burst() -> None:
    loop = Band(T0 + 300, T0 + 315, "high-frequency loop", 2)
    assert texts([loop]) == ["high-frequency loop"]
    steady = Band(T0 + 250, T0 + 280, "steady", 1)
    assert texts([steady, loop]) == ["steady", "high-frequency loop"]


def test_where_a_name_has_no_room_all_bursts_have_their_own_numbers_and_a_line_below() -> None:
    bands = [Band(T0 + at, T0 + at + 30, "error burst", at // 50) for at in (300, 400)]
    bands.insert(1, Band(T0 + 350, T0 + 380, "steady traffic", 7))
    assert texts(bands) == ["6", "7", "8"]
    chart = ratio_chart("t", [], START, END, bands=bands)
    assert chart.numbered == {"error burst": "6, 8", "steady traffic": "7"}
    assert not ratio_chart("t", [], START, END, bands=bands[:1]).numbered


def test_a_burst_that_has_just_begun_has_its_number() -> None:
    bands = [Band(T0 + at, T0 + at + 2, "error burst", 8 + at) for at in (0, 895, 898)]
    assert texts(bands) == ["8", "", "906"]


def test_a_number_that_would_touch_the_next_stands_before_its_burst() -> None:
    bands = [Band(T0 + 100, T0 + 101, "error burst", 9), Band(T0 + 120, T0 + 160, "steady", 10)]
    chart = ratio_chart("t", [], START, END, bands=bands)
    nine, ten = (band.text for band in chart.bands)
    assert nine is not None
    assert ten is not None
    assert (nine.anchor, ten.anchor) == ("end", "middle")
    assert nine.span[1] <= chart.bands[0].x
    assert nine.span[1] + 4 <= ten.span[0]


def test_texts_of_bursts_do_not_cover_one_another() -> None:
    bands = [Band(T0 + 5 * i, T0 + 5 * i + 4, f"burst {i}", i) for i in range(60)]
    chart = ratio_chart("t", [], START, END, bands=bands)
    spans = [band.text.span for band in chart.bands if band.text]
    assert 1 < len(spans) < 60
    assert all(a[1] + 4 <= b[0] + 1e-9 for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize(
    ("values", "whole", "labels"),
    [
        ([1.0, 1.0], None, ["0", "0.25", "0.5", "0.75", "1"]),
        ([3.0, 3.0], None, ["0", "1", "2", "3"]),
        ([0.0, 0.0], None, ["0", "0.25", "0.5", "0.75", "1"]),
        ([], None, ["0", "0.25", "0.5", "0.75", "1"]),
        ([0.24, 0.31], None, ["0", "0.1", "0.2", "0.3", "0.4"]),
        ([1.0, 1.0], 1.0, ["0", "0.25", "0.5", "0.75", "1"]),
        ([0.983, 1.0], 1.0, ["0.98", "0.985", "0.99", "0.995", "1"]),
        ([97.0, 100.0], 100.0, ["97", "98", "99", "100"]),
        ([99.99999, 100.0], 100.0, ["99.9", "99.925", "99.95", "99.975", "100"]),
        ([0.0, 0.21], 1.0, ["0", "0.1", "0.2", "0.3"]),
        ([90.0, 130.0], 100.0, ["0", "50", "100", "150"]),
        ([-970.0, 100.0], None, ["−1000", "−500", "0", "500"]),
        ([-3.0], None, ["−3", "−2", "−1", "0"]),
        ([250_000.0], None, ["0", "100k", "200k", "300k"]),
        ([5.3e8], None, ["0", "200M", "400M", "600M"]),
        ([0.0004], None, ["0", "0.0001", "0.0002", "0.0003", "0.0004"]),
    ],
)
def test_the_axis_of_values_begins_at_zero_and_has_round_marks(
    values: list[float], whole: float | None, labels: list[str]
) -> None:
    line = ChartLine("a", [(T0 + i, value) for i, value in enumerate(values)])
    chart = value_chart("t", [line], START, END, whole=whole, height=160)
    assert [mark.label for mark in chart.y_marks] == labels


def test_an_overspent_budget_has_its_limit_among_the_marks() -> None:
    line = ChartLine("a", [(T0, 100.0), (T0 + 60, -970.0)])
    chart = value_chart("t", [line], START, END, limit=0.0, height=200)
    assert [mark.label for mark in chart.y_marks] == ["−1000", "−750", "−500", "−250", "0", "250"]
    assert chart.objective
    assert chart.objective.label == ""
    assert chart.objective.at == chart.y_marks[-2].at


@given(st.lists(st.floats(allow_nan=False), max_size=30), st.sampled_from([None, 1.0, 100.0]))
def test_every_value_is_drawn_inside_the_frame(values: list[float], whole: float | None) -> None:
    points = [(T0 + i * 5, value) for i, value in enumerate(values)]
    chart = value_chart("t", [ChartLine("a", points)], START, END, whole=whole)
    assert 2 <= len(chart.y_marks) <= 6
    assert chart.y_marks[0].at > chart.y_marks[-1].at
    for drawn in chart.lines:
        for pair in " ".join(drawn.polylines).split():
            x, y = map(float, pair.split(","))
            assert chart.left <= x <= chart.right
            assert math.floor(chart.top) <= y <= math.ceil(chart.bottom)
