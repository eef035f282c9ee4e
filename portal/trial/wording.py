"""What the trial says in words: the surprising day, and a finding for what was shown."""

from __future__ import annotations

from math import isnan

from portal.numbers import exact_percent, limit_percent, number
from portal.promql import statuses
from portal.promql.findings import Code, Finding, Indicator, Measure, Sli
from portal.trial.judgement import Shown, Surprise
from portal.trial.measure import QuantileMeasure, Share, Under
from portal.trial.queries import Attempt
from portal.trial.world import World


def sentence(found: Surprise) -> str:
    """The surprising day in words."""
    return (
        f"On the day on which {found.moment.day.name} it {_seen(found)}; "
        f"{_expected(found)} would have been true."
    )


def in_words(value: float | None, shown: Shown, *, plain: bool = False) -> str:
    """A value at the scale of what is shown; "" where there is none. ``plain``: as it is."""
    if value is None or isnan(value):
        return ""
    return number(value) if plain else _number(value, shown)


def _seen(found: Surprise) -> str:
    value = in_words(found.seen, found.shown)
    return f"showed {value}" if value else "showed nothing"


def _expected(found: Surprise) -> str:
    low, high = _number(found.low, found.shown), _number(found.high, found.shown)
    return low if low == high else f"something between {low} and {high}"


def _number(value: float, shown: Shown) -> str:
    if isinstance(shown.measure, QuantileMeasure):
        return f"{number(value / shown.affine.slope, 3)} s"
    full = shown.affine.zero or abs(shown.affine.slope)
    return limit_percent(value / full) if full in (1.0, 100.0) else number(value)


def built(shown: Shown, one: Attempt) -> Finding:
    """The finding for what the trial showed and the reading did not see."""
    measure, affine = shown.measure, shown.affine
    indicator = Indicator(
        measure.sli,
        _said(shown),
        scale=abs(affine.slope),
        statuses=_bad(measure),
        thresholds=_thresholds(shown, one.setting.world),
        quantile=measure.phi if isinstance(measure, QuantileMeasure) else None,
        windows_s=(one.reach.shortest_s,) if one.reach.shortest_s else (),
        offset_s=one.reach.offset_s,
        whole=affine.zero or 1.0,
    )
    code, reason = _words(shown, indicator)
    return Finding(measure.sli, code, reason, "", indicator)


def _said(shown: Shown) -> Measure:
    if isinstance(shown.measure, QuantileMeasure):
        return Measure.QUANTILE
    if shown.affine.zero:
        return Measure.BUDGET_LEFT
    return Measure.GOOD if shown.measure.good else Measure.BAD


def _bad(measure: object) -> frozenset[int]:
    """The bad statuses, whole classes where the days have one of each."""
    if not isinstance(measure, Share):
        return frozenset()
    found = frozenset({500}) if 503 not in measure.bad else statuses.SERVER_ERRORS
    return found | (statuses.CLIENT_ERRORS if 404 in measure.bad else frozenset())


def _thresholds(shown: Shown, world: World) -> tuple[float, ...]:
    places = shown.measure.places if isinstance(shown.measure, Under) else ()
    return tuple(world.bounds[place][1] for place in places)


def _words(shown: Shown, indicator: Indicator) -> tuple[Code, str]:
    measure, said = shown.measure, indicator.measure
    if isinstance(measure, QuantileMeasure):
        return Code.QUANTILE, f"Latency: {exact_percent(measure.phi)} of the requests are faster."
    latency = measure.sli is Sli.LATENCY
    kind = "Latency" if latency else "Availability"
    if shown.windows:
        code = Code.BUCKET_SHARE if latency else Code.GOOD_RATIO
        return code, f"{kind}: the share of time in which a limit was kept."
    good, bad = ("were fast", "were slow") if latency else ("went well", "failed")
    what = {
        Measure.GOOD: f"the share of requests that {good}",
        Measure.BAD: f"the share of requests that {bad}",
        Measure.BUDGET_LEFT: "how much of the error budget is left",
    }[said]
    code = {Measure.GOOD: Code.GOOD_RATIO, Measure.BAD: Code.BAD_RATIO}.get(said, Code.BUDGET_LEFT)
    if latency and said is not Measure.BUDGET_LEFT:
        code = Code.BUCKET_SHARE if len(indicator.thresholds) < 2 else Code.APDEX
    return code, f"{kind}: {what}."
