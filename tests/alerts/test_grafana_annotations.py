"""Grafana's own account of its alerts, as a 9.4 kept it, beside what samples saw."""

from __future__ import annotations

from dataclasses import replace

from portal.alerts.grafana_annotations import corrected
from portal.alerts.grafana_rules import ManagedRule, with_states
from portal.alerts.transitions import AlertHistory, AlertSource, Transition
from portal.clients.grafana import AlertAnnotation
from portal.clients.grafana.annotations import alert_annotation
from portal.rulefile.states import AlertState
from portal.tie.grafana import read_ruler
from tests.fakes.recorded import ANSWERS

KEPT = [alert_annotation(item) for item in ANSWERS["annotations_kinds"]]
START = 1796064900.0
"""When the recorded rules were evaluated for the first time."""
PENDING, FIRING, RESOLVED = AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED
INACTIVE, NO_DATA = AlertState.INACTIVE, AlertState.NO_DATA


def managed(title: str) -> ManagedRule:
    rules = with_states(read_ruler(ANSWERS["ruler_get_kinds"]), [])
    return next(one for one in rules if one.rule.title == title)


def told(history: AlertHistory | None) -> list[tuple[AlertState, float, bool]]:
    """State, seconds after START and whether it is on nothing."""
    moves = history.transitions if history else ()
    return [(one.state, round(one.at - START, 3), one.on_nothing) for one in moves]


def sampled(*moves: tuple[AlertState, float], before: AlertState = INACTIVE) -> AlertHistory:
    made = tuple(Transition(state, START + at) for state, at in moves)
    return AlertHistory("Wave", managed("Wave").labels, before, made, AlertSource.GRAFANA)


def kept(*moves: tuple[str, str, float], series: str = "Wave {a=b") -> list[AlertAnnotation]:
    """Annotations of the rule *Wave*, in Grafana's words and with seconds after START."""
    return [
        AlertAnnotation(
            rule=1, title="Wave", series=series, at=START + at, before=before, state=state
        )
        for before, state, at in moves
    ]


WAY = [
    *((PENDING, 10, False), (FIRING, 20, False), (RESOLVED, 60, False)),
    *((PENDING, 130, False), (FIRING, 140, False), (RESOLVED, 180, False)),
    *((PENDING, 250, False), (FIRING, 260, False)),
]


def test_the_times_are_grafanas_whoever_looked() -> None:
    late = sampled((FIRING, 22), (RESOLVED, 67), (FIRING, 151), (RESOLVED, 188), (FIRING, 260))
    assert told(corrected(late, KEPT, managed("Wave"))) == WAY
    nobody_looked = corrected(None, KEPT, managed("Wave"))
    assert told(nobody_looked) == WAY
    assert nobody_looked is not None
    assert nobody_looked.before is INACTIVE
    assert nobody_looked.labels == managed("Wave").labels


def test_what_is_newer_than_the_last_annotation_is_the_samples_word() -> None:
    """Grafana writes them seconds later."""
    early = kept(("Normal", "Pending", 10))
    seen = sampled((PENDING, 10), (FIRING, 20), (RESOLVED, 65))
    assert told(corrected(seen, early, managed("Wave"))) == [
        *((PENDING, 10, False), (FIRING, 20, False), (RESOLVED, 65, False)),
    ]


def test_a_firing_on_nan_leaves_no_annotation_and_stays_as_it_was_sampled() -> None:
    assert [one for one in KEPT if one.title == "NaN"] == []
    seen = sampled((FIRING, 50))
    assert corrected(seen, KEPT, managed("NaN")) == seen
    on_nan = replace(seen.transitions[0], on_nothing=True)
    on_a_number = Transition(FIRING, START + 70)
    both = replace(seen, transitions=(on_nan, on_a_number))
    later = kept(("Alerting", "Normal", 100))
    assert told(corrected(both, later, managed("Wave")))[-1] == (RESOLVED, 100, False)
    began = kept(("Normal", "Pending", 10), ("Alerting", "Normal", 100))
    assert told(corrected(both, began, managed("Wave"))) == [
        *((PENDING, 10, False), (FIRING, 50, True), (FIRING, 70, False), (RESOLVED, 100, False)),
    ]


def test_a_firing_for_want_of_data_is_one_on_nothing() -> None:
    assert told(corrected(None, KEPT, managed("NoDataAlerting"))) == [(FIRING, 100, True)]


def test_a_rule_is_what_the_worst_of_its_alerts_is() -> None:
    assert told(corrected(None, KEPT, managed("Several"))) == [
        (PENDING, 100, False),
        (FIRING, 110, False),
    ]
    first = kept(("Normal", "Alerting", 10), ("Alerting", "Normal", 40))
    second = kept(("Normal", "Alerting", 20), ("Alerting", "NoData", 60), series="Wave {a=c")
    assert told(corrected(None, first + second, managed("Wave"))) == [
        (FIRING, 10, False),
        (NO_DATA, 60, False),
    ]


def test_an_alert_that_was_active_before_and_never_moved_is_not_forgotten() -> None:
    seen = sampled(before=FIRING)
    other = kept(("Normal", "Pending", 10), ("Pending", "Normal", 30))
    assert corrected(seen, other, managed("Wave")) == seen


def test_a_rule_that_was_active_before_is_resolved_at_grafanas_time() -> None:
    over = kept(("Alerting", "Normal", 40))
    assert told(corrected(sampled((RESOLVED, 44), before=FIRING), over, managed("Wave"))) == [
        (RESOLVED, 40, False)
    ]


def test_one_that_never_was_active_has_no_history() -> None:
    assert corrected(None, KEPT, managed("Interval")) is None
    assert corrected(None, [], managed("Wave")) is None


def test_a_rule_without_a_number_is_known_by_its_title() -> None:
    plain = managed("Wave")
    unnumbered = replace(plain, rule=replace(plain.rule, number=0))
    assert told(corrected(None, KEPT, unnumbered)) == WAY
