"""Alert rules, each with the SLO it is tied to or the reason why it is tied to none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from portal.promql.context import Context, RecordingRule, by_name
from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, parse
from portal.rulefile.contents import AlertRule
from portal.slo.objective import SLO
from portal.tie.codes import TieCode
from portal.tie.conditions import Condition
from portal.tie.expansion import Expansion
from portal.tie.expressions import Conditions
from portal.tie.findings import AlertCase, AlertFinding, findings
from portal.tie.idle import UnknownValueError, idle_value
from portal.tie.value_labels import templates
from portal.trial.attempt import AlertAttempt
from portal.trial.memory import TrialMemory

MAX_READINGS = 8
FIRES_ON_NOTHING = (
    "It has a result while nobody sends a request: it fires on nothing, and such a firing proves "
    "nothing. Let it return nothing without traffic: `and sum(rate(...[1m])) > 0`."
)
RulesByName = Mapping[str, Sequence[RecordingRule]]


def analyse(
    rule: AlertRule,
    slos: Sequence[SLO],
    rules: Iterable[RecordingRule] = (),
    *,
    memory: TrialMemory,
) -> AlertFinding:
    """The finding for one Prometheus alert rule; never raises.

    ``rules`` are the recording rules that its expression may use.
    """
    return analyse_all([rule], slos, rules, memory=memory)[0]


def analyse_all(
    alerts: Sequence[AlertRule],
    slos: Sequence[SLO],
    rules: Iterable[RecordingRule] = (),
    *,
    memory: TrialMemory,
) -> list[AlertFinding]:
    """The findings for several Prometheus alert rules, tried in one process; never raises."""
    named = by_name(rules)
    return findings([alert_case(alert, named) for alert in alerts], slos, memory)


def alert_case(rule: AlertRule, named: RulesByName) -> AlertCase:
    """A Prometheus alert rule, read and ready to be tried."""
    try:
        tree = parse(rule.expr)
    except ParseError as error:
        return AlertCase(rule.name, said=AlertFinding(rule.name, TieCode.UNPARSED, str(error)))
    known = contexts(tree, named)
    varying = templates(rule.labels)
    return AlertCase(
        rule.name,
        readings(tree, known),
        AlertAttempt(rule.expr, tree, known[0].rules, varying, rule.for_s),
        labels=varying,
        for_s=rule.for_s,
        on_nothing=_on_nothing(tree, known[0]),
    )


def readings(tree: Expr, known: Sequence[Context]) -> tuple[Condition, ...]:
    """What the expression says in each context."""
    return tuple(Conditions(context).of(tree) for context in known)


def contexts(tree: Expr, named: RulesByName) -> list[Context]:
    """Contexts in which a name that several rules record means each of them in turn.

    There is one, unless the expression picks by a name that is not enough to tell them apart.
    Rules that would grow beyond reason are not followed.
    """
    if not Expansion(named).is_bounded(tree):
        return [Context()]
    first = _turned(named, 0)
    most = min(Conditions(first).candidates(tree), MAX_READINGS)
    return [first, *(_turned(named, turn) for turn in range(1, most))]


def _turned(named: RulesByName, turn: int) -> Context:
    """The context in which the rule at that turn comes first under each name."""
    rules = {}
    for name, same in named.items():
        first = turn % len(same)
        rules[name] = (*same[first:], *same[:first])
    return Context(rules=rules)


def _on_nothing(tree: Expr, context: Context) -> str | None:
    """Advice when the expression has a result without a single request; None: nobody knows."""
    try:
        value = idle_value(tree, context)
    except UnknownValueError:
        return None
    return "" if value is None else FIRES_ON_NOTHING
