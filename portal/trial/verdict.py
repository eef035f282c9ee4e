"""What an expression shows, by reading it and by trying it; where they differ the trial decides."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from portal.promql.classify import classify, constant
from portal.promql.context import Context, RecordingRule
from portal.promql.findings import Code, Finding, nothing
from portal.promql.nodes import Call, Expr, walk
from portal.promql.parser import ParseError, parse
from portal.trial.attempt import beyond
from portal.trial.diary import NOTHING, Diary, diary
from portal.trial.evidence import TrialEvidence
from portal.trial.judgement import at_odd_scale, judge, surprise
from portal.trial.memory import TrialMemory
from portal.trial.outcome import TrialOutcome
from portal.trial.queries import (
    Attempt,
    attempt,
    can_be_drawn,
    can_be_tried,
    evidence,
    is_native,
)
from portal.trial.recollection import Recollection
from portal.trial.scene import TrialAnswer
from portal.trial.wording import built, sentence

READ_ONLY = frozenset({Code.NO_QUERY, Code.UNPARSED, Code.RANGE_VECTOR, Code.RULE_CYCLE})
"""What the reading says and no trial can answer."""
NEVER_ASKED = (
    'It is never a number: nobody ever asks for path="unmatched", so its share is 0/0, and an'
    " average with it is no number either."
)
NEVER_KEPT = (
    'Nobody ever asks for path="unmatched", so it never keeps the limit, and an average over all '
    "paths never gets to 100 %. Divide by `(... > 0)` to leave it out."
)
NO_SHARE = "On no day that we tried it on did it show a share."
BY_THE_CLOCK = "It depends on the time of day, or on the date."
HIDES = (
    "Of pages or moments that differ it tells the best alone, or hardly more, so the worst stays "
    "hidden."
)
FIXED = "It looks at one fixed moment (@), whatever happens now."
MOST_STEPS = 100_000
"""Of a subquery. promtool gives up on fewer, but would take half a minute to."""


def findings(
    exprs: Sequence[str],
    context: Context | None = None,
    *,
    memory: TrialMemory,
    drawn: bool = False,
) -> dict[str, Finding]:
    """Each expression's finding; never raises.

    ``drawn``: the outcome is to hold its diary; what is no share is tried too, so that one sees
    how far it is from one.
    """
    context = context or Context()
    read = {expr: classify(expr, context) for expr in dict.fromkeys(exprs)}
    attempts = _attempts(read, context)
    outcomes = _outcomes(attempts, read, context, memory, drawn=drawn)
    return {
        expr: _decided(finding, attempts[expr], outcomes.get(expr)) if expr in attempts else finding
        for expr, finding in read.items()
    }


def diary_of(expr: str, context: Context | None = None, *, memory: TrialMemory) -> Diary:
    """What an expression did day by day: remembered, or tried anew; empty where it isn't tried."""
    context = context or Context()
    read = {expr: classify(expr, context)}
    found = _outcomes(_attempts(read, context), read, context, memory, drawn=True)
    return found[expr].diary if expr in found else NOTHING


def _attempts(read: Mapping[str, Finding], context: Context) -> dict[str, Attempt]:
    wanted = [expr for expr, finding in read.items() if finding.code not in READ_ONLY]
    return {expr: one for expr in wanted if (one := attempt(expr, context)) is not None}


def _outcomes(
    attempts: Mapping[str, Attempt],
    read: Mapping[str, Finding],
    context: Context,
    memory: TrialMemory,
    *,
    drawn: bool,
) -> dict[str, TrialOutcome]:
    """What the days say of all that can be tried: remembered, or tried now."""
    fit = can_be_drawn if drawn else can_be_tried
    tried = {expr: one for expr, one in attempts.items() if fit(one)}
    keys = {expr: (expr, *one.stage, read[expr].sli) for expr, one in tried.items()}
    kept = memory.outcomes
    known = {expr: found for expr in tried if (found := _recalled(kept, keys[expr], drawn))}
    for expr in tried.keys() - known.keys():
        if endless := beyond(MOST_STEPS, tried[expr].tree, tried[expr].reach.rules):
            known[expr] = TrialOutcome(untried=endless)
    new = [one for expr, one in tried.items() if expr not in known]
    for expr, seen in evidence(new, context, memory.engine, drawn=drawn).items():
        known[expr] = _outcome(seen, tried[expr], read[expr], context)
        memory.keep(kept, (keys[expr], drawn), known[expr])
    return known


