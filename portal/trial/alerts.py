"""Trying alerts: each climbs the ladder of each SLO and lives through the days beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from portal.trial.attempt import AlertAttempt, Hold
from portal.trial.climb import AlertTrial, over_dates
from portal.trial.engine import TrialEngine
from portal.trial.play import Course, Play

RULE_FAILS = "the rule "


def trials(asked: Sequence[tuple[AlertAttempt, Course]], engine: TrialEngine) -> list[AlertTrial]:
    """What each alert did on its course, in one process; never raises.

    A recording rule that fails spoils what is asked beside it; that is asked again by itself.
    """
    much = [one.too_much for one, _ in asked]
    able = [ask for ask, why in zip(asked, much, strict=True) if not why]
    tried = iter(_tried(able, engine, lambda _: None))
    found = [AlertTrial(untried=why) if why else next(tried) for why in much]
    spoiled = [n for n, trial in enumerate(found) if trial.error.startswith(RULE_FAILS)]
    if spoiled:
        again = _tried([asked[n] for n in spoiled], engine, lambda one: one.rule_key)
        for number, trial in zip(spoiled, again, strict=True):
            found[number] = trial
    return found


def _tried(
    asked: Sequence[tuple[AlertAttempt, Course]],
    engine: TrialEngine,
    apart: Callable[[AlertAttempt], Hashable],
) -> list[AlertTrial]:
    groups: dict[Hashable, list[int]] = {}
    for number, (one, course) in enumerate(asked):
        hold = Hold.of(one, course.scrape_interval_s)
        groups.setdefault((hold, course, one.reach.dates, apart(one)), []).append(number)
    plays = [
        (numbers, Play([asked[number][0] for number in numbers], asked[numbers[0]][1], date))
        for numbers in groups.values()
        for date in asked[numbers[0]][0].reach.dates
    ]
    scenes = [scene for _, play in plays for scene in play.scenes]
    said = iter(engine.answers(scenes, engine.limits.alerts))
    found: dict[int, list[AlertTrial]] = {}
    for numbers, play in plays:
        told = play.trials([next(said) for _ in play.scenes])
        for number, trial in zip(numbers, told, strict=True):
            found.setdefault(number, []).append(trial)
    return [over_dates(found[number]) for number in range(len(asked))]
