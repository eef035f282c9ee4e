"""What the tests of reflections share: a Prometheus that answers, work to show as evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.alerts import record
from portal.alerts.transitions import AlertHistory, AlertSource, Transition
from portal.bursts.models import Burst, BurstState
from portal.clients.prometheus import PrometheusClient, Rows, Sample, Series
from portal.impact.comparison import Statement
from portal.impact.store import save as save_impact
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.store import save_slo
from portal.reflections.questions import QUESTION_IDS
from portal.rulefile.states import AlertState
from portal.rulefolder.folder import RuleFolder, learner_file
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from portal.workbench import store as workbench

IMPACT = "One in five <visitors> saw an error *page*, and 240 of them left."
RULES = """\
groups:
  - name: mine
    rules:
      - alert: Shop *fails*
        expr: |
          sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))
            / sum(rate(http_requests_total{job="flask-app"}[1m])) > 3 * (1 - 0.99)
        for: 1m
"""
AVAILABILITY = (
    'sum(rate(http_requests_total{job="flask-app",status!~"5.."}[1m]))'
    ' / sum(rate(http_requests_total{job="flask-app"}[1m]))'
)
ANSWERS = {
    question_id: f"An answer to {question_id}, long enough to be submitted."
    for question_id in QUESTION_IDS
}


class AnsweringPrometheus(PrometheusClient):
    """99 % of 200 requests were good, 97.5 % fast, and it always was so."""

    def __init__(self) -> None:
        super().__init__("http://prometheus.invalid")

    def query(self, promql: str, at: float | None = None) -> Rows[Sample]:
        """One sample, by what the query asks for."""
        return Rows(self._samples(promql))

    def _samples(self, promql: str) -> list[Sample]:
        if promql.startswith("up"):
            return [Sample({}, 1.0, 0.0)]
        if "increase" in promql:
            return [Sample({"status": "200"}, 198.0, 0.0), Sample({"status": "500"}, 2.0, 0.0)]
        if "histogram_quantile" in promql:
            return [Sample({}, 0.25, 0.0)]
        if "/" in promql:
            return [Sample({}, 0.975 if "bucket" in promql else 0.99, 0.0)]
        return [Sample({}, 20.0, 0.0)]

    def query_range(self, promql: str, start: float, end: float, step: float) -> Rows[Series]:
        """The same value at every step."""
        count = int((end - start) // step) + 1
        value = 0.975 if "bucket" in promql else 0.99
        return Rows([Series({}, [(start + i * step, value) for i in range(count)])])


@pytest.fixture
def answering(services: Services) -> Services:
    """Services with a Prometheus that answers."""
    return replace(services, prometheus=AnsweringPrometheus())


def _fired(start: float) -> AlertHistory:
    """An alert of Grafana's that went the whole way."""
    way = ((AlertState.PENDING, 20.0), (AlertState.FIRING, 45.0), (AlertState.RESOLVED, 100.0))
    transitions = tuple(Transition(state, start + after) for state, after in way)
    return AlertHistory("Burn *fast*", {}, AlertState.INACTIVE, transitions, AlertSource.GRAFANA)


def do_some_work(learner: Learner, now: datetime) -> None:
    """An SLO, a burst that hurt, and what the learner says about it."""
    slo = SLO(
        name="availability",
        title="Availability of *everything*",
        sli=SLIKind.AVAILABILITY,
        objective=0.99,
        window=Window("28d"),
        job="flask-app",
        threshold_s=None,
        why="One in a hundred is what <users> forgive.",
    )
    save_slo(learner.id, slo, now)
    started = now - timedelta(minutes=10)
    incident = Burst(
        learner_id=learner.id,
        key="k1",
        preset="error-burst",
        title="Error burst",
        spec={"duration": 60, "rate": 20},
        state=BurstState.FINISHED,
        requested_at=started,
        started_at=started,
        ended_at=started + timedelta(seconds=60),
        heartbeat_at=started + timedelta(seconds=60),
        counts={
            "sent": 1200,
            "good": 960,
            "failed": {"500": 240},
            "slow": 3,
            "p95": 0.061,
            "first_bad_due_at": started.timestamp() + 1,
            "last_bad_end_at": started.timestamp() + 60,
        },
        server_counts={
            "by_status": {"200": 960.0, "500": 240.0},
            "slow": 3.0,
            "quantiles": {"p95": 0.012},
        },
    )
    db.session.add(incident)
    db.session.commit()
    incident.predicted_error_ratio, incident.predicted_page = 0.25, True
    record.keep(incident, [_fired(started.timestamp())])
    db.session.commit()
    save_impact(learner.id, incident, Statement(240, 3, 59, IMPACT), now)


def build_something(services: Services, learner: Learner) -> None:
    """Two panels on the workbench, one of them an SLI, and rules that were applied."""
    workbench.rename(learner.id, "Our <shop>")
    workbench.add_panel(learner.id, "Good *answers*", AVAILABILITY, "ratio", services.clock())
    workbench.add_panel(learner.id, "", "sum(http_requests_total)", "none", services.clock())
    folder = RuleFolder.of(services.settings, services.limits.room)
    with folder.locked(1):
        folder.begin(learner_file(learner.id), RULES)
        folder.commit(learner_file(learner.id))
