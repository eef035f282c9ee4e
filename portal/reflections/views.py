"""The reflections page: four answers saved while they are typed, submitted, compared, exported."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from portal.criteria.checker import current_checker
from portal.kit.htmx import fragment, wants_fragment
from portal.kit.pages import render_page
from portal.learners import current_learner
from portal.reflections import store
from portal.reflections.criterion import ReflectionCriterion
from portal.reflections.diff import difference
from portal.reflections.evidence import gather, gather_whole
from portal.reflections.export import Submitted, collect, submitted, to_json
from portal.reflections.facts import (
    AlertFacts,
    AlertRuleFacts,
    BurstFacts,
    Evidence,
    ImpactFacts,
    PanelFacts,
)
from portal.reflections.forms import Action, Field, kept_field, saved_field, sent_draft
from portal.reflections.markdown import (
    alert_words,
    burst_words,
    counted_words,
    impact_words,
    last_counted_words,
    panel_words,
    prediction_words,
    rule_words,
    to_markdown,
)
from portal.reflections.questions import MIN_CHARACTERS, QUESTIONS, Question, find_question
from portal.reflections.report import to_html
from portal.reflections.store import Keep, SaveResult, SaveStatus
from portal.services import current_services
from portal.steps.frame import page_frame
from portal.steps.milestones import reached

bp = Blueprint("reflections", __name__, url_prefix="/reflections")
CODES = {SaveStatus.SAVED: 200, SaveStatus.CONFLICT: 409, SaveStatus.TOO_LONG: 422}
EXPORTS = {
    "md": ("text/markdown", to_markdown),
    "json": ("application/json", to_json),
    "html": ("text/html", to_html),
}


@bp.get("")
def index() -> ResponseReturnValue:
    """The four questions with what is saved."""
    return render_page("reflections/index.html", **form_context())


@bp.post("")
def save_all() -> ResponseReturnValue:
    """Save every answer in the form, then do what the button asks for."""
    action = Action.of(request.form.get("action", ""))
    saved = {
        question.id: done
        for question in QUESTIONS
        if (done := _settle(question, action if action.question_id == question.id else None))
    }
    refused = [done.status for done in saved.values() if done.status is not SaveStatus.SAVED]
    if refused:
        return _page(saved, CODES[refused[0]])
    if action.verb == "submit":
        return _submit()
    return redirect(url_for(".index") + _anchor(action), 303)


@bp.get("/submit")
def submit_fragment() -> ResponseReturnValue:
    """What is still missing before the answers can be submitted."""
    learner_id = current_learner().id
    return render_template(
        "reflections/_submit.html",
        fields=_kept_fields(learner_id),
        submissions=store.submissions(learner_id),
    )


@bp.post("/answers/<question_id>")
def save_answer(question_id: str) -> ResponseReturnValue:
    """Save one answer; the page asks for this a second after typing stops."""
    if not wants_fragment():
        return save_all()
    question = find_question(question_id) or abort(404, "There is no question of that name.")
    action = Action.of(request.form.get("action", ""))
    done = _settle(question, action) or abort(400, "The form had no answer in it.")
    set_aside = store.set_aside(current_learner().id)
    field = saved_field(question, done, set_aside)
    template = "_state.html" if action.verb == "save" else "_question.html"
    return fragment(
        f"reflections/{template}",
        status=CODES[done.status],
        field=field,
        evidence=_evidence() if template == "_question.html" else None,
    )


def _settle(question: Question, action: Action | None) -> SaveResult | None:
    """Save this question's answer in the way that was asked for."""
    draft = sent_draft(request.form, question.id)
    if draft is None:
        return None
    learner_id, now = current_learner().id, current_services().clock()
    verb = action.verb if action else "save"
    if verb in set(Keep):
        seen = sent_draft(request.form, question.id, "seen") or draft
        return store.choose(learner_id, seen, Keep(verb), now)
    row = store.find_set_aside(learner_id, action.number) if action else None
    if verb == "append" and row is not None:
        return store.append_set_aside(learner_id, draft, row, now)
    if verb == "drop" and row is not None:
        store.drop_set_aside(row)
    return store.save_answer(learner_id, draft, now)


