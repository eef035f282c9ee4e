"""The alert criterion: Prometheus' rules and Grafana's, one never hiding the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from portal.alerts.criterion import MAX_LINES, AlertCriterion, AlertEvidence
from portal.alerts.editor import apply_learner_rules, remove_learner_rules
from portal.alerts.findings import JudgedAlert, judged_alerts
from portal.alerts.transitions import AlertSource
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.prometheus import LoadedGroup, PrometheusClient, Rows, RuleKind, Sample
from portal.criteria.base import Status, Subject, Verdict
from portal.learners.models import Learner
from portal.objectives.store import save_slo
from portal.rulefile.states import AlertState
from portal.rulefolder.apply import Applied, apply_file
from portal.rulefolder.folder import learner_file, slo_file
from portal.rulefolder.rules import LoadedRule, LoadedState, RuleOrigin
from portal.services import Services, utc_now
from portal.slo.objective import SLO, SLIKind
from portal.slo.rules import rule_file
from portal.slo.windows import Window
from portal.tie import AlertFinding, TieCode
from portal.trial.alerts import trials
from portal.trial.climb import AlertTrial
from portal.trial.engine import TrialEngine
from portal.trial.memory import Asked, TrialMemory
from tests.conftest import NOWHERE
from tests.criteria.conftest import asking
from tests.fakes.grafana import FakeGrafana
from tests.fakes.grafana_shapes import alert
from tests.fakes.recorded import MATH, THRESHOLD, define_recorded_rules, tell_recorded_states
from tests.patient import ENGINE
from tests.rulefolder.conftest import PATIENCE

BAD = 'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))'
ALL = 'sum(rate(http_requests_total{job="flask-app"}[1m]))'
RATIO = f"{BAD} / ({ALL} > 0)"
NOW = "2026-11-22T19:51:50Z"


@pytest.fixture
def slo(learner: Learner) -> SLO:
    found = SLO("availability", SLIKind.AVAILABILITY, 0.99, Window.LAB, title="Availability")
    save_slo(learner.id, found, utc_now())
    return found


def check(services: Services, learner: Learner) -> Verdict:
    criterion = AlertCriterion()
    return criterion.judge(criterion.collect(Subject(services, learner)))


def settled(services: Services, learner: Learner) -> Verdict:
    """The verdict once Prometheus has evaluated what it loaded."""
    deadline = time.monotonic() + PATIENCE
    while (verdict := check(services, learner)).code == "not_evaluated":
        assert verdict.status is Status.NOT_ENOUGH_DATA
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return verdict


def rules(expr: str, name: str = "TooManyErrors") -> str:
    entry = f"{{name: g, interval: 5s, rules: [{{alert: {name}, expr: {expr!r}}}]}}"
    return f"groups: [{entry}]\n"


def said(verdict: Verdict) -> str:
    return "\n".join(line.text for line in verdict.lines)


class TestWithPrometheus:
    def test_fails_before_passes_once_applied_and_fails_when_removed(
        self, learner: Learner, slo: SLO, lab_services: Services
    ) -> None:
        assert check(lab_services, learner).code == "no_alert"
        applied = apply_learner_rules(lab_services, learner, rules(f"{RATIO} > 0.144"))
        assert isinstance(applied, Applied)
        verdict = settled(lab_services, learner)
        assert (verdict.status, verdict.code) == (Status.MET, "alert_tied")
        assert "in Prometheus is tied to availability" in verdict.observed
        assert "made for you" not in verdict.observed + said(verdict)
        assert isinstance(remove_learner_rules(lab_services, learner), Applied)
        assert check(lab_services, learner).code == "no_alert"

    def test_what_the_lab_made_counts_and_says_so(
        self, learner: Learner, slo: SLO, lab_services: Services
    ) -> None:
        name = slo_file(learner.id, slo.name)
        assert isinstance(apply_file(lab_services, name, rule_file([slo])), Applied)
        verdict = settled(lab_services, learner)
        assert verdict.status is Status.MET
        assert "made for you" in verdict.observed
        assert "made for you" in said(verdict)

    def test_alerts_that_guard_nothing_of_the_learners_are_not_enough(
        self, learner: Learner, slo: SLO, lab_services: Services
    ) -> None:
        elsewhere = f"{RATIO} > 0.144".replace("flask-app", "another-app")
        assert isinstance(apply_learner_rules(lab_services, learner, rules(elsewhere)), Applied)
        verdict = settled(lab_services, learner)
        assert (verdict.status, verdict.code) == (Status.NOT_MET, "other_service")

    def test_another_learners_rules_are_theirs(
        self, learner: Learner, slo: SLO, lab_services: Services
    ) -> None:
        theirs = learner_file(learner.id + 1)
        applied = apply_file(lab_services, theirs, rules(f"{RATIO} > 0.144"))
        assert isinstance(applied, Applied)
        assert check(lab_services, learner).code == "no_alert"

    def test_a_grafana_that_is_down_hides_no_tied_rule(
        self, learner: Learner, slo: SLO, lab_services: Services
    ) -> None:
        services = asking(lab_services)
        verdict = check(services, learner)
        assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "grafana_unreachable")
        apply_learner_rules(services, learner, rules(f"{RATIO} > 0.144"))
        settled(lab_services, learner)
        verdict = check(services, learner)
        assert verdict.status is Status.MET
        assert "Grafana can't be reached" in said(verdict)


class TestWithGrafanaAlone:
    """Prometheus can't be asked."""

    def test_a_recorded_rule_is_followed_through_its_states(
        self, learner: Learner, slo: SLO, services: Services, grafana: FakeGrafana
    ) -> None:
        services = asking(services, grafana.url)
        assert check(services, learner).code == "prometheus_unreachable"
        define_recorded_rules(grafana, THRESHOLD)
        services.readings.forget("ruler")
        for answer, status, words in [
            ("prometheus_rules_right_after_create", Status.CANNOT_CHECK, "can't be reached"),
            ("prometheus_rules_healthy", Status.MET, "its state: inactive"),
            ("prometheus_rules_pending", Status.MET, "its state: pending"),
            ("prometheus_rules_firing", Status.MET, "its state: firing."),
        ]:
            tell_recorded_states(grafana, answer)
            verdict = check(services, learner)
            assert verdict.status is status, answer
            assert words in verdict.observed, answer
        tell_recorded_states(grafana, "prometheus_rules_prometheus_down")
        verdict = check(services, learner)
        assert verdict.code == "prometheus_unreachable"
        assert "error: " in said(verdict)
        assert "connection refused" in said(verdict)

    def test_firing_on_nothing_is_a_finding_of_its_own_and_proves_nothing(
        self, learner: Learner, slo: SLO, services: Services, grafana: FakeGrafana
    ) -> None:
        define_recorded_rules(grafana, MATH)
        tell_recorded_states(grafana, "prometheus_rules_no_traffic_viewer")
        verdict = check(asking(services, grafana.url), learner)
        assert verdict.status is Status.MET
        assert "its state: firing. It is firing on NaN, which proves nothing." in verdict.observed
        assert f"“{MATH}” fires on nothing." in said(verdict)
        assert "and sum(rate(...[1m])) > 0" in said(verdict)

    def test_a_paused_rule_guards_nothing(
        self, learner: Learner, slo: SLO, lab_services: Services, grafana: FakeGrafana
    ) -> None:
        grafana.add_rule("Burn", RATIO, threshold=0.144, is_paused=True)
        verdict = check(asking(lab_services, grafana.url), learner)
        assert (verdict.status, verdict.code) == (Status.NOT_MET, "paused")

    def test_an_evaluation_that_fails_is_told_in_grafanas_words(
        self, learner: Learner, slo: SLO, lab_services: Services, grafana: FakeGrafana
    ) -> None:
        grafana.add_rule("Burn", RATIO, threshold=0.144)
        grafana.rule_states["Burn"] = {
            "health": "error",
            "lastError": "failed to\nexecute",
            "lastEvaluation": NOW,
        }
        verdict = check(asking(lab_services, grafana.url), learner)
        assert (verdict.status, verdict.code) == (Status.NOT_MET, "evaluation_fails")
        assert "failed to execute" in verdict.observed

    def test_no_data_is_shown_and_not_held_against_a_rule_that_filters(
        self, learner: Learner, slo: SLO, lab_services: Services, grafana: FakeGrafana
    ) -> None:
        grafana.add_rule("Burn", f"{RATIO} > 0.144", threshold=0)
        none = [alert("Burn", "NoData", "")]
        grafana.rule_states["Burn"] = {"health": "nodata", "lastEvaluation": NOW, "alerts": none}
        verdict = check(asking(lab_services, grafana.url), learner)
        assert verdict.status is Status.MET
        assert "its state: no data" in verdict.observed


