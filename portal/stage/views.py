"""The bursts page: presets, a custom burst, the running one, the record of each."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.alerts import record
from portal.annotations.store import annotation_of, is_settled, marking_of
from portal.bursts import store
from portal.bursts.custom_form import CustomForm
from portal.bursts.models import Burst
from portal.bursts.prediction import Prediction, PredictionForm
from portal.bursts.profiles import PRESETS, Profile
from portal.bursts.runner import shown
from portal.bursts.sides import sides
from portal.bursts.start import MAX_KEY, current_runner, start_burst
from portal.kit.htmx import form_again, fragment, fragment_or_redirect, problem, wants_fragment
from portal.kit.pages import render_page
from portal.lab.grafana_state import has_grafana
from portal.learners import current_learner
from portal.live.views import readout_context
from portal.objectives.forecast import Forecast
from portal.rulefolder.folder import RuleFolder, slo_file
from portal.rulefolder.presence import has_alert
from portal.services import current_services
from portal.stage.comparison import compare
from portal.stage.incident import stage_context, tail_context

bp = Blueprint("stage", __name__, url_prefix="/bursts")


@bp.get("")
def index() -> ResponseReturnValue:
    """Presets, the custom form, the running burst and those before."""
    return render_page("stage/index.html", **_page_context(), **_beside())


@bp.post("")
def start() -> ResponseReturnValue:
    """Start a burst of a preset; a second click gives the same burst."""
    profile = PRESETS.get(request.form.get("preset", ""))
    if profile is None:
        names = ", ".join(PRESETS)
        abort(422, f"There is no preset of that name. The presets are: {names}.")
    form = PredictionForm.of(request.form)
    if not form.read_prediction():
        page = {**_page_context(), "form": profile.id, "typed": form, "refused": profile.id}
        place = f"predict-{profile.id}"
        return form_again(
            "stage/index.html", "stage/_predict.html", place=place, beside=_beside, **page
        )
    return _started(profile, form.prediction)


@bp.post("/custom")
def start_custom() -> ResponseReturnValue:
    """Start a burst with rate, duration and fault of the learner's own."""
    custom = CustomForm.of(request.form)
    profile = custom.read()
    if profile is None:
        page = _page_context(custom)
        return form_again("stage/index.html", "stage/_custom.html", beside=_beside, **page)
    return _started(profile, custom.prediction)


@bp.get("/custom/fields")
def custom_fields_fragment() -> ResponseReturnValue:
    """The fields of the custom form as typed, without complaints."""
    return render_template("stage/_custom_fields.html", custom=CustomForm.of(request.args))


@bp.get("/active")
def active_fragment() -> ResponseReturnValue:
    """The running burst, or the last one, for a page on which a burst began or ended."""
    return render_template("stage/_active.html", burst=_latest(), followed=True)


@bp.get("/before")
def before_fragment() -> ResponseReturnValue:
    """The bursts so far, for a page on which one began or ended."""
    return render_template("stage/_before.html", bursts=_before())


@bp.get("/key/<form>")
def key_fragment(form: str) -> ResponseReturnValue:
    """A new key for a start form, so that the next click starts the next burst."""
    return render_template("stage/_key.html", form=form, key=uuid4().hex)


@bp.get("/predict/<form>")
def predict_fragment(form: str) -> ResponseReturnValue:
    """The fields of a start form for a prediction, empty."""
    return render_template("stage/_predict.html", form=form, has_alert=_has_alert())


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One burst: what users saw beside what the SLI says."""
    burst = _find(number)
    context = {"sides": sides(burst), "asked": _asked(), **_truth_context(burst), **_marks(burst)}
    return render_page(
        "stage/show.html",
        burst=burst,
        has_alert=_has_alert(),
        **context,
        **stage_context(burst, request.args.get("slo")),
        **tail_context(burst, request.args),
    )


@bp.get("/<int:number>/tail")
def tail_fragment(number: int) -> ResponseReturnValue:
    """How long the requests of a burst took, with the threshold that was asked for."""
    burst = _find(number)
    return render_template("stage/_tail.html", burst=burst, **tail_context(burst, request.args))


@bp.get("/<int:number>/stage")
def stage_fragment(number: int) -> ResponseReturnValue:
    """The picture of a burst, as far as it has come."""
    burst = _find(number)
    context = stage_context(burst, request.args.get("slo"))
    return render_template("stage/_stage.html", burst=burst, **context)


@bp.get("/<int:number>/views")
def views_fragment(number: int) -> ResponseReturnValue:
    """The two views of a burst."""
    burst = _find(number)
    return render_template("stage/_views.html", burst=burst, sides=sides(burst))


@bp.get("/<int:number>/prediction")
def prediction_fragment(number: int) -> ResponseReturnValue:
    """What was expected of a burst, beside what happened."""
    burst = _find(number)
    return render_template("stage/_prediction.html", burst=burst, **_truth_context(burst))


@bp.get("/<int:number>/grafana")
def grafana_fragment(number: int) -> ResponseReturnValue:
    """On which dashboards in Grafana a burst is marked, or why not."""
    burst = _find(number)
    return render_template("stage/_grafana.html", burst=burst, **_marks(burst))


@bp.get("/<int:number>/fragment")
def burst_fragment(number: int) -> ResponseReturnValue:
    """One burst, now; announces its end."""
    burst = _find(number)
    ended = not burst.is_active and request.args.get("was") == "active"
    events = "burst-changed, criterion-changed" if ended else ""
    return fragment("stage/_burst.html", events=events, burst=burst, asked=_asked())


@bp.post("/<int:number>/stop")
def stop(number: int) -> ResponseReturnValue:
    """Ask the burst to stop."""
    burst = _find(number)
    if burst.is_active:
        store.request_stop(burst)
    return fragment_or_redirect(
        "stage/_burst.html", url_for(".show", number=burst.number), burst=burst
    )


def preset_context(preset_id: str) -> dict[str, Any]:
    """What ``stage/_preset.html`` shows: a preset's card, and the burst that came of it."""
    learner = current_learner()
    burst = next((b for b in store.recent(learner.id) if b.preset == preset_id), None)
    return {
        "preset": PRESETS[preset_id],
        "key": uuid4().hex,
        "burst": shown(current_runner(), burst) if burst else None,
        "has_alert": _has_alert(),
    }


