"""The lessons keep their form, quote the lab's origin, and point at things that exist."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from flask import Flask

from portal.features import CRITERIA
from portal.steps.catalog import CONTENT, Step, load
from portal.steps.markdown import Directive, Prose

STEPS = pytest.mark.parametrize("step", load(), ids=lambda step: step.id)
PARTS = ("What to do", "What it means", "A common mistake")


def markdown_of(step: Step) -> str:
    return (CONTENT / f"{step.id}.md").read_text(encoding="utf-8")


def html_of(step: Step) -> str:
    return "".join(block.html for block in step.blocks if isinstance(block, Prose))


@STEPS
def test_a_step_says_what_to_see_do_understand_and_avoid(step: Step) -> None:
    assert step.summary.startswith("You will see")
    headings = re.findall(r"<h2>(.*?)</h2>", html_of(step))
    assert [heading for heading in headings if heading in PARTS] == list(PARTS)


@STEPS
def test_what_to_do_is_numbered(step: Step) -> None:
    after = html_of(step).split("<h2>What to do</h2>")[1]
    assert after.lstrip().startswith(("<ol>", "<p>"))
    assert "<ol>" in after.split("<h2>")[0]


@STEPS
def test_prose_is_short(step: Step) -> None:
    assert len(markdown_of(step).split()) < 700


@STEPS
def test_lesson_text_keeps_to_plain_signs(step: Step) -> None:
    assert not re.search("[\U0001f000-\U0001faff\u2600-\u26ff]", markdown_of(step))


def test_links_within_the_portal_lead_somewhere(app: Flask) -> None:
    urls = app.url_map.bind("localhost")
    for step in load():
        for link in re.findall(r'href="(/[^"#?]*)', html_of(step)):
            assert urls.test(link, "GET"), f"{step.id}: {link}"


@STEPS
def test_links_out_name_a_server_of_the_lab(step: Step) -> None:
    for link in re.findall(r'href="(http[^"]*)"', html_of(step)):
        assert re.match(r"http://localhost:(8000|9090|3000)\b", link), link


def test_every_criterion_belongs_to_exactly_one_step() -> None:
    named = Counter(name for step in load() for name in step.criteria)
    assert named == Counter(criterion.id for criterion in CRITERIA)


def test_a_step_is_optional_when_its_criteria_are() -> None:
    optional = {criterion.id for criterion in CRITERIA if criterion.optional}
    for step in load():
        assert step.optional == bool(step.criteria and set(step.criteria) <= optional), step.id


def test_nine_steps_are_required() -> None:
    assert sum(not step.optional for step in load()) == 9


@pytest.mark.parametrize(
    ("step_id", "fact"),
    [
        ("meet-the-service", "Lego blocks"),
        ("meet-the-service", "you only use what you need"),
        ("meet-the-service", "mocking up a web service"),
        ("meet-the-service", "without waiting on developers"),
        ("meet-the-service", "prometheus_client"),
        ("meet-the-service", "http_requests_total"),
        ("meet-the-service", "http_request_duration_seconds"),
        ("preflight", "launches and manages multiple containers together"),
        ("preflight", "host.docker.internal:8000"),
        ("preflight", "every 5 seconds"),
        ("traffic", "while true; do curl -s http://localhost:8000 > /dev/null; done"),
        ("traffic", "10–20 seconds"),
        ("traffic", "`[1m]`"),
        ("what-you-learned", "What were your SLIs?"),
        ("what-you-learned", "What SLOs did you choose and why?"),
        ("what-you-learned", "How could this scale to multiple services?"),
        ("what-you-learned", "What did you struggle with?"),
        ("break-it", "coordinated omission"),
    ],
)
def test_the_lesson_tells_the_labs_facts(step_id: str, fact: str) -> None:
    step = next(step for step in load() if step.id == step_id)
    assert fact in re.sub(r"\s+", " ", markdown_of(step))


def test_the_lab_shows_its_own_files() -> None:
    shown = {
        block.argument
        for step in load()
        for block in step.blocks
        if isinstance(block, Directive) and block.name == "file"
    }
    assert {"mockapp/app.py", "stack/prometheus/prometheus.yml"} <= shown


@pytest.mark.parametrize("step_id", ["dashboard", "alert"])
def test_a_lesson_does_not_give_the_solution_away(step_id: str) -> None:
    text = markdown_of(next(step for step in load() if step.id == step_id))
    for solution in ("http_requests_total", "_bucket", 'status=~"5..', "histogram_quantile"):
        assert solution not in text
