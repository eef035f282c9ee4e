"""Each request has one deadline for all that it asks; an action within it has its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from flask import Flask

from portal.clients import calls
from portal.clients.errors import ClientError, ErrorKind
from portal.criteria.base import Subject
from portal.criteria.checker import Checker
from portal.deadline import Deadline, shared_deadline
from portal.learners.models import Learner
from portal.reflections.export import collect
from portal.rulefolder.apply import apply_file, remove_file
from portal.rulefolder.folder import learner_file
from portal.services import Services
from tests.conftest import START

RULES = "groups: [{name: own, rules: [{record: 'a:b', expr: 'vector(1)'}]}]"


@pytest.fixture
def deadlines() -> Iterator[list[Deadline | None]]:
    """Under which deadline each question to another system is asked."""
    seen: list[Deadline | None] = []

    def heard(whom: str) -> None:
        if whom != "promtool":
            seen.append(shared_deadline())

    calls.listeners.append(heard)
    yield seen
    calls.listeners.remove(heard)


def test_each_request_has_a_deadline_of_its_own(app: Flask, services: Services) -> None:
    seen: list[Deadline | None] = []

    @app.get("/probe")
    def probe() -> str:
        seen.append(shared_deadline())
        return ""

    client = app.test_client()
    client.get("/probe")
    client.get("/probe")
    first, second = seen
    assert first is not None
    assert second is not None
    assert first is not second
    assert first.seconds == second.seconds == services.limits.page.answer_s
    assert shared_deadline() is None


@pytest.mark.parametrize("text", [RULES, None], ids=["applied", "removed"])
def test_rules_change_within_one_deadline(
    services: Services, learner: Learner, deadlines: list[Deadline | None], text: str | None
) -> None:
    name = learner_file(learner.id)
    if text is None:
        remove_file(services, name)
    else:
        apply_file(services, name, text)
    (deadline,) = set(deadlines)
    assert deadline is not None
    assert deadline.seconds == 2 * services.settings.rules_wait
    assert shared_deadline() is None


def test_an_export_has_one_deadline(
    services: Services, learner: Learner, deadlines: list[Deadline | None]
) -> None:
    collect(services, learner)
    (deadline,) = set(deadlines)
    assert deadline is not None
    assert deadline.seconds == services.limits.page.export_s


def test_a_check_has_one_deadline(app: Flask, learner: Learner) -> None:
    seen: list[Deadline | None] = []

    class Looking:
        id: ClassVar[str] = "looking"
        title: ClassVar[str] = "Looking"
        optional: ClassVar[bool] = False

        def collect(self, subject: Subject) -> None:
            seen.append(shared_deadline())

        def judge(self, evidence: None) -> Any:
            raise ClientError("Gone.", system="Prometheus", kind=ErrorKind.UNREACHABLE)

    checker = Checker(app, [Looking()])
    checker.check_now(learner.id, ["looking"], START)
    (deadline,) = seen
    assert deadline is not None
    assert deadline.seconds == checker.limits.longest_s
