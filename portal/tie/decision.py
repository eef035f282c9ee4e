"""Reading and trial together: the trial decides, and the reading explains where both agree."""

from __future__ import annotations

from dataclasses import replace

from portal.numbers import limit_percent, number
from portal.slo.objective import SLO
from portal.tie.codes import TieCode
from portal.tie.judgement import (
    EARLY,
    GREATEST_FACTOR,
    LEAST_FACTOR,
    Judgement,
    by_limit,
    let_it_wait,
    times,
)
from portal.trial.attempt import AlertAttempt
from portal.trial.climb import AlertTrial, Climb
from portal.trial.ladder import Allowance, Way
from portal.trial.verdict import NEVER_ASKED

PAGES = (Way.ONE_PAGE, Way.ANOTHER_PAGE)
SLACK = 0.01
"""How far a limit may lie outside of the two rungs that it was found between, as a ratio."""
PART = "it looks at a part of the service; the SLO counts all requests"
PART_OR_COUNT = (
    "it looks at a part of the service, or at how many requests are bad instead of their share"
)
EACH_BY_ITSELF = (
    "It looks at each path or method by itself, so it also fires when one of them alone is that "
    "bad. Sum over all of them to hear of the whole service."
)


def allowance_of(slo: SLO) -> Allowance:
    """What the SLO allows, for the ladder."""
    return Allowance(slo.error_budget, slo.threshold_s)


def decided(
    read: Judgement, limit: float | None, trial: AlertTrial, slo: SLO, attempt: AlertAttempt
) -> Judgement:
    """The verdict on an alert for an SLO.

    ``limit``: the error ratio that the reading found, if any.
    """
    if attempt.strange and read.code.is_absolute:
        return _strange(attempt.strange, slo)
    climb = trial.climbs.get(allowance_of(slo))
    if climb is None:
        return read if _agrees(read, trial, None) else _elsewhere(trial, slo)
    if _agrees(read, trial, climb):
        return read
    if read.code.is_absolute and trial.is_silent and (other := attempt.shuts_out(slo.job)):
        reason = f"It watches {', '.join(other)}; {slo.name} is about {slo.job}."
        return Judgement(TieCode.OTHER_SERVICE, reason)
    if attempt.averages_shares and trial.is_silent and not read.code.is_absolute:
        return _not(NEVER_ASKED)
    tried = _climbed(climb, trial, slo, limit)
    if read.firm and tried.code.is_tied:
        return read
    if read.code.is_tied is not tried.code.is_tied or read.code.is_absolute:
        return tried
    if not read.code.is_tied:
        return read
    told = read if read.code is tried.code and read.factor == tried.factor else tried
    return replace(told, advice=tried.advice)


def _agrees(read: Judgement, trial: AlertTrial, climb: Climb | None) -> bool:
    """Whether what the reading says of every day was seen."""
    if read.code is TieCode.NEVER_FIRES:
        return trial.is_silent
    if read.code is TieCode.ALWAYS_FIRES:
        return climb.first() == 0 if climb else bool(trial.woke)
    return climb is None


def _climbed(climb: Climb, trial: AlertTrial, slo: SLO, limit: float | None) -> Judgement:
    """What the trial alone says; ``limit`` is told where the trial bears it out."""
    first = climb.first()
    if first is None:
        return _silent(climb, trial, slo)
    if first == 0:
        return _while_all_is_well(climb, slo)
    if trial.woke:
        return _elsewhere(trial, slo)
    gone = _falls_silent(climb, Way.PLAIN) or _astray(climb, first) or _gone(climb)
    if gone is not None:
        return gone
    found = _by_rung(climb, first, slo, limit)
    early = any((climb.first(way) or 0) < first for way in PAGES)
    if not early or not found.code.is_tied:
        return found
    advice = f"{found.advice} {EACH_BY_ITSELF}" if found.advice else EACH_BY_ITSELF
    return replace(found, advice=advice)


def _silent(climb: Climb, trial: AlertTrial, slo: SLO) -> Judgement:
    bad = "was slow" if climb.allowance.threshold_s else "failed"
    reason = f"Tried out, it stays silent on the day on which every request {bad}"
    if trial.woke:
        return _not(f"{reason}, and fires on the day on which {trial.woke[0]}.")
    split = [way for way in PAGES if climb.first(way) is not None]
    if split:
        return _not(f"{reason}: it fires only when some pages are well and others are not.")
    return _not(f"{reason}: it is about something else than the SLI of {slo.name}.")


