"""Starting over deletes what was asked for, and nothing else."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from unittest.mock import Mock

import pytest
from sqlalchemy import Column, MetaData, Table, func, select
from sqlalchemy.exc import OperationalError

from portal.alerts import record
from portal.alerts import store as rule_texts
from portal.annotations import store as burst_annotations
from portal.bursts.models import Burst, BurstState
from portal.criteria import store as verdicts
from portal.criteria.base import Status, Verdict
from portal.features import CLEARINGS
from portal.kit.clearing import Clearing
from portal.kit.db import Loss, db
from portal.learners.beginnings import LAB
from portal.learners.models import Learner, Service
from portal.objectives.store import delete_slo, list_slos
from portal.reflections import store as reflections
from portal.reflections.store import Draft
from portal.reset.scopes import (
    ResetRefusedError,
    Scope,
    find_scope,
    losses,
    reset,
    scopes,
)
from portal.rulefolder.folder import RuleFolder, RuleFolderError, learner_file, slo_file
from portal.services import Services
from portal.steps import store as marks
from portal.steps.catalog import load
from portal.workbench import store as workbench
from tests.conftest import START
from tests.reflections.conftest import ANSWERS, do_some_work

NOT_COUNTED = {
    "stored_verdict",
    "step_progress",
    "reflection_answer",
    "alert_watch",
    "kept_alert",
    "burst_annotation",
}
"""Tables whose rows are ticks, are counted otherwise, or belong to a burst's record."""


WHO = {"service", "beginning"}
"""Who the learner is stays, and how often they started over."""
REFLECTIONS = "reflections"


def scope(name: str) -> Scope:
    found = find_scope(name)
    assert found is not None
    return found


def do_everything(services: Services, learner: Learner) -> None:
    """Something in every table, of every step."""
    do_some_work(learner, START)
    burst = db.session.scalars(select(Burst)).one()
    db.session.add(_calm_burst(learner))
    db.session.commit()
    workbench.rename(learner.id, "Our shop")
    workbench.add_panel(learner.id, "Availability", "up", "percent", START)
    workbench.hand_in(learner.id, "mine.json", "{}", START)
    rule_texts.save_draft(learner.id, "groups: []", START)
    folder = RuleFolder.of(services.settings, services.limits.room)
    with folder.locked(1):
        for name in (learner_file(learner.id), slo_file(learner.id, "availability")):
            folder.begin(name, "groups: []")
            folder.commit(name)
    record.claim(burst, "somebody", START)
    burst_annotations.claim(burst, "somebody", START, services.limits.annotation)
    for question_id, text in ANSWERS.items():
        reflections.save_answer(learner.id, Draft.of(question_id, text), START)
    reflections.submit(learner.id, "key", ANSWERS, {}, START)
    for step in load():
        marks.mark_read(learner.id, step.id, START)
        for criterion_id in step.criteria:
            verdicts.save(learner.id, criterion_id, _met(), START)


def _met() -> Verdict:
    return Verdict(Status.MET, "code", "Headline", "seen", "needed")


def _calm_burst(learner: Learner, state: BurstState = BurstState.FINISHED) -> Burst:
    return Burst(
        learner_id=learner.id,
        key=f"calm {state}",
        preset="steady",
        title="Steady traffic",
        spec={"duration": 60},
        state=state,
        requested_at=START,
        heartbeat_at=START + timedelta(seconds=60),
        counts={"sent": 100, "good": 100},
    )


def rows() -> dict[str, int]:
    """How many rows each table has."""
    counted = {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in db.metadata.sorted_tables
    }
    return {name: number for name, number in counted.items() if number}


def rule_file(services: Services, learner: Learner) -> str | None:
    return RuleFolder.of(services.settings, services.limits.room).read(learner_file(learner.id))


def generated_file(services: Services, learner: Learner) -> str | None:
    return RuleFolder.of(services.settings, services.limits.room).read(
        slo_file(learner.id, "availability")
    )


