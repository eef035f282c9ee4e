"""SLOs in the database: sent twice is saved once, and no name hides a page."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from portal.learners.models import Learner
from portal.limits import RoomLimits
from portal.objectives.store import (
    PAGES,
    TooManySLOsError,
    add_slo,
    delete_slo,
    find_slo,
    import_documents,
    least_budget,
    list_slos,
    restore_slo,
    save_slo,
)
from portal.slo.objective import MAX_TITLE, MAX_WHY, SLO, SLIKind
from portal.slo.openslo import OpenSLOError, dumps
from tests.conftest import START

pytestmark = pytest.mark.both_databases

AVAILABILITY = SLO("availability", SLIKind.AVAILABILITY, 0.99, why="Users notice.")


def names(learner: Learner) -> list[str]:
    return [row.name for row in list_slos(learner.id)]


def history(learner: Learner, name: str) -> list[str]:
    row = find_slo(learner.id, name)
    return [revision.what for revision in row.revisions] if row else []


def test_the_same_slo_sent_twice_is_one(learner: Learner) -> None:
    first = add_slo(learner.id, AVAILABILITY, START)
    assert add_slo(learner.id, AVAILABILITY, START) is first
    assert names(learner) == ["availability"]


def test_another_one_of_that_name_gets_a_name_of_its_own(learner: Learner) -> None:
    add_slo(learner.id, AVAILABILITY, START)
    add_slo(learner.id, SLO("availability", SLIKind.AVAILABILITY, 0.9), START)
    assert names(learner) == ["availability", "availability-2"]


def test_the_least_budget_is_that_of_the_highest_objective(learner: Learner) -> None:
    assert least_budget(learner.id) is None
    for objective in (0.9, 0.999, 0.99):
        add_slo(learner.id, SLO("slo", SLIKind.AVAILABILITY, objective), START)
    assert least_budget(learner.id) == 0.001


def test_pages_that_save_at_once_overwrite_nothing(app: Flask, learner: Learner) -> None:
    learner_id = learner.id
    objectives = [0.9, 0.9, 0.95, 0.99]

    def page(objective: float) -> None:
        with app.app_context():
            add_slo(learner_id, SLO("slo", SLIKind.AVAILABILITY, objective), START)

    with ThreadPoolExecutor(len(objectives)) as pool:
        list(pool.map(page, objectives))
    kept = [row.objective for row in list_slos(learner_id)]
    assert set(kept) == set(objectives)


def test_an_edit_that_changes_nothing_leaves_no_trace(learner: Learner) -> None:
    row = add_slo(learner.id, AVAILABILITY, START)
    save_slo(learner.id, AVAILABILITY, START)
    restore_slo(row, START)
    assert history(learner, "availability") == ["created"]
    delete_slo(row, START)
    restore_slo(row, START)
    restore_slo(row, START)
    assert history(learner, "availability") == ["created", "deleted", "restored"]


def test_no_slo_takes_the_address_of_a_page(app: Flask, learner: Learner) -> None:
    addresses = (re.fullmatch(r"/slos/([a-z0-9-]+)", r.rule) for r in app.url_map.iter_rules())
    assert {found[1] for found in addresses if found} == PAGES
    for page in sorted(PAGES):
        row = add_slo(learner.id, SLO(page, SLIKind.AVAILABILITY, 0.9, title=page), START)
        assert row.name == f"{page}-2"
        with pytest.raises(OpenSLOError, match="a page of the portal has this name"):
            import_documents(dumps([SLO(page, SLIKind.AVAILABILITY, 0.9)]))


def test_an_import_is_taken_over_whole_or_not_at_all(learner: Learner) -> None:
    long = SLO("long", SLIKind.AVAILABILITY, 0.9, why="w" * (MAX_WHY + 1))
    with pytest.raises(OpenSLOError, match="SLO long: its reason has more than 2,000 characters"):
        import_documents(dumps([AVAILABILITY, long]))
    titled = dumps([SLO("titled", SLIKind.AVAILABILITY, 0.9, title="T")])
    with pytest.raises(OpenSLOError, match="displayName has more than 80"):
        import_documents(titled.replace("displayName: T", f"displayName: {'T' * (MAX_TITLE + 1)}"))
    assert names(learner) == []
    assert import_documents(dumps([AVAILABILITY])) == ["availability"]
    assert names(learner) == ["availability"]


def test_fifty_slos_are_enough(learner: Learner) -> None:
    for n in range(RoomLimits.slos):
        save_slo(learner.id, SLO(f"slo-{n}", SLIKind.AVAILABILITY, 0.9, title=f"{n}"), START)
    first, another = list_slos(learner.id)[0].value, SLO("one-more", SLIKind.AVAILABILITY, 0.95)
    with pytest.raises(TooManySLOsError, match="You have 50 SLOs"):
        add_slo(learner.id, another, START)
    with pytest.raises(TooManySLOsError):
        import_documents(dumps([first, another]))
    assert import_documents(dumps([first])) == ["slo-0"]
    assert add_slo(learner.id, first, START).name == "slo-0"
    assert len(list_slos(learner.id)) == RoomLimits.slos