def test_without_an_slo_there_is_nothing_to_tie_to() -> None:
    assert AlertCriterion().judge(AlertEvidence(0)).code == "no_slo"


def test_without_an_slo_and_without_prometheus_nothing_can_be_said(
    learner: Learner, services: Services
) -> None:
    verdict = check(services, learner)
    assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "prometheus_unreachable")


def test_a_lab_without_grafana_does_not_ask_it(
    learner: Learner, slo: SLO, lab_services: Services, grafana: FakeGrafana
) -> None:
    absent = replace(asking(lab_services, grafana.url), settings=lab_services.settings)
    assert check(absent, learner).code == "no_alert"
    assert grafana.paths() == []


def test_an_alert_before_the_objective_is_in_danger_comes_with_advice(
    learner: Learner, slo: SLO, lab_services: Services, grafana: FakeGrafana
) -> None:
    grafana.add_rule("Early", RATIO, threshold=0.005)
    grafana.rule_states["Early"] = {"lastEvaluation": NOW}
    verdict = check(asking(lab_services, grafana.url), learner)
    assert verdict.status is Status.MET
    assert "fires before the objective is in danger" in said(verdict)
    assert "until 1 % of the requests are bad" in verdict.advice


def test_many_rules_are_told_in_a_bounded_number_of_lines_the_best_first(
    learner: Learner, slo: SLO, lab_services: Services, grafana: FakeGrafana
) -> None:
    for number in range(30):
        grafana.add_rule(f"Lax {number}", RATIO, threshold=0.9)
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    grafana.rule_states["Burn"] = {"lastEvaluation": NOW}
    verdict = check(asking(lab_services, grafana.url), learner)
    assert verdict.status is Status.MET
    assert len(verdict.lines) == MAX_LINES
    assert "“Burn”" in verdict.lines[0].text