def test_the_whole_lab_leaves_the_learner_and_empty_answers(
    learner: Learner, services: Services
) -> None:
    do_everything(services, learner)
    reset(services, learner, scope(LAB))
    assert rows() == {"learner": 1, "service": 1, "beginning": 1, "reflection_answer": 4}
    assert set(reflections.answers(learner.id).values()) == {""}
    assert rule_file(services, learner) is None
    assert generated_file(services, learner) is None
    # Else the next change of rules would take them for half done, and put them back.
    assert RuleFolder.of(services.settings, services.limits.room).unfinished() == []


def test_another_learners_work_stays(learner: Learner, services: Services) -> None:
    other = Learner(name="other", created_at=START)
    other.service = Service(job="other-app")
    db.session.add(other)
    db.session.commit()
    do_everything(services, other)
    before = rows()
    reset(services, learner, scope(LAB))
    assert rows() == before | {"beginning": 1}
    assert rule_file(services, other) == "groups: []"
    assert generated_file(services, other) == "groups: []"


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("preflight", {}),
        ("dashboard", {"workbench_dashboard": 1, "workbench_panel": 1, "handed_in_dashboard": 1}),
        ("slo", {"slo": 1, "slo_revision": 1}),
        (
            "break-it",
            {
                "burst": 1,
                "burst_annotation": 1,
                "impact_statement": 1,
                "alert_watch": 1,
                "kept_alert": 1,
            },
        ),
        ("alert", {"alert_rule_text": 1}),
        ("user-impact", {"impact_statement": 1}),
        (REFLECTIONS, {"reflection_submission": 1}),
    ],
)
def test_one_step_takes_its_own_work_and_tick_alone(
    learner: Learner, services: Services, name: str, gone: dict[str, int]
) -> None:
    do_everything(services, learner)
    before = rows()
    reset(services, learner, scope(name))
    ticks = {"step_progress": 1, "stored_verdict": 0 if name == "break-it" else 1}
    expected = {t: n - (gone | ticks).get(t, 0) for t, n in before.items()} | {"beginning": 1}
    assert rows() == {table: number for table, number in expected.items() if number}
    assert (rule_file(services, learner) is None) is (name == "alert")
    assert (generated_file(services, learner) is None) is (name in {"alert", "slo"})


def test_a_reset_of_the_reflections_empties_the_answers(
    learner: Learner, services: Services
) -> None:
    do_everything(services, learner)
    reset(services, learner, scope(REFLECTIONS))
    assert set(reflections.answers(learner.id).values()) == {""}
    assert len(list_slos(learner.id)) == 1


def test_the_reflections_step_and_the_reflections_are_the_same(learner: Learner) -> None:
    assert find_scope("what-you-learned") == find_scope(REFLECTIONS)


def test_twice_is_as_once(learner: Learner, services: Services) -> None:
    do_everything(services, learner)
    for _ in range(2):
        reset(services, learner, scope(LAB))
    assert losses(services, learner, scope(LAB)) == []


@pytest.mark.parametrize("name", [LAB, "break-it"])
def test_nothing_is_deleted_while_a_burst_runs(
    learner: Learner, services: Services, name: str
) -> None:
    do_everything(services, learner)
    db.session.add(_calm_burst(learner, BurstState.RUNNING))
    db.session.commit()
    before = rows()
    with pytest.raises(ResetRefusedError, match="A burst is running"):
        reset(services, learner, scope(name))
    assert rows() == before
    assert rule_file(services, learner) == "groups: []"


def test_losses_are_said_in_numbers(learner: Learner, services: Services) -> None:
    do_everything(services, learner)
    assert losses(services, learner, scope("slo")) == ["1 SLO", "1 file of rules in Prometheus"]
    assert losses(services, learner, scope("traffic")) == []
    assert losses(services, learner, scope(REFLECTIONS)) == [
        "1 submission of your reflections",
        "4 answers",
    ]
    assert "2 bursts with their records" in losses(services, learner, scope(LAB))


