"""Progress follows from verdicts, steps marked as read, and incidents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from portal.criteria.base import Status
from portal.steps.catalog import DoneBy, Step
from portal.steps.progress import LabProgress, StepState, tally

ONCE = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Stored:
    status: str
    first_met_at: datetime | None = None


def step(step_id: str, *criteria: str, optional: bool = False, lasting: bool = False) -> Step:
    done_by = DoneBy.CRITERIA if criteria else DoneBy.READING
    return Step(step_id, step_id, 1, "", criteria, optional, done_by, lasting, ())


def incident_step() -> Step:
    return Step("incident", "incident", 1, "", (), False, DoneBy.INCIDENT, False, ())


def tallied(
    one: Step,
    verdicts: Mapping[str, Stored] | None = None,
    read: Collection[str] = (),
    incident: bool = False,
) -> tuple[StepState, bool]:
    (now,) = tally([one], verdicts or {}, read, lambda: incident).steps
    return now.state, now.done


def test_a_step_that_was_never_checked_is_to_do() -> None:
    assert tallied(step("a", "slo")) == (StepState.TO_DO, False)


@pytest.mark.parametrize(
    ("status", "first_met_at", "expected"),
    [
        (Status.MET, ONCE, (StepState.MET, True)),
        (Status.NOT_MET, None, (StepState.TO_DO, False)),
        (Status.NOT_MET, ONCE, (StepState.NOT_MET, False)),
        (Status.NOT_ENOUGH_DATA, None, (StepState.NOT_ENOUGH_DATA, False)),
        (Status.NOT_ENOUGH_DATA, ONCE, (StepState.NOT_ENOUGH_DATA, True)),
        (Status.CANNOT_CHECK, None, (StepState.CANNOT_CHECK, False)),
        (Status.CANNOT_CHECK, ONCE, (StepState.CANNOT_CHECK, True)),
    ],
)
def test_a_step_shows_the_verdict_of_its_criterion(
    status: Status, first_met_at: datetime | None, expected: tuple[StepState, bool]
) -> None:
    assert tallied(step("a", "slo"), {"slo": Stored(status, first_met_at)}) == expected


@pytest.mark.parametrize("status", list(Status))
def test_a_lasting_step_stays_done(status: Status) -> None:
    once = step("a", "traffic", lasting=True)
    assert tallied(once, {"traffic": Stored(status, ONCE)}) == (StepState.MET, True)


def test_a_lasting_step_is_not_done_before_it_was_met() -> None:
    once = step("a", "traffic", lasting=True)
    assert tallied(once, {"traffic": Stored(Status.NOT_MET)}) == (StepState.TO_DO, False)


def test_with_two_criteria_the_open_one_decides() -> None:
    both = step("a", "slo", "alert")
    met, open_ = Stored(Status.MET, ONCE), Stored(Status.NOT_MET)
    assert tallied(both, {"slo": met, "alert": open_}) == (StepState.TO_DO, False)
    assert tallied(both, {"slo": met, "alert": met}) == (StepState.MET, True)


def test_a_reading_step_is_done_when_marked() -> None:
    assert tallied(step("a")) == (StepState.TO_DO, False)
    assert tallied(step("a"), read={"a"}) == (StepState.MET, True)


def test_an_incident_step_is_done_by_an_incident() -> None:
    assert tallied(incident_step()) == (StepState.TO_DO, False)
    assert tallied(incident_step(), incident=True) == (StepState.MET, True)


def walk(*read: str) -> LabProgress:
    steps = [step("a"), step("b", "alert", optional=True), step("c")]
    return tally(steps, {}, read, lambda: False)


def test_the_count_leaves_optional_steps_out() -> None:
    assert (walk("a").done, walk("a").total) == (1, 2)


def test_next_is_the_first_required_step_that_is_open() -> None:
    for read, there in (((), "a"), (("a",), "c"), (("c",), "a")):
        next_step = walk(*read).next_step
        assert next_step is not None
        assert next_step.id == there
    assert walk("a", "c").next_step is None


@pytest.mark.parametrize("state", list(StepState))
def test_every_state_has_words(state: StepState) -> None:
    assert state.words


def test_marks_differ_so_that_colour_is_never_alone() -> None:
    marks = [state.mark for state in StepState]
    assert len(set(marks)) == len(marks)
