"""What a query did day by day, as values: beside the truth, with what surprises first."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import partial

import pytest

from portal.limits import TrialLimits
from portal.promql.context import Context
from portal.promql.parser import parse
from portal.shop import REQUESTS
from portal.trial import verdict
from portal.trial.days import DAYS, Length, pacing
from portal.trial.diary import NOTHING, Diary, TriedDay
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from portal.trial.reach import reach
from portal.trial.scene import Scene, TrialAnswer
from portal.trial.sight import sights
from portal.trial.world import World
from tests.patience import PATIENT
from tests.patient import TRIALS
from tests.promtool import no_promtool, promtool_at_hand
from tests.trial.cases import ALL_BY_PATH, BAD_BY_PATH, P95, B, R, T

findings = partial(verdict.findings, memory=TRIALS)
diary_of = partial(verdict.diary_of, memory=TRIALS)
CLAMPED = f"clamp_max({R}, 0.01)"
FAILURES_ALONE = f"1 - {B}"
WORDS = {
    "right": "half of all requests failed",
    "rising": "three times as many requests came in and all began to fail and to be slow",
    "idle": "nobody asked",
    "down": "the service could not be scraped",
}


def told(diary: Diary, name: str) -> TriedDay:
    """The day of that name."""
    [day] = [day for day in diary.days if day.name == name]
    return day


def plain(text: str) -> str:
    """With ordinary spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("expr", [R, f"1 - {R}", f"100 * {R}", f"1 - {R} / 0.01", P95])
def test_a_right_query_is_the_truth_on_every_day_on_which_nothing_changes(expr: str) -> None:
    diary = diary_of(expr)
    assert [day.name for day in diary.days] == [day.name for day in DAYS]
    assert diary.surprising == 0
    checked = 0
    for day in diary.days:
        truth = {value for _, value in day.truth}
        if len(truth) == 1 and None not in truth and day.line[-1].value is not None:
            checked += 1
            assert day.line[-1].value == pytest.approx(truth.pop(), rel=1e-3, abs=1e-3), day.name
    assert checked > 12


def test_a_line_follows_a_change_as_its_window_sees_more_of_it() -> None:
    day = told(diary_of(R), WORDS["rising"])
    values = [value for _, value in day.line if value is not None]
    assert len(values) >= 5
    assert values == sorted(values)
    assert values[0] < 0.01 < 0.25 < values[-1] < 1
    assert [value for _, value in day.truth] == [0, 0, 1, 1]
    assert plain(day.told).startswith("it went from 0 % to 7")
    assert plain(day.told).endswith(" %, as it should")


def test_what_surprises_stands_first_and_the_most_glaring_on_top() -> None:
    [finding] = findings([CLAMPED], drawn=True).values()
    diary = diary_of(CLAMPED)
    ordered = diary.in_order
    count = diary.surprising
    assert (finding.days, finding.surprising) == (len(DAYS), count)
    assert 5 < count < len(DAYS)
    assert [day.surprised for day in ordered] == [True] * count + [False] * (len(DAYS) - count)
    assert ordered[0].name == "all of five thousand requests a second failed"
    assert plain(ordered[0].told) == "it showed 1 %; 100 % would have been true"
    assert ordered[0].line[-1].value == 0.01
    assert any(day.name in finding.reason for day in ordered[:count])


def test_a_value_that_goes_missing_is_a_gap() -> None:
    day = diary_of(f"{R} and {R} < 0.01").in_order[0]
    assert day.line[-1].value is None
    assert plain(day.told).startswith("it showed nothing; ")


def test_a_value_that_never_moves_is_said_to_stay() -> None:
    day = told(diary_of(f"clamp_max({R}, 0)"), WORDS["right"])
    assert day.told == "it stayed at 0; 0.5 would have been true"


def test_where_nobody_can_know_nothing_is_judged() -> None:
    diary = diary_of(R)
    for name in (WORDS["idle"], WORDS["down"]):
        assert told(diary, name).truth[-1].value is None
        assert told(diary, name).told.endswith("as it may")


def test_a_series_that_is_one_of_several_is_named() -> None:
    day = told(diary_of(f"{BAD_BY_PATH} / {ALL_BY_PATH}"), "a tenth of all requests failed")
    assert plain(day.told) == "/ showed 2 %, as it should"
    assert day.truth[0].value == 0.02


