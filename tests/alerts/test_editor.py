"""What stands in the editor is kept before anything else, unless it can't be."""

from __future__ import annotations

import pytest

from portal.alerts import store
from portal.alerts.editor import apply_learner_rules, keep_typed
from portal.learners.models import Learner
from portal.rulefile.outline import MAX_BYTES
from portal.services import Services
from tests.rulefolder.conftest import GOOD


def kept(learner: Learner) -> str | None:
    row = store.find(learner.id)
    return row.text if row else None


def test_what_is_typed_is_kept(services: Services, learner: Learner) -> None:
    assert keep_typed(services, learner, GOOD, 0)
    assert kept(learner) == GOOD


@pytest.mark.parametrize(
    "typed",
    ["", " \n", GOOD + "\x00", "ä" * MAX_BYTES],
    ids=["nothing", "blank", "what no database takes", "too much"],
)
def test_what_can_not_be_kept_takes_nothings_place(
    services: Services, learner: Learner, typed: str
) -> None:
    keep_typed(services, learner, GOOD, 0)
    assert keep_typed(services, learner, typed, 1)
    assert not keep_typed(services, learner, typed, 7)  # another tab was there meanwhile
    apply_learner_rules(services, learner, typed)
    assert kept(learner) == GOOD


def test_another_tabs_text_is_not_written_over(services: Services, learner: Learner) -> None:
    keep_typed(services, learner, "# one", 0)
    keep_typed(services, learner, "# two", 1)
    assert not keep_typed(services, learner, "# three", 1)
    assert kept(learner) == "# two"
