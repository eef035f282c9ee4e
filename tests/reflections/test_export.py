"""The JSON export keeps to its documented schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.criteria import store as verdicts
from portal.criteria.base import Status, Verdict
from portal.learners.models import Learner
from portal.reflections import store
from portal.reflections.export import SCHEMA, collect, to_json
from portal.reflections.store import Draft
from portal.services import Services
from tests.conftest import START
from tests.reflections.conftest import ANSWERS, build_something, do_some_work

DOCS = Path(__file__).parents[2] / "docs" / "export.md"
BY_NAME = ("answers", "quantiles", "queries", "failed")
"""Fields whose keys are data, not schema."""


def exported(services: Services, learner: Learner) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_json(collect(services, learner)))
    return document


def everything(services: Services, learner: Learner) -> dict[str, Any]:
    do_some_work(learner, START)
    build_something(services, learner)
    verdict = Verdict(Status.MET, "code", "A headline", "seen", "needed")
    verdicts.save(learner.id, "slo", verdict, START)
    for question_id, text in ANSWERS.items():
        store.save_answer(learner.id, Draft.of(question_id, text), START)
    evidence = collect(services, learner).evidence.to_json()
    store.submit(learner.id, "key", ANSWERS, evidence, START)
    return exported(services, learner)


def field_names(value: object, name: str = "") -> Iterator[str]:
    """``evidence.slos[].why`` and the like, for every field there is."""
    if isinstance(value, dict) and name.rpartition(".")[2] not in BY_NAME:
        for key, part in value.items():
            yield from field_names(part, f"{name}.{key}" if name else key)
            yield f"{name}.{key}".strip(".") + ("[]" if isinstance(part, list) else "")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from field_names(value[0], f"{name}[]")


def test_every_field_is_documented_and_every_documented_field_exists(
    learner: Learner, answering: Services
) -> None:
    documented = re.findall(r"^\| `([^`/]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    found = set(field_names(everything(answering, learner)))
    repeated = {name for name in found if name.startswith("submissions[].evidence.")}
    assert found - repeated == set(documented)
    assert len(documented) == len(set(documented))
    assert {name.removeprefix("submissions[].") for name in repeated} <= found


def test_the_schema_names_its_version(learner: Learner, services: Services) -> None:
    assert SCHEMA == "slo-lab/reflection/v1"
    assert exported(services, learner)["schema"] == SCHEMA
    assert SCHEMA in DOCS.read_text(encoding="utf-8")


def test_answers_come_out_exactly_as_they_were_kept(learner: Learner, services: Services) -> None:
    text = '</script> \u202eעברית\n\ttab \U0001f469\u200d\U0001f52c \\ " \u2028'
    store.save_answer(learner.id, Draft.of("slis", text), START)
    assert exported(services, learner)["questions"][0]["answer"] == text


def test_a_submission_keeps_its_answers_when_they_change_later(
    learner: Learner, answering: Services
) -> None:
    everything(answering, learner)
    store.save_answer(learner.id, Draft.of("slis", "changed", 1), START)
    document = exported(answering, learner)
    assert document["questions"][0]["answer"] == "changed"
    assert document["submissions"][0]["answers"] == ANSWERS


def test_with_nothing_running_and_nothing_done_there_is_still_an_export(
    learner: Learner, services: Services
) -> None:
    document = exported(services, learner)
    assert [q["answer"] for q in document["questions"]] == [""] * 4
    assert document["submissions"] == []
    assert "Prometheus" in document["evidence"]["unreachable"][0]
