"""The learner's rule text in the database."""

from __future__ import annotations

import pytest

from portal.alerts import store
from portal.learners.models import Learner
from tests.conftest import START

pytestmark = pytest.mark.both_databases


def test_only_a_changed_text_is_a_new_version(learner: Learner) -> None:
    assert store.save_draft(learner.id, "one", START).version == 1
    assert store.save_draft(learner.id, "one", START).version == 1
    assert store.save_draft(learner.id, "two", START).version == 2


def test_where_another_tab_was_first_its_text_stays(learner: Learner) -> None:
    first = store.save_draft(learner.id, "one", START)
    assert store._insert(learner.id, "two", START) is first
    assert first.text == "one"
    assert store.take_draft(learner.id, "one", 0, START)


def test_text_typed_on_an_old_version_is_stale(learner: Learner) -> None:
    assert not store.is_stale(learner.id, 0, "one")
    store.save_draft(learner.id, "one", START)
    assert store.is_stale(learner.id, 0, "two")
    assert not store.is_stale(learner.id, 0, "one")
    assert not store.is_stale(learner.id, 1, "two")


def test_help_sticks_until_the_rules_are_removed(learner: Learner) -> None:
    store.mark_applied(learner.id, "made", START, assisted=True)
    store.mark_applied(learner.id, "made, then changed", START, assisted=False)
    row = store.find(learner.id)
    assert row is not None
    assert row.assisted
    store.mark_removed(learner.id, START)
    store.mark_applied(learner.id, "own", START, assisted=False)
    assert not row.assisted


def test_removal_can_be_undone_and_keeps_the_draft(learner: Learner) -> None:
    store.mark_applied(learner.id, "applied", START, assisted=True)
    store.mark_removed(learner.id, START)
    store.save_draft(learner.id, "typed later", START)
    row = store.find(learner.id)
    assert row is not None
    assert row.can_undo_removal
    store.mark_restored(learner.id, START, assisted=True)
    assert not row.can_undo_removal
    assert (row.text, row.applied_text, row.is_applied) == ("typed later", "applied", False)