def _while_all_is_well(climb: Climb, slo: SLO) -> Judgement:
    bad = "was slow" if climb.allowance.threshold_s else "failed"
    if climb.fired[Way.PLAIN][-1]:
        return _not(f"Tried out, it fires on the day on which no request {bad}, too.")
    return Judgement(
        TieCode.INVERTED,
        f"Tried out, it fires on the day on which no request {bad} and falls silent when all are: "
        f"it does not guard {slo.name}.",
    )


def _elsewhere(trial: AlertTrial, slo: SLO) -> Judgement:
    day = trial.woke[0] if trial.woke else "nobody sent a request"
    return _not(
        f"Tried out, it fires on the day on which {day}: it is about something else than the SLI "
        f"of {slo.name}."
    )


def _gone(climb: Climb) -> Judgement | None:
    """A ladder on which it falls silent further up."""
    return next((found for way in climb.fired if (found := _falls_silent(climb, way))), None)


def _falls_silent(climb: Climb, way: Way) -> Judgement | None:
    """That it doesn't fire any more at a rung above one at which it did, if so."""
    first, fired = climb.first(way), climb.fired[way]
    if first is None or all(fired[first:]):
        return None
    worse = fired.index(False, first)
    where = "" if way is Way.PLAIN else f" and {way}"
    return _not(
        f"Tried out, it fires when {_bad(climb, first)}, and stays silent on the day on which "
        f"{_bad(climb, worse)}{where}: the worse it gets, the less it tells."
    )


def _bad(climb: Climb, number: int) -> str:
    """How many requests are bad at a rung: ``5 % of the requests failed``."""
    rung = climb.allowance.rungs[number]
    slow = climb.allowance.threshold_s is not None
    if rung.share == 1:
        return "every request was slow" if slow else "every request failed"
    share = limit_percent(rung.factor * climb.allowance.share)
    return f"{share} of the requests {'were slow' if slow else 'failed'}"


def _astray(climb: Climb, first: int) -> Judgement | None:
    """The ladder on which it goes another way than on the plain one."""
    for way in climb.fired:
        found = climb.first(way)
        if found == first or (way in PAGES and found is not None and found < first):
            continue
        seen = _seen(climb, way, found, first)
        if way is Way.BARELY:
            return Judgement(TieCode.OTHER_THRESHOLD, f"{seen}: its threshold is another one.")
        if way in PAGES:
            return _not(f"{seen}: {PART if way is Way.ONE_PAGE else PART_OR_COUNT}.")
        return _not(f"{seen}: it does not follow the share of bad requests.")
    return None


def _seen(climb: Climb, way: Way, found: int | None, first: int) -> str:
    """How it stood at the first rung that tells the two ladders apart."""
    stays_silent = found is None or found > first
    bad = _bad(climb, first if found is None or found > first else found)
    does = "stays silent" if stays_silent else "fires early"
    return f"Tried out, it {does} on the day on which {bad} and {way}"


def _by_rung(climb: Climb, first: int, slo: SLO, limit: float | None) -> Judgement:
    rungs = climb.allowance.rungs
    rung, below = rungs[first], rungs[first - 1]
    share = rung.factor * slo.error_budget
    least, most = below.factor * slo.error_budget * (1 - SLACK), share * (1 + SLACK)
    if limit is not None and least <= limit <= most:
        return by_limit(limit, slo)
    reason = (
        f"Tried out, it fires when {slo.name} burns its budget at {times(rung.factor)} "
        f"rate that the objective allows, and not yet {_below(below.factor)}"
    )
    if rung.factor > GREATEST_FACTOR:
        return Judgement(
            TieCode.TOO_LAX, f"{reason}: by then it is nearly gone.", share, rung.factor
        )
    if rung.factor < LEAST_FACTOR:
        why = f"{reason}: {EARLY}."
        return Judgement(TieCode.STRICTER, why, share, rung.factor, let_it_wait(slo))
    return Judgement(TieCode.TIED, f"{reason}.", share, rung.factor)


def _below(factor: float) -> str:
    return "at the rate itself" if factor == 1 else f"at {number(factor)} times"


def _strange(strange: frozenset[str], slo: SLO) -> Judgement:
    names = ", ".join(sorted(strange)[:3])
    return _not(f"It reads {names}, which is no metric of the lab's: it is no SLI of {slo.name}.")


def _not(reason: str) -> Judgement:
    return Judgement(TieCode.NOT_AN_SLI, reason)
