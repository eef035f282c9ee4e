"""Grafana's alerts, put together from samples of recorded answers."""

from __future__ import annotations

from datetime import datetime

from portal.alerts.grafana_rules import ManagedRule, with_states
from portal.alerts.grafana_samples import continued
from portal.alerts.transitions import AlertHistory, AlertSource
from portal.rulefile.states import AlertState, read_states
from portal.tie.grafana import read_ruler
from tests.fakes.recorded import ANSWERS, MATH, THRESHOLD

SINCE = datetime.fromisoformat("2026-11-22T19:50:00Z").timestamp()


def sample(answer: str, title: str) -> ManagedRule:
    rules = with_states(read_ruler(ANSWERS["ruler_get_admin"]), read_states(ANSWERS[answer]))
    return next(one for one in rules if one.rule.title == title)


def at(clock: str) -> float:
    return datetime.fromisoformat(f"2026-11-22T{clock}Z").timestamp()


def followed(title: str, *answers: tuple[str, str], since: float = SINCE) -> AlertHistory | None:
    history = None
    for answer, clock in answers:
        found = sample(f"prometheus_rules_{answer}", title)
        history = continued(history, found, since, at(clock))
    return history


WAY = (
    ("healthy", "19:50:55"),
    ("pending", "19:51:25"),
    ("pending", "19:51:30"),
    ("firing", "19:51:45"),
    ("resolved", "19:52:33"),
    ("resolved", "19:52:38"),
)


def test_the_recorded_way_has_each_state_once_at_the_time_of_its_evaluation() -> None:
    history = followed(THRESHOLD, *WAY)
    assert history is not None
    assert [(t.state, t.at) for t in history.transitions] == [
        (AlertState.PENDING, at("19:51:20")),
        (AlertState.FIRING, at("19:51:40")),
        (AlertState.RESOLVED, at("19:52:30")),
    ]
    assert history.source is AlertSource.GRAFANA
    assert history.is_page
    assert history.whole_path
    assert not history.on_nothing
    assert history.fired == history.transitions[1]


def test_an_alert_that_never_moves_has_no_history() -> None:
    assert followed(THRESHOLD, ("right_after_create", "19:46:37"), WAY[0]) is None
    assert followed("No such metric", *WAY) is None


def test_what_was_active_before_the_burst_is_not_the_bursts() -> None:
    late = followed(MATH, WAY[1], *WAY[3:], since=at("19:51:22"))
    assert late is not None
    assert (late.before, late.transitions) == (AlertState.FIRING, ())
    assert not late.whole_path
    assert late.fired is None


def test_a_firing_on_nan_is_marked_and_proves_nothing() -> None:
    history = followed(MATH, ("no_traffic", "19:46:55"), since=at("19:46:00"))
    assert history is not None
    assert history.now is AlertState.FIRING
    assert history.on_nothing
    assert history.fired is None
    healthy = sample("prometheus_rules_healthy", MATH)
    done = continued(history, healthy, SINCE, at("19:50:55"))
    assert done is not None
    assert [t.state for t in done.transitions] == [AlertState.FIRING, AlertState.RESOLVED]


def test_nan_that_becomes_a_number_is_a_firing_of_its_own() -> None:
    first = followed(MATH, ("no_traffic", "19:46:55"), since=at("19:46:00"))
    history = continued(first, sample("prometheus_rules_pending", MATH), SINCE, at("19:51:25"))
    assert history is not None
    assert [(t.state, t.on_nothing) for t in history.transitions] == [
        (AlertState.FIRING, True),
        (AlertState.FIRING, False),
    ]
    assert history.fired is not None
    assert history.fired.at == at("19:51:20")


def test_a_rule_not_evaluated_yet_changes_nothing() -> None:
    history = followed(THRESHOLD, *WAY[:2])
    unevaluated = sample("prometheus_rules_right_after_create", THRESHOLD)
    assert continued(history, unevaluated, SINCE, at("19:51:30")) is history


def test_an_error_is_a_state_and_ends_in_quiet() -> None:
    first = followed(THRESHOLD, *WAY[:4])
    broken = continued(
        first, sample("prometheus_rules_prometheus_down", THRESHOLD), SINCE, at("20:00:22")
    )
    assert broken is not None
    assert broken.now is AlertState.ERROR
    after = continued(broken, sample("prometheus_rules_resolved", THRESHOLD), SINCE, at("20:01:00"))
    assert after is not None
    assert after.now is AlertState.RESOLVED


def test_a_restart_of_grafana_changes_nothing_that_was_known() -> None:
    """Its values are not told until the next evaluation: that is neither a number nor NaN."""
    rules = read_ruler(ANSWERS["ruler_get_kinds"])

    def told(name: str, answer: str) -> ManagedRule:
        found = with_states(rules, read_states(ANSWERS[answer]))
        return next(one for one in found if one.rule.title == name)

    for name, on_nothing in (("Several", False), ("NaN", True), ("NoDataAlerting", True)):
        before = continued(None, told(name, "prometheus_rules_kinds"), 0.0, 2e9)
        assert before is not None
        assert before.on_nothing is on_nothing
        after = told(name, "prometheus_rules_kinds_restarted")
        assert continued(before, after, 0.0, 2e9 + 5) == before
