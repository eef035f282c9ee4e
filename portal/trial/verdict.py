"""What an expression shows, by reading it and by trying it; where they differ the trial decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from portal.promql.classify import classify, constant
from portal.promql.context import Context, RecordingRule
from portal.promql.findings import Code, Finding, nothing
from portal.promql.nodes import Call, Expr, walk
from portal.promql.parser import ParseError, parse
from portal.trial.attempt import beyond
from portal.trial.evidence import TrialEvidence
from portal.trial.judgement import Shown, Surprise, judge, surprise
from portal.trial.queries import Attempt, attempt, can_be_tried, evidence, is_native
from portal.trial.reach import CLOCK
from portal.trial.recollection import Recollection
from portal.trial.wording import built, sentence

READ_ONLY = frozenset({Code.NO_QUERY, Code.UNPARSED, Code.RANGE_VECTOR, Code.RULE_CYCLE})
"""What the reading says and no trial can answer."""
NEVER_ASKED = (
    'It is never a number: nobody ever asks for path="unmatched", so its share is 0/0, and an'
    " average with it is no number either."
)
NO_SHARE = "On no day that we tried it on did it show a share."
BY_THE_CLOCK = "It depends on the time of day, or on the date."
FIXED = "It looks at one fixed moment (@), whatever happens now."
REMEMBERED = 2048
MOST_STEPS = 100_000
"""Of a subquery. promtool gives up on fewer, but would take half a minute to."""
TROUBLE_S = 60.0
"""How long what went wrong with a trial is remembered."""


@dataclass(frozen=True)
class TrialOutcome:
    """What the days said: what was shown, or the surprise; ``error``: Prometheus refuses it;
    ``untried``: nobody knows, and why; ``never``: it never shows a number, and why."""

    shown: Shown | None = None
    surprise: Surprise | None = None
    error: str = ""
    untried: str = ""
    never: str = ""


_memory: Recollection[TrialOutcome] = Recollection(REMEMBERED)


def findings(exprs: Sequence[str], context: Context | None = None) -> dict[str, Finding]:
    """Each expression's finding; never raises."""
    context = context or Context()
    read = {expr: classify(expr, context) for expr in dict.fromkeys(exprs)}
    wanted = [expr for expr, finding in read.items() if finding.code not in READ_ONLY]
    attempts = {expr: one for expr in wanted if (one := attempt(expr, context)) is not None}
    outcomes = _outcomes(attempts, read, context)
    return {
        expr: _decided(finding, attempts[expr], outcomes.get(expr)) if expr in attempts else finding
        for expr, finding in read.items()
    }


def _outcomes(
    attempts: Mapping[str, Attempt], read: Mapping[str, Finding], context: Context
) -> dict[str, TrialOutcome]:
    """What the days say of all that can be tried: remembered, or tried now."""
    tried = {expr: one for expr, one in attempts.items() if can_be_tried(one)}
    keys = {expr: (expr, *one.stage, read[expr].sli) for expr, one in tried.items()}
    known = {expr: found for expr in tried if (found := _memory.recall(keys[expr])) is not None}
    for expr in tried.keys() - known.keys():
        if endless := beyond(MOST_STEPS, tried[expr].tree, tried[expr].reach.rules):
            known[expr] = TrialOutcome(untried=endless)
    fresh = evidence([one for expr, one in tried.items() if expr not in known], context)
    for expr, seen in fresh.items():
        known[expr] = _outcome(seen, tried[expr], read[expr], context)
        _memory.keep(keys[expr], known[expr], TROUBLE_S if known[expr].untried else inf)
    return known


def _outcome(seen: TrialEvidence, one: Attempt, read: Finding, context: Context) -> TrialOutcome:
    """What one expression's answers mean; ``read``: what the reading took it for."""
    untried = next((answer.untried for answer in seen.answers if answer.untried), "")
    error = next((answer.error for answer in seen.answers if answer.error), "")
    if untried or error:
        return TrialOutcome(error=error, untried=untried)
    phis = tuple(dict.fromkeys(_phis(one, context)))
    shown = judge(seen, phis)
    if shown is not None or read.sli is None or read.indicator is None:
        return TrialOutcome(shown)
    if one.setting.world.never_asked and seen.is_never_a_number:
        return TrialOutcome(never=NEVER_ASKED)
    return TrialOutcome(surprise=surprise(seen, phis, read.indicator))


def _decided(read: Finding, one: Attempt, outcome: TrialOutcome | None) -> Finding:
    """The reading where the days agree, else what they say."""
    if outcome is None:
        return _untried(read, one)
    if outcome.untried:
        return nothing(Code.UNTRIED, outcome.untried)
    if outcome.error:
        return _refused(outcome.error)
    if outcome.shown is None:
        return _surprised(read, outcome, one)
    if one.reach.functions & CLOCK:
        return nothing(Code.CONDITION, BY_THE_CLOCK)
    if any("Start" in at for at in one.reach.fixed):
        return nothing(Code.CONSTANT, FIXED)
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
    if any("End" not in at for at in one.reach.fixed):
        return nothing(Code.CONSTANT, FIXED)
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
