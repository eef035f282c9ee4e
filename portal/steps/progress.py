"""How far a learner is: the one definition behind every tick, count and "next"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.criteria.base import Status
from portal.criteria.store import stored_verdicts
from portal.impact.store import incidents
from portal.steps.catalog import DoneBy, Step, load
from portal.steps.store import read_steps


class StepState(StrEnum):
    """A step's mark. Its criterion's verdict, but nobody is told ✗ before they had a try."""

    TO_DO = "to_do"
    MET = "met"
    NOT_MET = "not_met"
    NOT_ENOUGH_DATA = "not_enough_data"
    CANNOT_CHECK = "cannot_check"

    @property
    def mark(self) -> str:
        """The sign of the verdict; none before the first try."""
        return "" if self is StepState.TO_DO else Status(self).mark

    @property
    def words(self) -> str:
        """The same for those who hear the page."""
        return {
            StepState.TO_DO: "to do",
            StepState.MET: "done",
            StepState.NOT_MET: "no longer met",
            StepState.NOT_ENOUGH_DATA: "not enough data yet",
            StepState.CANNOT_CHECK: "can’t check now",
        }[self]


class StoredStatus(Protocol):
    """What progress needs of a stored verdict."""

    @property
    def status(self) -> str:
        """The last verdict."""

    @property
    def first_met_at(self) -> datetime | None:
        """When it was met for the first time."""


@dataclass(frozen=True)
class StepNow:
    """A step with its state, and whether it counts as done."""

    step: Step
    state: StepState
    done: bool


@dataclass(frozen=True)
class LabProgress:
    """All steps with their states. ``done`` of ``total`` counts the required ones."""

    steps: tuple[StepNow, ...]

    @property
    def done(self) -> int:
        """Required steps that are done."""
        return sum(now.done for now in self.steps if not now.step.optional)

    @property
    def total(self) -> int:
        """Required steps."""
        return sum(not now.step.optional for now in self.steps)

    @property
    def next_step(self) -> Step | None:
        """The next thing to do; None when every required step is done."""
        return next((n.step for n in self.steps if not n.done and not n.step.optional), None)

    def of(self, step: Step) -> StepNow:
        """That step, now."""
        return next(now for now in self.steps if now.step == step)


def progress(learner_id: int) -> LabProgress:
    """How far the learner is, from what was stored last; asks no outside system."""
    verdicts = stored_verdicts(learner_id)
    read = read_steps(learner_id)
    return tally(load(), verdicts, read, lambda: bool(incidents(learner_id)))


def tally(
    steps: Sequence[Step],
    verdicts: Mapping[str, StoredStatus],
    read: Collection[str],
    has_incident: Callable[[], bool],
) -> LabProgress:
    """The progress that follows from verdicts, steps marked as read and incidents."""

    def now(step: Step) -> StepNow:
        if step.done_by is DoneBy.CRITERIA:
            return _worst([_judged(step, verdicts.get(name)) for name in step.criteria])
        done = step.id in read if step.done_by is DoneBy.READING else has_incident()
        return StepNow(step, StepState.MET if done else StepState.TO_DO, done)

    return LabProgress(tuple(now(step) for step in steps))


def _judged(step: Step, verdict: StoredStatus | None) -> StepNow:
    """One criterion's part. What was met stays done while the check itself can't be made."""
    if verdict is None:
        return StepNow(step, StepState.TO_DO, False)
    was_met = verdict.first_met_at is not None
    if verdict.status == Status.MET or (was_met and step.lasting):
        return StepNow(step, StepState.MET, True)
    if verdict.status == Status.NOT_MET:
        return StepNow(step, StepState.NOT_MET if was_met else StepState.TO_DO, False)
    known = verdict.status in set(StepState)
    state = StepState(verdict.status) if known else StepState.CANNOT_CHECK
    return StepNow(step, state, was_met)


def _worst(parts: Sequence[StepNow]) -> StepNow:
    order = [StepState.NOT_MET, StepState.TO_DO, StepState.CANNOT_CHECK, StepState.NOT_ENOUGH_DATA]
    shown = next((p.state for state in order for p in parts if p.state is state), StepState.MET)
    return StepNow(parts[0].step, shown, all(part.done for part in parts))