def judged(name: str, code: TieCode, slo: str | None = None) -> JudgedAlert:
    finding = AlertFinding(name, code, "It could not be tried out. promtool was not found.", slo)
    return JudgedAlert(
        name=name, source=AlertSource.PROMETHEUS, state=AlertState.INACTIVE, finding=finding
    )


UNKNOWN = judged("unknown", TieCode.CANNOT_CHECK)
LAX = judged("lax", TieCode.TOO_LAX)
TIED = judged("tied", TieCode.TIED, "availability")


@pytest.mark.parametrize(
    ("alerts", "status", "code"),
    [
        ((UNKNOWN, LAX), Status.CANNOT_CHECK, "not_tried"),
        ((LAX,), Status.NOT_MET, "too_lax"),
        ((TIED, UNKNOWN), Status.MET, "alert_tied"),
        ((replace(UNKNOWN, paused=True), LAX), Status.NOT_MET, "cannot_check"),
    ],
)
def test_an_alert_that_could_not_be_tried_leaves_the_verdict_open(
    alerts: tuple[JudgedAlert, ...], status: Status, code: str
) -> None:
    verdict = AlertCriterion().judge(AlertEvidence(1, alerts))
    assert (verdict.status, verdict.code) == (status, code)
    lines = {line.text.split("”")[0][1:]: line.status for line in verdict.lines}
    assert lines.get("unknown", Status.CANNOT_CHECK) is Status.CANNOT_CHECK


WAITING = replace(TIED, source=AlertSource.GRAFANA, state=AlertState.NOT_EVALUATED)
SILENT = ClientError("It is down.", system="Prometheus", kind=ErrorKind.UNREACHABLE)


@pytest.mark.parametrize(
    ("evidence", "status", "code"),
    [
        (AlertEvidence(1, (WAITING,), (SILENT,)), Status.CANNOT_CHECK, "prometheus_unreachable"),
        (AlertEvidence(1, (WAITING, UNKNOWN)), Status.CANNOT_CHECK, "not_tried"),
        (AlertEvidence(1, (WAITING, LAX)), Status.NOT_ENOUGH_DATA, "not_evaluated"),
        (AlertEvidence(1, (TIED, WAITING), (SILENT,)), Status.MET, "alert_tied"),
    ],
)
def test_nobody_waits_for_an_evaluation_while_a_system_cannot_be_asked(
    evidence: AlertEvidence, status: Status, code: str
) -> None:
    verdict = AlertCriterion().judge(evidence)
    assert (verdict.status, verdict.code) == (status, code)


@pytest.mark.parametrize(
    ("alert", "status"),
    [
        (TIED, Status.MET),
        (WAITING, Status.NOT_ENOUGH_DATA),
        (replace(WAITING, paused=True), Status.NOT_MET),
        (replace(TIED, state=AlertState.ERROR), Status.NOT_MET),
        (replace(TIED, state=AlertState.NO_DATA), Status.MET),
        (replace(TIED, state=AlertState.NO_DATA, blind=True), Status.NOT_MET),
        (LAX, Status.NOT_MET),
        (UNKNOWN, Status.CANNOT_CHECK),
    ],
    ids=["works", "waits", "paused", "broken", "no traffic", "blind", "lax", "not tried"],
)
def test_each_alert_has_a_line_with_its_own_status(alert: JudgedAlert, status: Status) -> None:
    (line,) = AlertCriterion().judge(AlertEvidence(1, (alert,))).lines
    assert line.status is status