def _has_alert() -> bool:
    return has_alert(current_services(), current_learner().id)


def _started(profile: Profile, prediction: Prediction) -> ResponseReturnValue:
    key = request.form.get("key") or uuid4().hex
    burst = start_burst(current_services(), current_learner(), profile, key, prediction)
    asked = profile.id if burst.is_active and burst.key != key[:MAX_KEY] else None
    if asked and wants_fragment():
        return problem(_one_at_a_time(burst), 200)
    return fragment_or_redirect(
        "stage/_burst.html",
        url_for(".show", number=burst.number, asked=asked),
        events="burst-changed",
        burst=burst,
        asked=asked,
    )


def _one_at_a_time(running: Burst) -> Markup:
    """Why nothing was started, with the way to the Stop button."""
    words = Markup(
        'One burst at a time: <a href="{}">{}</a> is still running. '
        "Stop it, or wait for its end, then start yours."
    )
    return words.format(url_for(".show", number=running.number), running.title)


def _truth_context(burst: Burst) -> dict[str, Any]:
    """What ``stage/_prediction.html`` shows, from what the alerts' follower kept."""
    services, watch = current_services(), record.watch_of(burst.id)
    settled = not burst.is_active and record.is_over(burst, watch, services.clock())
    folder = RuleFolder.of(services.settings, services.limits.room)
    forecasts = list(Forecast.readable((watch.plans if watch else None) or ()))
    slos = {one.slo for one in forecasts}
    applied = {s for s in slos if not folder.holds(slo_file(burst.learner_id, s), None)}
    known = record.histories(burst.id) if watch else None
    truth = compare(burst, known, forecasts, applied, settled=settled)
    return {"truth": truth, "settled": settled, "alerted": bool(known)}


def _marks(burst: Burst) -> dict[str, Any]:
    """What ``stage/_grafana.html`` shows; no marking where the lab runs without Grafana."""
    services, row = current_services(), annotation_of(burst.id)
    limits, settings = services.limits.annotation, services.settings
    return {
        "marking": marking_of(row) if has_grafana(settings) else None,
        "is_marked": is_settled(row, burst, services.clock(), limits),
        "grafana": settings.grafana_link,
    }


def _asked() -> str | None:
    """The preset that was asked for while this burst ran."""
    asked = request.args.get("asked", "")
    return asked if asked in PRESETS or asked == "custom" else None


def _find(number: int) -> Burst:
    learner = current_learner()
    burst = store.find(learner.id, number)
    if burst is None:
        abort(404, "There is no burst of that number.")
    return shown(current_runner(), burst)


def _latest() -> Burst | None:
    learner = current_learner()
    burst = store.active_burst(learner.id) or next(iter(store.recent(learner.id, 1)), None)
    return shown(current_runner(), burst) if burst else None


def _page_context(custom: CustomForm | None = None) -> dict[str, Any]:
    return {
        "presets": PRESETS.values(),
        "custom": custom or CustomForm(),
        "key": uuid4().hex,
        "burst": _latest(),
        "bursts": _before(),
        "has_alert": _has_alert(),
    }


def _beside() -> dict[str, Any]:
    """The live SLIs."""
    return readout_context(wide=False)


def _before() -> list[Burst]:
    return [shown(current_runner(), one) for one in store.recent(current_learner().id)]
