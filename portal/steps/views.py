"""The step pages, and the rail that every page carries."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.bursts.models import Burst
from portal.bursts.store import active_burst
from portal.config import Settings
from portal.criteria.checker import current_checker
from portal.impact.comparison import MIN_HURT
from portal.impact.store import incidents
from portal.kit.htmx import fragment, reload_page
from portal.kit.rendering import prometheus_page
from portal.lab.grafana_state import grafana_absence, grafana_password
from portal.learners import current_learner
from portal.services import current_services
from portal.steps import catalog, store
from portal.steps.addresses import localise
from portal.steps.catalog import DoneBy, Step
from portal.steps.markdown import Prose
from portal.steps.milestones import reached
from portal.steps.progress import progress
from portal.steps.sources import SourceFile, parted, read_source
from portal.steps.widgets import WIDGETS, Place, here

bp = Blueprint("steps", __name__, url_prefix="/steps")
RECHECK_AFTER = timedelta(seconds=15)


@bp.get("")
def index() -> ResponseReturnValue:
    """All steps with what they teach."""
    return render_template("steps/index.html", minutes=catalog.minutes)


@bp.get("/rail")
def rail() -> ResponseReturnValue:
    """The rail, now."""
    return render_template("steps/_rail.html", at=request.args.get("at", ""))


@bp.get("/incident")
def incident() -> ResponseReturnValue:
    """Whether the learner has caused an incident, now; announces the first one."""
    events = "criterion-changed" if _last_incident() else ""
    return fragment("steps/_incident.html", events=events, needed=MIN_HURT)


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One step."""
    step = _find(slug)
    before, after = catalog.neighbours(step)
    return render_template(
        "steps/show.html", step=step, at=step.id, before=before, after=after, needed=MIN_HURT
    )


@bp.get("/<slug>/turn")
def turn(slug: str) -> ResponseReturnValue:
    """The ways on from a step, now: the next step stands out once this one is done."""
    step = _find(slug)
    before, after = catalog.neighbours(step)
    return render_template("steps/_turn.html", step=step, before=before, after=after)


@bp.post("/<slug>/done")
def done(slug: str) -> ResponseReturnValue:
    """Mark a step as read and go on to the next one."""
    step = _find(slug)
    if step.done_by is not DoneBy.READING:
        abort(409, f"“{step.title}” is ticked by its check, not by hand.")
    store.mark_read(current_learner().id, step.id, current_services().clock())
    _, after = catalog.neighbours(step)
    return reload_page(url_for(".show", slug=(after or step).id))


@bp.app_context_processor
def widgets() -> dict[str, object]:
    """What the templates of steps, and the rail on every page, ask for: once for each page."""
    return {
        "steps_progress": cache(_checked_progress),
        "step_blocks": _blocks,
        "read_source": read_source,
        "last_incident": cache(_last_incident),
        "what_was_reached": lambda: reached(current_learner().id),
        "active_burst": cache(lambda: active_burst(current_learner().id)),
    }


@bp.app_template_filter("parted")
def parted_source(text: str) -> SourceFile:
    """A file of the lab in two parts: what it imports, and its heart."""
    return parted(text)


def _checked_progress() -> object:
    """The progress as stored; what was not checked for a while is checked meanwhile."""
    learner_id, now = current_learner().id, current_services().clock()
    checker = current_checker()
    checker.refresh(learner_id, checker.criteria, now, RECHECK_AFTER)
    return progress(learner_id)


def _last_incident() -> Burst | None:
    return next(iter(incidents(current_learner().id)), None)


def _blocks(step: Step) -> list[dict[str, object]]:
    """Prose with this lab's addresses; widgets with their template and argument."""
    settings = current_services().settings
    places = _places(settings)
    has_grafana = Place.WITH_GRAFANA in places

    def html_of(prose: Prose) -> Markup:
        html = localise(prose.html, settings, prometheus_page, has_grafana=has_grafana)
        return Markup(html)  # noqa: S704 - made by our Markdown

    return [
        {"html": html_of(block)}
        if isinstance(block, Prose)
        else {"template": WIDGETS[block.name].template, "argument": block.argument}
        for block in here(step.blocks, places)
    ]


def _places(settings: Settings) -> set[Place]:
    """What kind of lab this is, for the lessons."""
    where = {Place.IN_CONTAINERS if settings.is_in_containers else Place.AS_PROGRAMS}
    if grafana_absence(settings) is not None:
        return where | {Place.WITHOUT_GRAFANA}
    login = {Place.WITH_LOGIN} if grafana_password(settings) else set()
    return where | {Place.WITH_GRAFANA} | login


def _find(slug: str) -> Step:
    step = catalog.find_step(slug)
    if step is None:
        abort(404, "There is no step of that name.")
    return step
