"""What the learner built is evidence, with no lab running too."""

from __future__ import annotations

import json

from portal.criteria import store as verdicts
from portal.criteria.base import Status, Verdict
from portal.learners.models import Learner
from portal.reflections.evidence import gather
from portal.reflections.facts import Evidence
from portal.reflections.works import works_of
from portal.rulefolder.folder import RuleFolder, learner_file, slo_file
from portal.services import Services
from portal.workbench import store as workbench
from tests.conftest import START
from tests.criteria.conftest import asking
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.reflections.conftest import AVAILABILITY, RULES, build_something, do_some_work


def test_a_workbench_with_an_sli_is_told_panel_by_panel(
    learner: Learner, services: Services
) -> None:
    build_something(services, learner)
    (dashboard,) = works_of(services, learner).dashboards
    assert dashboard.title == "Our <shop>"
    assert "workbench" in dashboard.place
    good, counter = dashboard.panels
    assert (good.title, good.query, good.sli) == ("Good *answers*", AVAILABILITY, "availability")
    assert counter.sli is None
    assert "not a ratio" in counter.found


def test_dashboards_without_an_sli_are_left_out(learner: Learner, services: Services) -> None:
    workbench.add_panel(learner.id, "Counter", "sum(http_requests_total)", "none", START)
    workbench.hand_in(learner.id, "empty.json", '{"panels": []}', START)
    workbench.hand_in(learner.id, "broken.json", "{", START)
    assert works_of(services, learner).dashboards == ()


def test_an_upload_is_told_as_it_was_written(learner: Learner, services: Services) -> None:
    workbench.hand_in(learner.id, "mine.json", json.dumps(classic_board()), START)
    (dashboard,) = works_of(services, learner).dashboards
    assert dashboard.place == "handed in"
    assert {panel.sli for panel in dashboard.panels} >= {"availability", "latency"}


def test_an_applied_rule_is_told_with_what_ties_it(learner: Learner, services: Services) -> None:
    do_some_work(learner, START)
    build_something(services, learner)
    (rule,) = works_of(services, learner).alert_rules
    assert (rule.name, rule.source, rule.slo) == ("Shop *fails*", "Prometheus", "availability")
    assert (rule.for_seconds, rule.made_for_you) == (60, False)
    assert rule.expr.startswith("sum(rate(")
    assert rule.found


def test_a_rule_that_the_portal_wrote_says_so(learner: Learner, services: Services) -> None:
    folder = RuleFolder.of(services.settings, services.limits.room)
    with folder.locked(1):
        folder.begin(slo_file(learner.id, "availability"), RULES)
        folder.commit(slo_file(learner.id, "availability"))
    (rule,) = works_of(services, learner).alert_rules
    assert rule.made_for_you
    assert rule.slo is None


def test_a_rule_file_that_can_t_be_read_is_passed_over(
    learner: Learner, services: Services
) -> None:
    build_something(services, learner)
    path = RuleFolder.of(services.settings, services.limits.room).path / learner_file(learner.id)
    path.write_text("no rules")
    assert works_of(services, learner).alert_rules == ()


def test_it_is_part_of_the_whole_evidence_alone_and_survives_json(
    learner: Learner, services: Services
) -> None:
    do_some_work(learner, START)
    build_something(services, learner)
    assert gather(services, learner, whole=False).dashboards == ()
    evidence = gather(services, learner, whole=True)
    assert len(evidence.dashboards) == len(evidence.alert_rules) == 1
    assert Evidence.from_json(evidence.to_json()) == evidence
    kept = evidence.to_json()
    del kept["dashboards"], kept["alert_rules"], kept["bursts"][0]["counted"]
    assert Evidence.from_json(kept).dashboards == ()


def test_the_dashboard_in_grafana_that_met_is_told_too(
    learner: Learner, services: Services
) -> None:
    met = Verdict(Status.MET, "code", "Headline", "seen", "needed", memory={"uid": "mine"})
    verdicts.save(learner.id, "dashboard", met, START)
    with FakeGrafana() as grafana:
        grafana.add_dashboard(classic_board("Mine"), "mine")
        (dashboard,) = works_of(asking(services, grafana.url), learner).dashboards
    assert (dashboard.title, dashboard.place) == ("Mine", "in Grafana")
    assert works_of(asking(services, grafana.url), learner).dashboards == ()
