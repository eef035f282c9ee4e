"""States of rules, read from recorded answers of Grafana 9.4 and Prometheus."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rulefile.states import AlertState, ToldRule, read_states
from tests.fakes.recorded import ANSWERS

THRESHOLD = "Error budget burn (threshold node)"
MATH = "Error budget burn (math node)"
CLASSIC = "Error budget burn (classic condition)"
IN_PROMQL = "In PromQL"


def states(answer: str, reloaded_at: datetime | None = None) -> dict[str, ToldRule]:
    return {state.name: state for state in read_states(ANSWERS[answer], reloaded_at)}


@pytest.mark.parametrize(
    ("answer", "name", "state"),
    [
        ("prometheus_rules_right_after_create", THRESHOLD, AlertState.NOT_EVALUATED),
        ("prometheus_rules_no_traffic", "By provisioning", AlertState.NOT_EVALUATED),
        ("prometheus_rules_no_traffic", CLASSIC, AlertState.NO_DATA),
        ("prometheus_rules_no_traffic", IN_PROMQL, AlertState.INACTIVE),
        ("prometheus_rules_no_traffic", THRESHOLD, AlertState.PENDING),
        ("prometheus_rules_no_traffic_viewer", MATH, AlertState.FIRING),
        ("prometheus_rules_no_traffic_anonymous", MATH, AlertState.FIRING),
        ("prometheus_rules_healthy", THRESHOLD, AlertState.INACTIVE),
        ("prometheus_rules_pending", THRESHOLD, AlertState.PENDING),
        ("prometheus_rules_firing", THRESHOLD, AlertState.FIRING),
        ("prometheus_rules_firing", "Broken query", AlertState.NO_DATA),
        ("prometheus_rules_resolved", THRESHOLD, AlertState.INACTIVE),
        ("prometheus_rules_prometheus_down", THRESHOLD, AlertState.ERROR),
        ("datasource_rules", "FlaskAppErrorBudgetBurn", AlertState.INACTIVE),
        ("datasource_rules_firing", "FlaskAppErrorBudgetBurn", AlertState.FIRING),
    ],
)
def test_each_recorded_state_is_named(answer: str, name: str, state: AlertState) -> None:
    assert states(answer)[name].state is state


def test_a_firing_on_nan_is_not_credited() -> None:
    found = states("prometheus_rules_no_traffic")[MATH]
    assert found.state is AlertState.FIRING
    assert found.fires_on_nothing
    assert not found.credited


def test_a_firing_on_a_number_is_credited() -> None:
    found = states("prometheus_rules_firing")[MATH]
    assert found.values == (1.0,)
    assert found.credited
    assert not found.fires_on_nothing
    assert found.active_at == datetime(2026, 11, 22, 19, 51, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "values", "on_nothing", "credited"),
    [
        ("Wave", (1.0,), False, True),
        ("Several", (1.0, 1.0), False, True),
        ("Classic", (8.309846349668152, 8.309846349668152), False, True),
        ("NaN", (math.nan,), True, False),
        ("NoDataAlerting", (math.nan, math.nan), True, False),
    ],
)
def test_what_a_firing_rests_on_is_read_in_each_way_that_grafana_tells_it(
    name: str, values: tuple[float, ...], on_nothing: bool, credited: bool
) -> None:
    found = states("prometheus_rules_kinds")[name]
    assert found.state is AlertState.FIRING
    assert list(map(str, found.values)) == list(map(str, values))
    assert (found.fires_on_nothing, found.credited) == (on_nothing, credited)


@pytest.mark.parametrize("name", ["Wave", "Several", "Classic", "NaN"])
def test_after_a_restart_nobody_knows_what_a_firing_rests_on(name: str) -> None:
    """Grafana tells "" until the next evaluation, which is neither a number nor NaN."""
    found = states("prometheus_rules_kinds_restarted")[name]
    assert found.state is AlertState.FIRING
    assert (found.values, found.is_told, found.fires_on_nothing) == ((), False, False)
    assert not found.credited


def test_a_state_from_before_a_reload_is_not_credited() -> None:
    found = states("datasource_rules_firing")["FlaskAppErrorBudgetBurn"]
    assert found.credited
    assert found.last_evaluation is not None
    later = states("datasource_rules_firing", found.last_evaluation)["FlaskAppErrorBudgetBurn"]
    assert later.state is AlertState.FIRING
    assert not later.credited


def test_an_error_is_shown_and_not_credited() -> None:
    found = states("prometheus_rules_prometheus_down")[THRESHOLD]
    assert "connection refused" in found.last_error
    assert found.health == "error"
    assert not found.credited


def test_not_evaluated_yet_is_not_credited_and_has_no_time() -> None:
    found = states("prometheus_rules_right_after_create")[THRESHOLD]
    assert found.last_evaluation is None
    assert not found.credited


def test_a_rule_that_prometheus_has_not_evaluated_is_unknown() -> None:
    rule = {"type": "alerting", "name": "a", "state": "inactive", "health": "unknown",
            "lastEvaluation": "0001-01-01T00:00:00Z"}  # fmt: skip
    [found] = read_states({"data": {"groups": [{"name": "g", "rules": [rule]}]}})
    assert found.state is AlertState.NOT_EVALUATED


def test_recording_rules_have_no_alert_state() -> None:
    assert set(states("datasource_rules")) == {"FlaskAppErrorBudgetBurn"}


def test_an_answer_that_is_no_json_has_no_states() -> None:
    assert read_states(ANSWERS["datasource_rules_prometheus_down"]) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from(["alerts", "lastEvaluation", "health", "state", "name", "lastError"]),
)
def test_any_json_is_read_without_an_exception(value: Any, key: str) -> None:
    assert read_states(value) == []
    rule = {"type": "alerting", key: value}
    assert len(read_states({"data": {"groups": [{"rules": [rule]}]}})) == 1
