"""What an alert on an SLO's SLI needs: limits for the error ratio, each over a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.promql.context import RecordingRule, by_name
from portal.promql.parser import ParseError, parse
from portal.slo.objective import SLO
from portal.tie.analysis import contexts
from portal.tie.conditions import Both, Condition, ErrorRatio, Tail
from portal.tie.expressions import Conditions
from portal.tie.judgement import judge


@dataclass(frozen=True)
class Need:
    """``limit`` is an error ratio, ``window_s`` the time that it is counted over, in seconds."""

    limit: float
    window_s: float


def needs(expr: str, slo: SLO, rules: Iterable[RecordingRule] = ()) -> tuple[Need, ...]:
    """What must hold at once for a tied alert; empty where that can't be told in such numbers."""
    try:
        tree = parse(expr)
    except ParseError:
        return ()
    condition = Conditions(contexts(tree, by_name(rules))[0]).of(tree)
    arms = condition.arms if isinstance(condition, Both) else (condition,)
    found = [_need(arm, slo) for arm in arms]
    return tuple(need for need in found if need) if all(found) else ()


def _need(arm: Condition, slo: SLO) -> Need | None:
    if not isinstance(arm, ErrorRatio | Tail) or not judge(arm, slo).code.is_tied:
        return None
    limit = arm.limit if isinstance(arm, ErrorRatio) else 1 - arm.phi
    windows = {sum(seconds for _, seconds in event.stages) for event in arm.source.events}
    window = windows.pop() if len(windows) == 1 else 0.0
    return Need(limit, window) if window and limit > 0 else None
