"""The HTML report is one file, safe and complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from portal.learners.models import Learner
from portal.reflections import store
from portal.reflections.evidence import gather
from portal.reflections.export import collect
from portal.reflections.report import evidence_chart, to_html
from portal.reflections.store import Draft
from portal.services import Services
from tests.conftest import START, Clock
from tests.reflections.conftest import do_some_work

LOADING = {"src", "href", "srcset", "data", "action"}


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_it_loads_nothing_and_runs_nothing(learner: Learner, answering: Services) -> None:
    do_some_work(learner, START)
    elements = Elements(to_html(collect(answering, learner)))
    assert not LOADING & elements.attributes
    assert not {"script", "link", "img", "iframe"} & set(elements.names)
    assert not [name for name in elements.attributes if name.startswith("on")]


def test_what_was_typed_is_text(learner: Learner, services: Services) -> None:
    before = Elements(to_html(collect(services, learner))).names
    typed = "<script>alert(1)</script><img src=x onerror=alert(1)></div></style>{{ 7*7 }}"
    store.save_answer(learner.id, Draft.of("slis", typed), START)
    text = to_html(collect(services, learner))
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7*7 }}" in text
    assert sorted({*before, "div"}) == sorted(set(Elements(text).names))


def test_the_chart_shows_the_hour_with_its_bursts_and_the_objective(
    learner: Learner, answering: Services
) -> None:
    do_some_work(learner, START)
    chart = evidence_chart(gather(answering, learner, whole=True))
    assert chart is not None
    assert [(band.number, band.label) for band in chart.bands] == [(1, "error burst")]
    assert [line.label for line in chart.lines] == ["availability", "under 0.3 s"]
    assert chart.objective is not None
    assert "objective 99 %" in to_html(collect(answering, learner))


def test_what_users_saw_and_what_the_service_measured_are_named(
    learner: Learner, answering: Services
) -> None:
    do_some_work(learner, START)
    text = to_html(collect(answering, learner))
    assert "<b>1 · Error burst</b>" in text
    assert "Users saw: 1,200 requests" in text
    assert "Prometheus counted: availability" in text
    assert "as the service measured it over " in text


def test_without_data_there_is_no_chart_and_the_reason_is_said(
    learner: Learner, services: Services
) -> None:
    text = to_html(collect(services, learner))
    assert "<svg" not in text
    assert "Prometheus" in text


def test_the_same_hour_is_drawn_once(learner: Learner, answering: Services, clock: Clock) -> None:
    evidence = collect(answering, learner).evidence.to_json()
    store.submit(learner.id, "key", store.answers(learner.id), evidence, START)
    assert to_html(collect(answering, learner)).count("<svg") == 1
    clock.pass_seconds(3600)
    assert to_html(collect(answering, learner)).count("<svg") == 2


def test_a_submissions_chart_is_drawn_when_prometheus_is_gone(
    learner: Learner, answering: Services, services: Services
) -> None:
    do_some_work(learner, START)
    evidence = collect(answering, learner).evidence
    earlier = replace(evidence, taken_at=START - timedelta(hours=1))
    answers = store.answers(learner.id)
    store.submit(learner.id, "key", answers, earlier.to_json(), START)
    nowhere = replace(services, readings=type(services.readings)(services.background))
    text = to_html(collect(nowhere, learner))
    assert text.count("<svg") == 1
    assert "At submission 1" in text