def test_the_alerts_of_both_systems_are_tried_in_one_process(
    learner: Learner,
    slo: SLO,
    services: Services,
    grafana: FakeGrafana,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counting(them: Sequence[Asked], engine: TrialEngine) -> list[AlertTrial]:
        asked.append(len(them))
        return trials(them, engine)

    monkeypatch.setattr("portal.trial.memory.trials", counting)
    services = replace(asking(services, grafana.url), trials=TrialMemory(ENGINE))
    define_recorded_rules(grafana)
    loaded = [loaded_rule(f"{RATIO} > {limit}") for limit in (0.11, 0.12)]
    monkeypatch.setattr("portal.alerts.findings.loaded_rules", lambda _: loaded)
    found = judged_alerts(services, learner, [slo])
    assert len(asked) == 1
    assert asked[0] >= 4
    assert sum(one.finding.tied for one in found.alerts) >= 4


EVALUATED = "2026-11-22T19:51:50Z"


class Answering(PrometheusClient):
    """Has data, or none; it keeps for which moments it was asked what."""

    def __init__(self, *values: float) -> None:
        super().__init__(NOWHERE)
        self.values = values
        self.asked: list[tuple[str, float | None]] = []

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        self.asked.append((promql, at))
        return Rows([Sample({}, value, 1000.0) for value in self.values])

    def rules(self) -> list[LoadedGroup]:
        return []

    def apart(self, **_: object) -> PrometheusClient:
        return self


def without_data(grafana: FakeGrafana, health: str, state: str) -> None:
    """A tied rule of which Grafana says that its query found nothing."""
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    one = alert("Burn", state, "")
    grafana.rule_states["Burn"] = {"health": health, "lastEvaluation": EVALUATED, "alerts": [one]}


@pytest.mark.parametrize(
    ("health", "state"), [("nodata", "NoData"), ("ok", "Normal (NoData)")], ids=["nodata", "OK"]
)
def test_no_data_in_grafana_where_prometheus_has_some_is_told(
    services: Services, learner: Learner, slo: SLO, grafana: FakeGrafana, health: str, state: str
) -> None:
    without_data(grafana, health, state)
    there = asking(services, grafana.url)
    prometheus = Answering(1.0)  # as the data source behind the fake says
    verdict = check(replace(there, prometheus=prometheus), learner)
    assert (verdict.status, verdict.code) == (Status.NOT_MET, "no_data_in_grafana"), verdict
    assert "Prometheus has data for them" in verdict.observed
    assert "no data in Grafana" in verdict.lines[0].text
    at = datetime.fromisoformat(EVALUATED).timestamp()
    assert [when for query, when in prometheus.asked if query == RATIO] == [at]


def test_no_data_while_nobody_asks_anything_is_as_it_should_be(
    services: Services, learner: Learner, slo: SLO, grafana: FakeGrafana
) -> None:
    without_data(grafana, "nodata", "NoData")
    there = replace(asking(services, grafana.url), prometheus=Answering())
    assert check(there, learner).status is Status.MET


def test_an_alert_that_asks_a_data_source_which_is_gone_guards_nothing(
    services: Services, learner: Learner, slo: SLO, grafana: FakeGrafana
) -> None:
    grafana.add_rule("Burn", RATIO, threshold=0.144)
    one = alert("Burn", "Normal", "")
    grafana.rule_states["Burn"] = {"lastEvaluation": EVALUATED, "alerts": [one]}
    there = replace(asking(services, grafana.url), prometheus=Answering())
    assert check(there, learner).status is Status.MET
    there.readings.forget("data sources")
    del grafana.sources["prometheus"]
    verdict = check(there, learner)
    assert (verdict.status, verdict.code) == (Status.NOT_MET, "no_such_data_source")
    assert "Grafana has no data source “prometheus”" in verdict.lines[0].text


def loaded_rule(expr: str) -> LoadedRule:
    return LoadedRule(
        kind=RuleKind.ALERTING, name=expr[-4:], query=expr, state=LoadedState.INACTIVE, health="ok",
        last_error="", last_evaluation=None, duration_s=20, interval_s=5, labels={},
        annotations={}, alerts=(), group="g", file="f.yml", origin=RuleOrigin.HAND, learner_id=None,
    )  # fmt: skip
