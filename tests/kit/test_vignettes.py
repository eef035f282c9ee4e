"""The geometry of a day's small picture."""

from __future__ import annotations

import pytest

from portal.kit.vignettes import Vignette, vignettes
from portal.trial.diary import Diary, Point, Span, TriedDay


def at(*pairs: tuple[float, float | None]) -> tuple[Point, ...]:
    """Points of those moments and values."""
    return tuple(Point(*pair) for pair in pairs)


def steady(share: float | None, value: float | None, *, surprised: bool = False) -> TriedDay:
    """A day on which nothing changes."""
    return TriedDay("half failed", at((0, share), (1, share)), "it did", surprised, at((1, value)))


CHANGE = at((0, 0.0), (0.5, 0.0), (0.5, 0.6), (1, 0.6))


def drawn(day: TriedDay, *, good: bool = False, seconds: bool = False) -> Vignette:
    """The only day of a diary."""
    [picture] = vignettes(Diary((day,), "requests that failed", good, seconds))
    return picture


def test_the_days_that_surprise_come_first() -> None:
    days = (steady(0.1, 0.1), steady(0.5, 0.4, surprised=True), steady(0.5, 0.0, surprised=True))
    pictures = vignettes(Diary(days))
    assert [one.day for one in pictures] == [days[2], days[1], days[0]]
    assert pictures[0].heading == "Half failed"


def test_what_failed_stands_on_the_floor_and_a_right_line_on_its_edge() -> None:
    picture = drawn(steady(0.5, 0.5))
    assert picture.area == "M43 60.0V33.0H154V60.0Z"
    assert picture.lines == ("43,33.0 154,33.0",)
    assert picture.dots == ((154, 33.0),)
    assert [mark.label for mark in picture.marks] == ["100 %", "0 %"]


def test_beside_a_share_of_good_requests_it_hangs_from_the_whole() -> None:
    picture = drawn(steady(0.4, 0.4), good=True)
    assert picture.area.startswith("M43 6.0V")
    edge = float(picture.area.split("V")[1].split("H")[0])
    assert picture.dots == ((154, edge),)
    assert picture.title == "Filled: 60 %. Line: 40 %."


@pytest.mark.parametrize(
    ("share", "value", "labels"),
    [
        (0.004, 0.005, ["2 %", "0 %"]),
        (0.1, 0.004, ["20 %", "0 %"]),
        (0.004, 0.3, ["100 %", "0 %"]),
        (0.004, -3.0, ["100 %", "0 %"]),
    ],
)
def test_a_small_share_is_drawn_larger_as_long_as_all_of_it_is_in_sight(
    share: float, value: float, labels: list[str]
) -> None:
    assert [mark.label for mark in drawn(steady(share, value)).marks] == labels
    good = drawn(steady(1 - share, 1 - value), good=True)
    away = 100 - int(labels[0].split()[0])
    assert [mark.label for mark in good.marks] == ["100 %", f"{away} %"]


def test_what_lies_outside_stays_on_the_rim_with_an_arrow() -> None:
    below, above = drawn(steady(0.5, -9.0)), drawn(steady(0.5, 20.0))
    assert below.lines == ("43,60.0 154,60.0",)
    assert above.lines == ("43,6.0 154,6.0",)
    assert below.beyond != above.beyond != ""
    assert drawn(steady(0.5, 0.5)).beyond == ""


def test_a_gap_stays_a_gap() -> None:
    line = at((0.1, 0.0), (0.4, 0.1), (0.5, None), (0.6, None), (0.7, 0.3), (0.8, 0.4), (1, None))
    picture = drawn(TriedDay("it broke", CHANGE, "it did", line=line))
    assert len(picture.lines) == 2
    assert picture.missing
    assert picture.title == "Filled: 0 %, then 60 %. Line: 0 %, then nothing."


def test_one_look_at_a_day_that_changed_is_one_dot() -> None:
    picture = drawn(TriedDay("it broke", CHANGE, "it did", line=at((1, 0.6))))
    assert (picture.lines, len(picture.dots)) == ((), 1)


def test_where_there_was_nothing_to_know_nothing_is_filled() -> None:
    picture = drawn(steady(None, None))
    assert picture.area == ""
    assert [(box.x, box.width, box.word) for box in picture.blanks] == [(43, 111, "no data")]


def test_times_have_a_round_scale_of_their_own() -> None:
    picture = drawn(steady(0.316, 0.3), seconds=True)
    assert [mark.label for mark in picture.marks] == ["500 ms", "0 s"]
    assert picture.title == "Filled: 316 ms. Line: 300 ms."


def test_what_an_alert_did_stands_below_the_day() -> None:
    spans = Span("pending", 0.0, 0.4), Span("firing", 0.4, 1.0)
    picture = drawn(TriedDay("half failed", at((0, 0.5), (1, 0.5)), "it fires", spans=spans))
    assert picture.bottom < 46
    assert [(lane.kind, lane.word, lane.x) for lane in picture.lanes] == [
        ("pending", "pending", 43),
        ("firing", "firing", 87),
    ]
    assert picture.lanes[0].width + picture.lanes[1].width == 111
    assert picture.title == "Filled: 50 %. Below: pending, then firing."


def test_a_word_without_room_is_left_out() -> None:
    spans = Span("pending", 0.0, 0.1), Span("firing", 0.1, 1.0)
    picture = drawn(TriedDay("half failed", at((0, 0.5), (1, 0.5)), "it fires", spans=spans))
    assert [lane.word for lane in picture.lanes] == ["", "firing"]
