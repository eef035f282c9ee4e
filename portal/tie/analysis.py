"""Alert rules, each with the SLO it is tied to or the reason why it is tied to none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from portal.promql.context import Context, RecordingRule
from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, parse
from portal.rulefile.contents import AlertRule
from portal.slo.objective import SLO
from portal.tie.codes import TieCode
from portal.tie.conditions import Condition
from portal.tie.expansion import Expansion
from portal.tie.expressions import Conditions
from portal.tie.idle import UnknownValueError, idle_value
from portal.tie.judgement import Judgement, is_usual, judge

MAX_READINGS = 8
FIRES_ON_NOTHING = (
    "It has a result while nobody sends a request: it fires on nothing, and such a firing proves "
    "nothing. Let it return nothing without traffic: `and sum(rate(...[1m])) > 0`."
)


@dataclass(frozen=True)
class AlertFinding:
    """What an alert is worth: ``slo`` is the SLO's name that it is tied to, else None.

    ``about`` names the SLO that the reason speaks of; ``limit`` is θ, an error ratio, ``factor``
    the burn rate at which it fires. ``advice`` is what to do with one that is tied and could be
    better, ``fires_on_nothing`` advice when no traffic fires it.
    """

    name: str
    code: TieCode
    reason: str
    slo: str | None = None
    about: str | None = None
    limit: float | None = None
    factor: float | None = None
    advice: str = ""
    fires_on_nothing: str = ""

    @property
    def tied(self) -> bool:
        """Whether it guards an SLO."""
        return self.code.is_tied


def analyse(
    rule: AlertRule, slos: Sequence[SLO], rules: Iterable[RecordingRule] = ()
) -> AlertFinding:
    """The finding for one Prometheus alert rule; never raises.

    ``rules`` are the recording rules that its expression may use.
    """
    try:
        tree = parse(rule.expr)
    except ParseError as error:
        return AlertFinding(rule.name, TieCode.UNPARSED, str(error))
    known = contexts(tree, rules)
    finding = found(rule.name, [Conditions(context).of(tree) for context in known], slos)
    return replace(finding, fires_on_nothing=_on_nothing(tree, known[0]))


def found(name: str, readings: Sequence[Condition], slos: Sequence[SLO]) -> AlertFinding:
    """The best finding among the SLOs, for an alert that can be read in one or several ways."""
    judged = [(judge(reading, slo), slo) for reading in readings for slo in slos]
    if not judged:
        return AlertFinding(name, TieCode.NOT_AN_SLI, "There is no SLO that it could be tied to.")
    best, slo = max(judged, key=_worth)
    return AlertFinding(
        name,
        best.code,
        best.reason,
        slo=slo.name if best.code.is_tied else None,
        about=slo.name if best.limit is not None else None,
        limit=best.limit,
        factor=best.factor,
        advice=best.advice,
    )


def contexts(tree: Expr, rules: Iterable[RecordingRule]) -> list[Context]:
    """Contexts in which a name that several rules record means each of them in turn.

    There is one, unless the expression picks by a name that is not enough to tell them apart.
    Rules that would grow beyond reason are not followed.
    """
    named: dict[str, list[RecordingRule]] = {}
    for rule in rules:
        named.setdefault(rule.name, []).append(rule)
    if not Expansion(named).is_bounded(tree):
        return [Context()]
    first = _turned(named, 0)
    readings = min(Conditions(first).candidates(tree), MAX_READINGS)
    return [first, *(_turned(named, turn) for turn in range(1, readings))]


def _turned(named: dict[str, list[RecordingRule]], turn: int) -> Context:
    """The context in which the rule at that turn comes first under each name."""
    rules = {}
    for name, same in named.items():
        first = turn % len(same)
        rules[name] = (*same[first:], *same[:first])
    return Context(rules=rules)


def _on_nothing(tree: Expr, context: Context) -> str:
    """Advice when the expression has a result without a single request."""
    try:
        value = idle_value(tree, context)
    except UnknownValueError:
        return ""
    return "" if value is None else FIRES_ON_NOTHING


def _worth(judged: tuple[Judgement, SLO]) -> tuple[int, bool, bool]:
    """Closest to tied first; among several SLOs, the one whose windows know the factor."""
    judgement, slo = judged
    usual = judgement.factor is not None and is_usual(judgement.factor, slo)
    return judgement.code.rank, judgement.related, usual