def _submit() -> ResponseReturnValue:
    learner, services = current_learner(), current_services()
    short = store.too_short(store.answers(learner.id))
    if short:
        return make_response(
            render_page("reflections/index.html", **form_context(), too_short=short), 422
        )
    evidence = gather_whole(services, learner)
    key = request.form.get("key", "")[:64] or store.new_key()
    row = store.submit(
        learner.id, key, store.answers(learner.id), evidence.to_json(), services.clock()
    )
    current_checker().check_now(learner.id, [ReflectionCriterion.id], services.clock())
    return redirect(url_for(".submission", number=row.number), 303)


def _page(saved: dict[str, SaveResult], status: int) -> Response:
    """The page again, with everything that was typed."""
    context = form_context()
    set_aside = store.set_aside(current_learner().id)
    fields = [
        saved_field(field.question, saved[field.question.id], set_aside)
        if field.question.id in saved
        else field
        for field in context["fields"]
    ]
    context |= {"fields": fields, "tab": next(iter(saved.values())).draft.tab}
    return make_response(render_page("reflections/index.html", **context), status)


def _anchor(action: Action) -> str:
    return f"#question-{action.question_id}" if find_question(action.question_id) else ""


def form_context() -> dict[str, Any]:
    """What ``reflections/_form.html`` shows."""
    learner_id = current_learner().id
    return {
        "fields": _kept_fields(learner_id),
        "evidence": _evidence(),
        "submissions": store.submissions(learner_id),
        "tab": store.new_key(),
        "key": store.new_key(),
        "minimum": MIN_CHARACTERS,
    }


def _kept_fields(learner_id: int) -> list[Field]:
    """The questions as the database has them."""
    kept, set_aside = store.kept_answers(learner_id), store.set_aside(learner_id)
    return [kept_field(q, kept[q.id], set_aside) for q in QUESTIONS]


def _evidence() -> Evidence:
    return gather(current_services(), current_learner())


@bp.get("/history/<int(max=999999999):number>")
def submission(number: int) -> ResponseReturnValue:
    """One submission as it was, with its evidence."""
    found, frame = _find(number), page_frame()
    submissions = store.submissions(current_learner().id)
    finished = found.number == submissions[0].number and frame.progress.next_step is None
    return render_page(
        "reflections/submission.html",
        frame=frame,
        reached=reached(current_learner().id) if finished else None,
        submission=found,
        evidence=found.evidence,
        questions=QUESTIONS,
        submissions=submissions,
    )


@bp.get("/history/<int(max=999999999):first>..<int(max=999999999):second>")
def compare(first: int, second: int) -> ResponseReturnValue:
    """What changed between two submissions, word by word."""
    before, after = _find(first), _find(second)
    changes = [
        (q, difference(before.answers.get(q.id, ""), after.answers.get(q.id, "")))
        for q in QUESTIONS
    ]
    return render_page("reflections/compare.html", before=before, after=after, changes=changes)


@bp.get("/export.<any(md, json, html):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Everything as a file."""
    mimetype, write = EXPORTS[kind]
    text = write(collect(current_services(), current_learner()))
    response = make_response(text)
    response.headers["Content-Type"] = f"{mimetype}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="slo-lab-reflection.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_filter()
def impact_summary(impact: ImpactFacts) -> str:
    """The numbers of a statement on user impact in words."""
    return impact_words(impact)


@bp.app_template_filter()
def burst_summary(burst: BurstFacts) -> str:
    """A burst of the evidence in words."""
    return burst_words(burst)


@bp.app_template_filter()
def counted_summary(burst: BurstFacts) -> str:
    """A burst of the evidence as Prometheus counted it, in words."""
    return counted_words(burst)


@bp.app_template_filter()
def last_counted_summary(evidence: Evidence) -> str:
    """The SLIs of the last burst in words; empty where they are not known."""
    return " ".join(last_counted_words(evidence))


@bp.app_template_filter()
def panel_summary(panel: PanelFacts) -> str:
    """A panel and what the check found."""
    return panel_words(panel)


@bp.app_template_filter()
def rule_summary(rule: AlertRuleFacts) -> str:
    """Whose an alert rule is, and what it is worth."""
    return rule_words(rule)


@bp.app_template_filter()
def prediction_summary(burst: BurstFacts) -> str:
    """What was predicted of a burst, in words; empty where nothing was."""
    return prediction_words(burst)


@bp.app_template_filter()
def alert_summary(alert: AlertFacts) -> str:
    """What an alert did during a burst, in words."""
    return alert_words(alert)


def _find(number: int) -> Submitted:
    row = store.find_submission(current_learner().id, number)
    return submitted(row) if row else abort(404, "There is no submission of that number.")