def _recalled(kept: Recollection[TrialOutcome], key: Hashable, drawn: bool) -> TrialOutcome | None:
    """What was remembered; one that can be drawn does for who wants the verdict alone."""
    ways = (True,) if drawn else (False, True)
    return next((found for way in ways if (found := kept.recall((key, way)))), None)


def _outcome(seen: TrialEvidence, one: Attempt, read: Finding, context: Context) -> TrialOutcome:
    """What one expression's answers mean; ``read``: what the reading took it for."""
    open_one = next((answer for answer in seen.answers if answer.untried), TrialAnswer())
    error = next((answer.error for answer in seen.answers if answer.error), "")
    if open_one.untried or error:
        return TrialOutcome(error=error, untried=open_one.untried, passing=open_one.passing)
    phis = tuple(dict.fromkeys(_phis(one, context)))
    shown = judge(seen, phis)
    if shown is not None:
        return TrialOutcome(shown, diary=diary(seen, shown, met=True))
    if read.sli is None or read.indicator is None:
        return TrialOutcome(diary=diary(seen, None, met=False))
    if one.setting.world.never_asked and seen.is_never_a_number:
        return TrialOutcome(never=NEVER_ASKED)
    odd = at_odd_scale(seen, phis, read.indicator)
    if odd is not None:
        return TrialOutcome(odd=True, diary=diary(seen, odd, met=False))
    found = surprise(seen, phis, read.indicator)
    held_against = found.shown if found else None
    return TrialOutcome(surprise=found, diary=diary(seen, held_against, met=False))


def _decided(read: Finding, one: Attempt, outcome: TrialOutcome | None) -> Finding:
    """The reading where the days agree, else what they say; with how many days there were."""
    if outcome is None:
        return _untried(read, one)
    found = _judged(read, one, outcome) if can_be_tried(one) else _untried(read, one)
    if outcome.shown is not None and found.sli is None:
        return found  # what speaks against it is not on these days
    return replace(found, days=len(outcome.diary.days), surprising=outcome.diary.surprising)


def _judged(read: Finding, one: Attempt, outcome: TrialOutcome) -> Finding:
    if outcome.untried:
        return nothing(Code.UNTRIED, outcome.untried)
    if outcome.error:
        return _refused(outcome.error)
    if outcome.shown is None:
        return _surprised(read, outcome, one)
    if outcome.shown.hides:
        return nothing(Code.SURPRISE, HIDES)
    if outcome.shown.diluted:
        return nothing(Code.SURPRISE, NEVER_KEPT)
    if one.reach.by_the_clock:
        return nothing(Code.CONDITION, BY_THE_CLOCK)
    return read if read.sli is outcome.shown.measure.sli else built(outcome.shown, one)


def _untried(read: Finding, one: Attempt) -> Finding:
    """The reading alone."""
    if read.sli is None:
        return read
    if one.setting.strange:
        names = ", ".join(sorted(one.setting.strange))
        return nothing(Code.OTHER_METRIC, f"It is {names}.")
    why = "a native histogram" if is_native(one) else one.setting.why_not
    if is_native(one) or why:
        return replace(read, reason=f"{read.reason} (Read, not tried: {why}.)")
    return read


def _refused(error: str) -> Finding:
    many = "many-to-many" in error or "duplicate" in error
    return nothing(Code.MANY_TO_MANY if many else Code.INVALID, f"It says: {error}.")


def _surprised(read: Finding, outcome: TrialOutcome, one: Attempt) -> Finding:
    if read.sli is None and read.code is not Code.MANY_TO_MANY:
        return read
    if outcome.odd:
        return nothing(Code.ODD_SCALE)
    if one.reach.fixed:
        return nothing(Code.CONSTANT, FIXED)
    if one.reach.reads_clock and outcome.surprise and outcome.surprise.seen is None:
        return nothing(Code.CONDITION, BY_THE_CLOCK)
    if outcome.surprise is None:
        return nothing(Code.SURPRISE, outcome.never or NO_SHARE)
    return nothing(Code.SURPRISE, sentence(outcome.surprise))


def _phis(one: Attempt, context: Context) -> Iterator[float]:
    """The quantiles that the expression asks for, in its rules as well."""
    trees = [one.tree, *(tree for rule in one.reach.rules for tree in _tree(rule))]
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, Call) and node.function == "histogram_quantile" and node.args:
                phi = constant(node.args[0], context)
                if phi is not None and 0 < phi < 1:
                    yield phi


def _tree(rule: RecordingRule) -> Iterator[Expr]:
    try:
        yield parse(rule.expr)
    except ParseError:
        return