@pytest.mark.parametrize(
    "expr", [FAILURES_ALONE, '1 - rate(http_requests_total{status=~"5.."}[5m])']
)
def test_what_is_no_share_is_held_against_the_share_that_it_comes_closest_to(expr: str) -> None:
    finding, diary = findings([expr], drawn=True)[expr], diary_of(expr)
    assert finding.sli is None
    assert (diary.good, diary.guess) == (True, "the share of requests that went well")
    assert finding.surprising == diary.surprising > 10
    assert not told(diary, "no request failed and all were quick").surprised
    worst = diary.in_order[0]
    assert worst.name == "all of five thousand requests a second failed"
    assert worst.line[-1].value is not None
    assert worst.line[-1].value < 0


def test_its_numbers_are_told_as_they_are() -> None:
    day = told(diary_of(FAILURES_ALONE), WORDS["right"])
    assert day.told == "it showed −9; 0.5 would have been true"


@pytest.mark.parametrize("expr", [T, "http_requests_total", "up", "vector(1)", "sum(", "queue > 1"])
def test_what_is_like_no_share_has_no_days(expr: str) -> None:
    assert diary_of(expr) == NOTHING
    assert findings([expr], drawn=True)[expr].days == 0


def test_what_depends_on_the_clock_is_no_lesson_of_these_days() -> None:
    expr = f"{R} * (hour() >= bool 0)"
    finding = findings([expr], drawn=True)[expr]
    assert (finding.sli, finding.days) == (None, 0)


# What it costs


class CountingEngine(TrialEngine):
    """Notes how many questions each run of promtool is asked."""

    def __init__(self) -> None:
        super().__init__(PATIENT.promtool, promtool_at_hand)
        self.asked: list[int] = []

    def answers(
        self, scenes: Sequence[Scene], limits: TrialLimits
    ) -> list[tuple[TrialAnswer, ...]]:
        self.asked += [sum(len(scene.questions) for scene in scenes)] if scenes else []
        return super().answers(scenes, limits)


class MissingEngine(TrialEngine):
    """Has nothing to try anything with."""

    def answers(
        self, scenes: Sequence[Scene], limits: TrialLimits
    ) -> list[tuple[TrialAnswer, ...]]:
        return [tuple(TrialAnswer(untried="It is missing.") for _ in s.questions) for s in scenes]


def test_the_days_cost_no_run_of_their_own() -> None:
    engine = CountingEngine()
    memory = TrialMemory(engine)
    verdict.findings([R], memory=memory, drawn=True)
    assert verdict.diary_of(R, memory=memory).days
    assert len(engine.asked) == 1
    verdict.findings([R], memory=memory)
    assert len(engine.asked) == 1


def test_nothing_is_drawn_for_who_wants_the_verdict_alone() -> None:
    engine = CountingEngine()
    memory = TrialMemory(engine)
    assert verdict.findings([R, T], memory=memory)[R].days == 0
    assert engine.asked == [sum(part.asked for day in DAYS for part in day.parts)]
    assert verdict.diary_of(R, memory=memory).days
    assert len(engine.asked) == 2


def test_what_could_not_be_tried_has_no_days() -> None:
    memory = TrialMemory(MissingEngine(PATIENT.promtool, no_promtool))
    finding = verdict.findings([R], memory=memory, drawn=True)[R]
    assert (finding.code, finding.days) == ("untried", 0)
    assert "It is missing." in finding.reason
    assert verdict.diary_of(R, memory=memory) == NOTHING


def test_a_diary_is_small() -> None:
    for expr in (R, CLAMPED, FAILURES_ALONE, f"{BAD_BY_PATH} / {ALL_BY_PATH}"):
        assert len(pickle.dumps(diary_of(expr))) < 8000


# What is looked at


@pytest.mark.parametrize("window", ["30s", "5m", "1h", "1d"])
def test_no_look_sees_the_day_before(window: str) -> None:
    world = World(metrics=frozenset({REQUESTS}))
    found = reach(parse(f"rate({REQUESTS}[{window}])"), {})
    pace = pacing(found, world, 60)
    steps = 0
    for sight in sights(DAYS, world, pace):
        lengths = [pace.steps(part.length) for part in sight.day.parts]
        whole = max(n for n, p in enumerate(sight.day.parts) if p.length is Length.WHOLE)
        begins_s = (steps + sum(lengths[:whole])) * pace.step_s
        for at_s in sight.looks_s:
            assert at_s - found.back_s >= begins_s or pace.apart, sight.day.name
            assert sight.start_s <= at_s <= sight.end_s
        steps += sum(lengths)


def test_a_long_window_is_drawn_as_well() -> None:
    expr = R.replace("5m", "3d")
    assert diary_of(expr, Context()).surprising == 0
    assert len(diary_of(expr).days) == len(DAYS)
