"""Geometry of the charts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.charts import Band, Line, ratio_chart, value_chart

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(minutes=15)
T0 = START.timestamp()


def test_a_gap_breaks_the_line() -> None:
    points = [(T0, 1.0), (T0 + 5, 1.0), (T0 + 10, None), (T0 + 15, 0.5), (T0 + 20, 0.6)]
    chart = ratio_chart("t", [Line("a", points)], START, END)
    assert len(chart.lines[0].polylines) == 2


def test_a_lone_point_is_a_dot() -> None:
    chart = ratio_chart("t", [Line("a", [(T0, None), (T0 + 5, 1.0), (T0 + 10, None)])], START, END)
    assert chart.lines[0].polylines == ()
    assert len(chart.lines[0].dots) == 1


def test_the_floor_of_a_ratio_chart_lies_below_the_data_and_the_objective() -> None:
    high = ratio_chart("t", [Line("a", [(T0, 0.9995)])], START, END, objective=0.9995)
    low = ratio_chart("t", [Line("a", [(T0, 0.8)])], START, END, objective=0.999)
    assert high.y_marks[1].label == "99.9"
    assert low.y_marks[1].label == "75"


def test_the_objective_never_lies_on_the_floor() -> None:
    chart = ratio_chart("t", [Line("a", [(T0, 1.0)])], START, END, objective=0.99)
    assert chart.y_marks[1].label == "95"
    assert chart.objective is not None
    assert chart.objective.at < chart.bottom


def test_a_higher_value_is_drawn_higher() -> None:
    chart = ratio_chart("t", [Line("a", [(T0, 0.8), (T0 + 60, 1.0)])], START, END)
    first, second = (p.split(",") for p in chart.lines[0].polylines[0].split())
    assert float(first[1]) > float(second[1])
    assert float(first[0]) < float(second[0])


def test_a_burst_outside_the_time_is_not_drawn_and_a_long_one_is_cut() -> None:
    bands = [Band(T0 - 100, T0 - 50, "before"), Band(T0 - 100, T0 + 10**6, "long")]
    chart = ratio_chart("t", [], START, END, bands=bands)
    assert [band.label for band in chart.bands] == ["long"]
    assert chart.bands[0].x == chart.left
    assert chart.bands[0].x + chart.bands[0].width == chart.right


def test_the_label_of_a_late_burst_stays_inside() -> None:
    end = END.timestamp()
    chart = ratio_chart("t", [], START, END, bands=[Band(end - 20, end, "high-frequency loop")])
    assert chart.bands[0].label_anchor == "end"


def test_labels_of_bursts_do_not_cover_one_another() -> None:
    starts = (T0, T0 + 300, T0 + 310, T0 + 320)
    bands = [Band(at, at + 5, f"burst {i}") for i, at in enumerate(starts)]
    chart = ratio_chart("t", [], START, END, bands=bands)
    assert [band.label for band in chart.bands if band.named] == ["burst 0", "burst 3"]
    assert len(chart.bands) == 4


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=30))
def test_every_value_is_drawn_inside_the_frame(values: list[float]) -> None:
    points = [(T0 + i * 5, value) for i, value in enumerate(values)]
    chart = value_chart("t", [Line("a", points)], START, END)
    for drawn in chart.lines:
        for pair in " ".join(drawn.polylines).split():
            x, y = map(float, pair.split(","))
            assert chart.left <= x <= chart.right
            assert math.floor(chart.top) <= y <= math.ceil(chart.bottom)
