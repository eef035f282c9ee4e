"""Thirty shapes of alert rules through a real burst: whether each is tied, and whether it fires."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from portal.alerts import record
from portal.alerts.findings import JudgedAlert, judged_alerts
from portal.alerts.follower import look
from portal.alerts.transitions import AlertHistory, AlertSource
from portal.bursts.models import Burst
from portal.bursts.profiles import Profile, custom_profile
from portal.bursts.start import start_burst
from portal.kit.db import db
from portal.objectives.store import list_slos, save_slo
from portal.rulefile.states import AlertState
from portal.slo.objective import SLO, SLIKind
from tests.conftest import START
from tests.mockapp.process import wait_until
from tests.real_grafana.lab import ALL, BAD, RATIO, Walk
from tests.real_grafana.rows import Table

PATIENCE_S = 150
BURST: Profile = custom_profile(rate=40, duration_seconds=60, error_ratio=0.9)
GUARDED = f"{RATIO} and {ALL} > 0"
TIED, NOT = "tied", "not tied"
FIRES, SILENT = "fires", "silent"
Json = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """A rule, and what is expected of it: what the check says, what it does in the burst."""

    title: str
    data: list[Json]
    says: str
    does: str
    condition: str = "C"
    no_data: str = "NoData"

    def rule(self) -> Json:
        alert = {"title": self.title, "condition": self.condition, "data": self.data}
        states = {"no_data_state": self.no_data, "exec_err_state": "Error"}
        return {"for": "0s", "labels": {}, "annotations": {}, "grafana_alert": {**alert, **states}}


def query(expr: str, ref: str = "A", uid: str = "prometheus", **model: Any) -> Json:
    span = {"from": 600, "to": 0}
    made = {"refId": ref, "expr": expr, "instant": True, **model}
    return {"refId": ref, "relativeTimeRange": span, "datasourceUid": uid, "model": made}


def node(ref: str, kind: str, **model: Any) -> Json:
    made = {"refId": ref, "type": kind, **model}
    return {"refId": ref, "datasourceUid": "__expr__", "model": made}


def last(ref: str = "B", of: str = "A", **settings: Any) -> Json:
    return node(ref, "reduce", expression=of, reducer="last", settings=settings)


def over(limit: float, *more: float, of: str = "B", kind: str = "gt") -> Json:
    evaluator = {"type": kind, "params": [limit, *more]}
    return node("C", "threshold", expression=of, conditions=[{"evaluator": evaluator}])


def usual(expr: str = RATIO, limit: float = 0.144, **model: Any) -> list[Json]:
    return [query(expr, **model), last(), over(limit)]


def below(limit: float, expr: str) -> list[Json]:
    return [query(expr), last(), over(limit, kind="lt")]


def classic(limit: float) -> Json:
    condition = {
        "type": "query",
        "query": {"params": ["A"]},
        "reducer": {"type": "last"},
        "evaluator": {"type": "gt", "params": [limit]},
        "operator": {"type": "and"},
    }
    return node("C", "classic_conditions", conditions=[condition])


def within(low: float, high: float) -> list[Json]:
    return [query(RATIO), last(), over(low, high, kind="within_range")]


def outside(low: float, high: float) -> list[Json]:
    return [query(f"1 - {RATIO}"), last(), over(low, high, kind="outside_range")]


def math(expression: str) -> list[Json]:
    return [query(BAD, "A"), query(ALL, "B"), node("C", "math", expression=expression)]


def window(written: str, **model: Any) -> list[Json]:
    return usual(RATIO.replace("30s", written), **model)


SHAPES = (
    Shape("threshold after reduce", usual(), TIED, FIRES),
    Shape("threshold at once", [query(RATIO), over(0.144, of="A")], TIED, FIRES),
    Shape("share of good below", below(0.9, f"1 - {RATIO}"), TIED, FIRES),
    Shape("in percent", usual(f"100 * {RATIO}", 14.4), TIED, FIRES),
    Shape("as a burn rate", usual(f"({RATIO}) / 0.01", 14.4), TIED, FIRES),
    Shape("guarded against no traffic", usual(GUARDED), TIED, FIRES),
    Shape("math on two queries", math("$A / $B > 0.144"), TIED, FIRES),
    Shape("math with and", math("$A / $B > 0.144 && $B > 0"), TIED, FIRES),
    Shape("classic condition", [query(RATIO), classic(0.144)], TIED, FIRES),
    Shape("a filter in PromQL", usual(f"{RATIO} > 0.144", 0.0), TIED, FIRES),
    Shape("a range query", usual(instant=False, range=True), TIED, FIRES),
    Shape("dropNN", [query(RATIO), last(mode="dropNN"), over(0.144)], TIED, FIRES),
    Shape("stricter than the objective", usual(limit=0.001), TIED, FIRES),
    Shape("within 0.1 to 1.1", within(0.1, 1.1), TIED, FIRES),
    Shape("outside 0.9 to 1.1, of the good share", outside(0.9, 1.1), TIED, FIRES),
    Shape("`$__rate_interval`", window("$__rate_interval"), TIED, FIRES),
    Shape("`$__range`", window("$__range"), TIED, FIRES),
    Shape("`$__interval` of 30 s", window("$__interval", intervalMs=30_000), TIED, FIRES),
    Shape("within 0.01 to 0.02", within(0.01, 0.02), NOT, SILENT),
    Shape("too lax", usual(limit=0.5), NOT, FIRES),
    Shape("never", usual(limit=1.44), NOT, SILENT),
    Shape("always", usual(limit=-1), NOT, FIRES),
    Shape("upside down", below(0.01, RATIO), NOT, FIRES),
    Shape("requests without failures", usual(ALL, 10), NOT, FIRES),
    Shape("failures without a total", usual(BAD, 1), NOT, FIRES),
    Shape("`up`", below(1, "up"), NOT, SILENT),
    Shape("broken PromQL", usual("sum(rate("), NOT, SILENT),
    Shape("`$__interval`: one second", window("$__interval"), NOT, SILENT),
    Shape("250 ms for scrapes of 1 s", window("$__rate_interval", uid="fast"), NOT, SILENT),
    Shape("a dead data source", usual(uid="dead"), TIED, SILENT),
    Shape("another Prometheus", usual(uid="second"), NOT, FIRES),
    Shape("TestData", usual(uid="testdata"), NOT, FIRES),
    Shape("a source that is deleted later", usual(uid="later"), NOT, SILENT),
    Shape("on no data", usual(f"{RATIO} > 1.44", 0.0), NOT, FIRES, no_data="Alerting"),
)


def walk_rules(walk: Walk, table: Table) -> None:
    """Define them, look at them, send the burst, and follow it until all is quiet."""
    table.part = "alerts"
    slo = SLO("availability", SLIKind.AVAILABILITY, 0.99, title="Availability")
    save_slo(walk.learner.id, slo, START)
    later = {"uid": "later", "name": "Later", "type": "prometheus", "access": "proxy"}
    walk.grafana.call("POST", "/api/datasources", {**later, "url": walk.lab.prometheus})
    for shape in SHAPES:
        sent = {"name": shape.title, "interval": "10s", "rules": [shape.rule()]}
        answer = walk.grafana.ask("POST", "/api/ruler/grafana/api/v1/rules/SLO lab", sent)
        assert answer.status_code == 202, (shape.title, answer.text)
    walk.grafana.call("DELETE", "/api/datasources/uid/later")
    wait_until(lambda: _evaluated(walk), PATIENCE_S)
    judged = _judged(walk)
    for shape in SHAPES:
        table.see(shape.title, shape.says, partial(_said, judged[shape.title]))
    burst = _followed(walk)
    table.part = "burst"
    found = {one.name: one for one in record.histories(burst.id) if _is_grafanas(one)}
    for shape in SHAPES:
        table.see(shape.title, shape.does, partial(_did, found.get(shape.title)))
    _times(walk, burst, found, table)
    if walk.grafana.home:
        _restarted(walk, found, table)


def _evaluated(walk: Walk) -> bool:
    groups = walk.grafana.call("GET", "/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
    told = [rule for group in groups for rule in group["rules"]]
    return len(told) >= len(SHAPES) and not any(
        rule["lastEvaluation"].startswith("0001") for rule in told
    )


def _judged(walk: Walk) -> dict[str, JudgedAlert]:
    for key in ("ruler", "data sources"):
        walk.services.readings.forget(key)
    slos = [row.value for row in list_slos(walk.learner.id)]
    found = judged_alerts(walk.services, walk.learner, slos)
    assert not found.troubles, found.troubles
    return {one.name: one for one in found.alerts}


def _said(one: JudgedAlert) -> str:
    return TIED if one.finding.tied else NOT


def _followed(walk: Walk) -> Burst:
    """The burst once its alerts are quiet, or a while has passed."""
    services = walk.services
    burst = start_burst(services, walk.learner, BURST, uuid4().hex)
    until = time.monotonic() + BURST.duration_seconds + PATIENCE_S
    while time.monotonic() < until:
        look(services, "walk")
        db.session.rollback()
        time.sleep(2)
    db.session.refresh(burst)
    return burst


def _is_grafanas(one: AlertHistory) -> bool:
    return one.source is AlertSource.GRAFANA


def _did(one: AlertHistory | None) -> str:
    """Whether it fired at some time, before the burst or in it."""
    states = [one.before, *(move.state for move in one.transitions)] if one else []
    return FIRES if AlertState.FIRING in states else SILENT


def _times(walk: Walk, burst: Burst, found: dict[str, AlertHistory], table: Table) -> None:
    """What is kept beside what Grafana itself kept, to the second."""
    assert burst.started_at
    start = burst.started_at.timestamp()
    items = walk.grafana.call("GET", "/api/annotations", type="alert", limit=5000)
    for title in (SHAPES[0].title, SHAPES[8].title):
        told = sorted(
            (one["time"] / 1000, one["newState"])
            for one in items
            if one["text"].startswith(f"{title} {{") and one["time"] / 1000 >= start - 30
        )
        moves = [
            (at, word) for at, word in told if word in {"Pending", "Alerting", "Normal", "NoData"}
        ]
        kept = found[title].transitions if title in found else ()
        what = f"{title}: times of transitions, all as Grafana kept them"
        seen = [one.at for one in kept]
        table.see(what, len(moves), partial(_alike, [at for at, _ in moves], seen))


def _alike(told: list[float], seen: list[float]) -> str:
    """How many, where they are the same to the second; else both."""
    return str(len(told)) if told == seen else f"{seen}, Grafana: {told}"


def _restarted(walk: Walk, found: dict[str, AlertHistory], table: Table) -> None:
    """Grafana is started anew while an alert fires: nothing is taken for a firing on nothing."""
    table.part = "restart"
    walk.grafana.restart()
    wait_until(lambda: "always" in _standing(walk), PATIENCE_S)
    standing = _standing(walk)
    seen = [standing["always"].state, standing["always"].on_nothing]
    table.see("while an alert fires", [AlertState.FIRING, False], lambda: seen)


def _standing(walk: Walk) -> dict[str, JudgedAlert]:
    return _judged(walk)
