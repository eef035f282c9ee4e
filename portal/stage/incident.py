"""Gathers what the stage of a burst shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.alerts import record as alert_record
from portal.bursts.models import Burst
from portal.bursts.record import BurstRecord
from portal.learners import current_learner
from portal.numbers import exact, read_number
from portal.objectives.models import SavedSLO
from portal.objectives.reading import INSTANT_STEP_SECONDS, bucket_bounds, read_budget
from portal.objectives.store import list_slos
from portal.services import Services, current_services
from portal.shop.queries import LATENCY_THRESHOLD
from portal.slo.objective import SLO, SLIKind
from portal.stage.measurement import measure
from portal.stage.scene import Incident, IncidentScene, scene_of, stretch_of
from portal.stage.tail import LONGEST, SHORTEST, tail_of

TAIL_WIDTHS = (720, 330)
MAX_TYPED = 20


def stage_context(burst: Burst, wanted: str | None) -> dict[str, Any]:
    """What ``stage/_stage.html`` shows; ``wanted`` names the SLO whose lanes are drawn."""
    services = current_services()
    now = services.clock().timestamp()
    slos = list_slos(burst.learner_id)
    slo = _chosen(burst, slos, wanted)
    watch = alert_record.watch_of(burst.id)
    settled = not burst.is_active and alert_record.is_over(burst, watch, services.clock())
    scene = _scene(services, burst, slo.value if slo else None, now, settled=settled)
    changing = not settled or (scene is not None and scene.wide.now_x is not None)
    return {"scene": scene, "slos": slos, "slo": slo, "changing": changing}


def tail_context(burst: Burst, typed: Mapping[str, str]) -> dict[str, Any]:
    """What ``stage/_tail.html`` shows, once the burst has ended."""
    text = typed.get("threshold", "") or exact(LATENCY_THRESHOLD)
    threshold, complaint = read_number(text), ""
    if threshold is None or not SHORTEST <= threshold <= LONGEST:
        threshold = LATENCY_THRESHOLD
        complaint = f"A number from {exact(SHORTEST)} to {exact(LONGEST)}, in seconds."
    tail = None
    if not burst.is_active and (record := burst.by_second):
        bounds = bucket_bounds(current_services(), current_learner().service.job)
        tail = tail_of(record.latencies, bounds, threshold, TAIL_WIDTHS)
    return {"tail": tail, "typed": text[:MAX_TYPED], "complaint": complaint}


def _scene(
    services: Services, burst: Burst, slo: SLO | None, now: float, *, settled: bool
) -> IncidentScene | None:
    record = burst.by_second or BurstRecord()
    histories = alert_record.histories(burst.id) if alert_record.watch_of(burst.id) else None
    stretch = stretch_of(burst, record, histories, now)
    if stretch is None:
        return None
    job = current_learner().service.job
    past = settled and now > stretch.end
    measured = measure(services, job, slo, stretch.start, stretch.known_to, settled=past)
    at = stretch.known_to // INSTANT_STEP_SECONDS * INSTANT_STEP_SECONDS
    budget = read_budget(services, slo, at).budget if slo else None
    views = record.views()
    return scene_of(Incident(burst, stretch, record, measured, slo, budget, histories, views))


def _chosen(burst: Burst, slos: Sequence[SavedSLO], wanted: str | None) -> SavedSLO | None:
    """The SLO asked for; else the first whose SLI the burst's trouble moves."""
    named = next((one for one in slos if one.name == wanted), None)
    fault = burst.spec.get("fault") if isinstance(burst.spec, dict) else None
    slow = (
        isinstance(fault, dict)
        and bool(fault.get("latency_seconds"))
        and not fault.get("error_ratio")
    )
    kind = SLIKind.LATENCY if slow else SLIKind.AVAILABILITY
    moved = next((one for one in slos if one.sli == kind), None)
    return named or moved or next(iter(slos), None)
