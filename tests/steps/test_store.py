"""Steps marked as read stay marked, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.kit.db import db
from portal.learners.models import Learner
from portal.steps import store
from tests.conftest import START

pytestmark = pytest.mark.both_databases


def test_nothing_is_read_at_first(learner: Learner) -> None:
    assert store.read_steps(learner.id) == {}


def test_the_first_time_counts(learner: Learner) -> None:
    store.mark_read(learner.id, "traffic", START)
    store.mark_read(learner.id, "traffic", START + timedelta(hours=1))
    assert store.read_steps(learner.id) == {"traffic": START}


def test_marks_of_another_learner_are_not_seen(learner: Learner) -> None:
    store.mark_read(learner.id, "traffic", START)
    assert store.read_steps(learner.id + 1) == {}


def test_forget_drops_the_named_steps_or_all(learner: Learner) -> None:
    for step_id in ("a", "b", "c"):
        store.mark_read(learner.id, step_id, START)
    store.forget(learner.id, ["a"])
    db.session.commit()
    assert set(store.read_steps(learner.id)) == {"b", "c"}
    store.forget(learner.id)
    db.session.commit()
    assert store.read_steps(learner.id) == {}
