"""A learner with a row in every table, and every page of the portal that shows one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from portal.alerts import record
from portal.alerts.models import AlertRuleText
from portal.alerts.transitions import AlertHistory, Transition
from portal.annotations import store as burst_annotations
from portal.annotations.store import AnnotatedBoard, Marking
from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import PRESETS
from portal.criteria import store as verdicts
from portal.criteria.base import Status, Verdict
from portal.features import CRITERIA
from portal.impact.comparison import Statement
from portal.impact.store import save as state_impact
from portal.kit.db import db
from portal.learners.beginnings import begin_anew
from portal.learners.models import Learner
from portal.objectives.store import save_slo
from portal.reflections import store as reflections
from portal.reflections.evidence import gather
from portal.reflections.questions import QUESTION_IDS
from portal.rulefile.states import AlertState
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.steps import catalog
from portal.steps.store import mark_read
from portal.workbench import store as workbench

PATH_VALUES: dict[str, tuple[object, ...]] = {
    "burst_id": (1,),
    "criterion_id": tuple(criterion.id for criterion in CRITERIA),
    "filename": ("app.css",),
    "first": (1,),
    "form": ("steady",),
    "kind": ("md", "json", "html"),
    "name": ("shop",),
    "number": (1,),
    "panel_id": (1,),
    "second": (2,),
    "slug": tuple(step.id for step in catalog.load()),
}
"""What stands in an address: something that there is, so that the page has it all to show."""

MARKED = Marking((AnnotatedBoard("mine", "Mine", "/d/mine/mine"),), "Not everywhere.")
QUERY = "sum(rate(http_requests_total[1m]))"
TYPED = (
    *("/slos?deleted=shop", "/workbench?removed=1", "/alerts/transitions?burst=1"),
    *(f"/workbench?expr={QUERY}", f"/workbench/try?expr={QUERY}"),
    "/slos/preview?sli=availability&objective=99.9&window=28d",
)


def pages(app: Flask) -> list[str]:
    """The address of every page, from the portal's own map of them."""
    adapter = app.url_map.bind("localhost")
    found = {
        adapter.build(rule.endpoint, values)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        for values in _values(rule)
    }
    return [*sorted(found), *TYPED]


def _values(rule: Rule) -> Iterator[dict[str, Any]]:
    names = sorted(rule.arguments)
    choices = [("lab",) if rule.endpoint == "reset.confirm" else PATH_VALUES[n] for n in names]
    for chosen in product(*choices):
        yield dict(zip(names, chosen, strict=True))


def fill(services: Services) -> None:
    """At least one row in every table."""
    learner = db.session.execute(db.select(Learner)).scalar_one()
    now = services.clock()
    save_slo(learner.id, SLO("shop", SLIKind.AVAILABILITY, 0.99, title="Shop"), now)
    for burst in _bursts(learner, services):
        db.session.add(burst)
        db.session.commit()
        record.claim(burst, "me", now)
        record.keep(burst, [_history(now.timestamp())])
        watch = record.watch_of(burst.id)
        assert watch is not None
        watch.plans, watch.done_at = [], now
        db.session.commit()
        burst_annotations.claim(burst, "me", now, services.limits.annotation)
        burst_annotations.keep(burst.id, "me", MARKED, None)
        state_impact(learner.id, burst, Statement(10, 0, 3, "Nobody could buy."), now)
    for criterion in CRITERIA:
        verdict = Verdict(Status.MET, "x", "Met", "Seen.", "It.", memory={"uid": "x"})
        verdicts.save(learner.id, criterion.id, verdict, now)
    for question in QUESTION_IDS:
        draft = reflections.Draft.of(question, "What I learned. " * 20)
        reflections.save_answer(learner.id, draft, now)
        other = reflections.Draft.of(question, "What another tab says. " * 20)
        reflections.save_answer(learner.id, other, now)
    evidence = gather(services, learner, whole=False).to_json()
    for key in ("one", "two"):
        reflections.submit(learner.id, key, reflections.answers(learner.id), evidence, now)
    mark_read(learner.id, "meet-the-service", now)
    begin_anew(learner.id, "preflight")
    workbench.rename(learner.id, "Mine")
    workbench.add_panel(learner.id, "Traffic", QUERY, "short", now)
    workbench.hand_in(learner.id, "mine.json", '{"panels": []}', now)
    workbench.confirm(learner.id, "up", "availability", now)
    db.session.add(
        AlertRuleText(
            learner_id=learner.id, text="groups: []", saved_at=now, version=1, assisted=False
        )
    )
    db.session.commit()


def _bursts(learner: Learner, services: Services) -> Iterator[Burst]:
    now = services.clock()
    for number in (1, 2):
        yield Burst(
            learner_id=learner.id,
            key=f"key-{number}",
            preset="error-burst",
            title="Error burst",
            spec=PRESETS["error-burst"].as_dict(),
            state=BurstState.FINISHED,
            requested_at=now - timedelta(minutes=3),
            started_at=now - timedelta(minutes=3),
            ended_at=now - timedelta(minutes=2),
            heartbeat_at=now,
            counts={
                "sent": 100,
                "good": 60,
                "slow": 3,
                "failed": {"500": 40},
                "elapsed_seconds": 30.0,
                "p50": 0.01,
                "p95": 0.02,
                "p99": 0.03,
                "first_bad_due_at": now.timestamp() - 170,
                "last_bad_end_at": now.timestamp() - 150,
            },
            server_counts={
                "by_status": {"200": 60.0, "500": 40.0},
                "slow": 3.0,
                "quantiles": {"p50": 0.01},
                "restarted": False,
                "within": {"0.5": 97.0, "+Inf": 100.0},
            },
            predicted_error_ratio=0.2,
            predicted_page=True,
        )


def _history(now: float) -> AlertHistory:
    firing = Transition(AlertState.FIRING, now - 160)
    return AlertHistory("Burn", {"severity": "page"}, AlertState.INACTIVE, (firing,))