def test_what_hangs_from_it_and_the_applied_rules_are_losses_too(
    learner: Learner, services: Services
) -> None:
    do_everything(services, learner)
    assert losses(services, learner, scope("break-it")) == [
        "1 burst with its record",
        "1 statement of user impact",
    ]
    assert losses(services, learner, scope("alert")) == [
        "1 text in the rule editor",
        "2 files of rules in Prometheus",
    ]


def test_what_the_learner_deleted_is_no_loss(learner: Learner, services: Services) -> None:
    do_everything(services, learner)
    delete_slo(list_slos(learner.id)[0], START)
    workbench.remove_panel(workbench.panels(learner.id)[0], START)
    assert "1 SLO" not in losses(services, learner, scope("slo"))
    assert not [loss for loss in losses(services, learner, scope("dashboard")) if "panel" in loss]
    reset(services, learner, scope(LAB))
    assert not {"slo", "workbench_panel"} & set(rows())


def test_every_table_of_a_learner_has_words_for_its_loss(learner: Learner) -> None:
    owned = {t.name: Loss.of(t) for t in db.metadata.sorted_tables if "learner_id" in t.c}
    silent = {name for name, loss in owned.items() if not loss.one or not loss.many}
    assert silent - WHO == NOT_COUNTED


def uncleared(tables: Iterable[Table], clearings: Iterable[Clearing]) -> set[str]:
    """The tables with a learner's rows for which no room answers, or more than one."""
    answered = Counter(table.name for one in clearings for table in one.tables)
    owned = {table.name for table in tables if "learner_id" in table.c}
    return {name for name in owned | answered.keys() if answered[name] != 1}


def test_every_table_of_a_learner_is_cleared_by_one_room(learner: Learner) -> None:
    assert uncleared(db.metadata.sorted_tables, CLEARINGS) == WHO


def test_a_table_that_no_room_clears_is_found() -> None:
    made_up = Table("made_up", MetaData(), Column("learner_id"))
    assert uncleared([made_up], ()) == {"made_up"}
    assert uncleared([Burst.__table__], [Clearing(Burst)]) == set()
    assert uncleared([Burst.__table__], [Clearing(Burst), Clearing(Burst)]) == {"burst"}


def test_every_step_and_column_that_a_loss_names_exists(learner: Learner) -> None:
    steps = {step.id for step in load()}
    for table in db.metadata.sorted_tables:
        loss = Loss.of(table)
        assert loss.step in {"", *steps}
        assert loss.undo in {"", *table.c.keys()}
    assert {s.id for s in scopes()} == steps - {"what-you-learned"} | {LAB, REFLECTIONS}


def test_a_reset_that_can_t_be_saved_leaves_the_rules(
    learner: Learner, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and rows go together, or neither does."""
    do_everything(services, learner)
    before, kept = rows(), (rule_file(services, learner), generated_file(services, learner))
    full = OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
    with monkeypatch.context() as patch:
        patch.setattr(db.session, "commit", Mock(side_effect=full))
        with pytest.raises(OperationalError):
            reset(services, learner, scope(LAB))
    db.session.rollback()
    assert (rule_file(services, learner), generated_file(services, learner)) == kept
    assert None not in kept
    assert rows() == before
    folder = RuleFolder.of(services.settings, services.limits.room)
    assert folder.unfinished() == []
    reset(services, learner, scope(LAB))
    assert rule_file(services, learner) is None


def test_the_rules_are_gone_before_the_rows_are_and_no_other_change_comes_between(
    learner: Learner, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portal that is killed meanwhile leaves a note for each file, which puts it back."""
    do_everything(services, learner)
    folder = RuleFolder.of(services.settings, services.limits.room)
    seen: list[list[str]] = []
    commit = db.session.commit

    def noted_commit() -> None:
        seen.append(sorted(folder.unfinished()))
        assert folder.files_of(learner.id) == []
        with pytest.raises(RuleFolderError, match="just now"), folder.locked(0):
            pytest.fail("another change came between")
        commit()

    with monkeypatch.context() as patch:
        patch.setattr(db.session, "commit", noted_commit)
        reset(services, learner, scope("alert"))
    both = [learner_file(learner.id), slo_file(learner.id, "availability")]
    assert seen[-1] == sorted(both)
