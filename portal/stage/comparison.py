"""Prediction beside truth: what the learner and the planner expected, and what came of it; pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from portal.alerts.transitions import AlertHistory
from portal.bursts.models import Burst
from portal.durations import duration
from portal.numbers import count, percent
from portal.objectives.forecast import Forecast
from portal.rulefile.states import ACTIVE, AlertState
from portal.words import counted

NOT_KNOWN = "not known yet"


@dataclass(frozen=True)
class PredictionComparison:
    """One line: what it is about, what was expected, what happened."""

    label: str
    expected: str
    happened: str


@dataclass(frozen=True)
class Truth:
    """The learner's prediction and the planner's, each beside what happened."""

    learner: tuple[PredictionComparison, ...] = ()
    planner: tuple[PredictionComparison, ...] = ()


def compare(
    burst: Burst,
    histories: Sequence[AlertHistory] | None,
    forecasts: Iterable[Forecast],
    applied: Container[str],
    *,
    settled: bool,
) -> Truth:
    """``histories``: None while nobody has looked at the alerts; ``settled``: nothing more comes.

    ``applied`` holds the names of the SLOs whose generated rules are in Prometheus; the planner is
    silent about alerts that were not there.
    """
    planner = sorted(forecasts, key=lambda one: not one.is_page)
    return Truth(
        tuple(_learners(burst, histories, settled=settled)),
        tuple(
            _planners(burst, histories, one, settled=settled)
            for one in planner
            if one.slo in applied or _own(one, histories)
        ),
    )


def _learners(
    burst: Burst, histories: Sequence[AlertHistory] | None, *, settled: bool
) -> Iterable[PredictionComparison]:
    if burst.predicted_error_ratio is not None:
        seen = percent(burst.failed / burst.sent) if burst.sent else NOT_KNOWN
        so_far = " so far" if burst.is_active and burst.sent else ""
        expected = percent(burst.predicted_error_ratio)
        yield PredictionComparison("requests that fail", expected, f"{seen}{so_far}")
    if burst.predicted_page is not None:
        expected = "fires" if burst.predicted_page else "stays silent"
        yield PredictionComparison(
            "the page alert", expected, _pages(burst, histories, settled=settled)
        )


def _pages(burst: Burst, histories: Sequence[AlertHistory] | None, *, settled: bool) -> str:
    """What the alerts did that wake somebody; where no label says which, all of them."""
    if histories is None:
        return NOT_KNOWN
    pages = [one for one in histories if one.is_page] or histories
    fired = [one for one in pages if one.fired]
    if fired:
        first = min(fired, key=lambda one: one.fired.at if one.fired else 0.0)
        return f"{_stood(burst, first)} ({first.name})"
    worst = max(pages, key=lambda one: (one.on_nothing, one.before in ACTIVE), default=None)
    return _stood(burst, worst) if worst and settled else _silent(settled=settled)


def _planners(
    burst: Burst,
    histories: Sequence[AlertHistory] | None,
    forecast: Forecast,
    *,
    settled: bool,
) -> PredictionComparison:
    own = _own(forecast, histories)
    if own:
        stood = _stood(burst, own) if own.fired or settled else _silent(settled=False)
    else:
        stood = NOT_KNOWN if histories is None else _silent(settled=settled)
    label = f"{forecast.title}: {forecast.pair}"
    return PredictionComparison(label, _planned(burst, forecast), f"{_failures(burst)}; {stood}")


def _own(forecast: Forecast, histories: Sequence[AlertHistory] | None) -> AlertHistory | None:
    """What the alert did that the forecast is about; None where it did nothing, or is not there."""
    return next((one for one in histories or () if one.name == forecast.alert), None)


def _planned(burst: Burst, forecast: Forecast) -> str:
    if forecast.seconds is None or forecast.failures is None:
        return forecast.sentence
    needs = f"{counted(forecast.failures, 'bad request')}, {duration(forecast.seconds)}"
    if forecast.seconds > burst.duration:
        return f"{needs}: more than this burst brings in {duration(burst.duration)}"
    return needs


def _failures(burst: Burst) -> str:
    took = duration(burst.count_of("elapsed_seconds") or 0.0)
    slow = f" and {count(burst.slow)} slow" if burst.slow else ""
    return f"{count(burst.failed)} failed{slow} in {took}"


def _stood(burst: Burst, history: AlertHistory) -> str:
    start = burst.started_at.timestamp() if burst.started_at else 0.0
    if history.before in ACTIVE:
        return f"it was {history.before} before the burst"
    if history.fired:
        return f"it fired after {duration(history.fired.seconds_after(start))}"
    if history.on_nothing:
        return "it fired on nothing, which proves nothing"
    if history.first(AlertState.PENDING):
        return "it was pending, and never fired"
    return _silent(settled=True)


def _silent(*, settled: bool) -> str:
    return "it stayed silent" if settled else "silent so far"
