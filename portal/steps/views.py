"""The step pages, and the rail that every page carries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.alerts.views import alerts_context
from portal.bursts.store import active_burst
from portal.config import Settings
from portal.criteria.views import verdict_context
from portal.impact.comparison import MIN_HURT
from portal.impact.store import incidents, worst_hurt
from portal.impact.views import impact_context
from portal.kit.htmx import fragment, reload_page
from portal.kit.pages import render_page
from portal.kit.rendering import prometheus_page
from portal.lab.grafana_state import grafana_password, has_grafana
from portal.learners import current_learner
from portal.live.views import readout_context
from portal.services import current_services
from portal.stage.views import preset_context
from portal.steps import catalog, store
from portal.steps.addresses import localise
from portal.steps.catalog import DoneBy, Step
from portal.steps.frame import checked_progress, page_frame
from portal.steps.markdown import Prose
from portal.steps.milestones import reached
from portal.steps.progress import LabProgress
from portal.steps.sources import parted, read_source
from portal.steps.widgets import WIDGETS, Place, here

bp = Blueprint("steps", __name__, url_prefix="/steps")


@bp.get("")
def index() -> ResponseReturnValue:
    """All steps with what they teach."""
    frame = page_frame()
    minutes = catalog.minutes(now.step for now in frame.progress.steps if not now.step.optional)
    return render_page("steps/index.html", frame=frame, minutes=minutes)


@bp.get("/rail")
def rail() -> ResponseReturnValue:
    """The rail, now."""
    at = request.args.get("at", "")
    return render_template("steps/_rail.html", at=at, progress=checked_progress())


@bp.get("/incident")
def incident() -> ResponseReturnValue:
    """Whether the learner has caused an incident, now; announces the first one."""
    shown = _incident_context()
    events = "criterion-changed" if shown["incident"] else ""
    return fragment("steps/_incident.html", events=events, **shown)


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One step."""
    step = _find(slug)
    frame = page_frame()
    is_last = catalog.neighbours(step)[1] is None
    finished = is_last and frame.progress.next_step is None
    return render_page(
        "steps/show.html",
        frame=frame,
        at=step.id,
        **_turn_context(step, frame.progress),
        **_blocks_context(step),
        **_incident_context() if step.done_by is DoneBy.INCIDENT else {},
        **readout_context(wide=False),
        cards=[verdict_context(criterion_id) for criterion_id in step.criteria],
        reached=reached(current_learner().id) if finished else None,
    )


@bp.get("/<slug>/turn")
def turn(slug: str) -> ResponseReturnValue:
    """The ways on from a step, now: the next step stands out once this one is done."""
    context = _turn_context(_find(slug), checked_progress())
    return render_template("steps/_turn.html", **context)


@bp.post("/<slug>/done")
def done(slug: str) -> ResponseReturnValue:
    """Mark a step as read and go on to the next one."""
    step = _find(slug)
    if step.done_by is not DoneBy.READING:
        abort(409, f"“{step.title}” is ticked by its check, not by hand.")
    store.mark_read(current_learner().id, step.id, current_services().clock())
    _, after = catalog.neighbours(step)
    return reload_page(url_for(".show", slug=(after or step).id))


def _turn_context(step: Step, now: LabProgress) -> dict[str, Any]:
    """What ``steps/_turn.html`` shows."""
    before, after = catalog.neighbours(step)
    return {"step": step, "now": now.of(step), "before": before, "after": after}


def _incident_context() -> dict[str, Any]:
    """What ``steps/_incident.html`` shows: the last incident, or how near one is."""
    learner_id = current_learner().id
    incident = next(iter(incidents(learner_id)), None)
    return {
        "incident": incident,
        "running": None if incident else active_burst(learner_id),
        "worst": 0 if incident else worst_hurt(learner_id),
        "needed": MIN_HURT,
    }


def _blocks_context(step: Step) -> dict[str, Any]:
    """Prose with this lab's addresses; widgets with their template and what it shows."""
    services = current_services()
    settings, page_of = services.settings, partial(prometheus_page, services)
    places = _places(settings)
    in_grafana = Place.WITH_GRAFANA in places

    def html_of(prose: Prose) -> Markup:
        html = localise(prose.html, settings, page_of, has_grafana=in_grafana)
        return Markup(html)  # noqa: S704 - made by our Markdown

    blocks = [
        {"html": html_of(block)}
        if isinstance(block, Prose)
        else {"template": WIDGETS[block.name].template, "given": GIVEN[block.name](block.argument)}
        for block in here(step.blocks, places)
    ]
    return {"blocks": blocks}


GIVEN: dict[str, Callable[[str], object]] = {
    "file": lambda name: {"name": name, "source": parted(read_source(name))},
    "burst": preset_context,
    "form": lambda _: impact_context(),
    "live": lambda _: alerts_context(),
}
"""What the template of a widget shows, for its argument."""


def _places(settings: Settings) -> set[Place]:
    """What kind of lab this is, for the lessons."""
    where = {Place.IN_CONTAINERS if settings.is_in_containers else Place.AS_PROGRAMS}
    if not has_grafana(settings):
        return where | {Place.WITHOUT_GRAFANA}
    login = {Place.WITH_LOGIN} if grafana_password(settings) else set()
    return where | {Place.WITH_GRAFANA} | login


def _find(slug: str) -> Step:
    step = catalog.find_step(slug)
    if step is None:
        abort(404, "There is no step of that name.")
    return step
