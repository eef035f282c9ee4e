"""Rule files applied to a real Prometheus, refused, taken back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.exc import OperationalError

from portal.alerts import store
from portal.alerts.editor import apply_learner_rules, remove_learner_rules, restore_learner_rules
from portal.learners.models import Learner
from portal.rulefolder.apply import Applied, Blame, Refused, apply_file, remove_file
from portal.rulefolder.folder import RuleFolder, learner_file, slo_file
from portal.rulefolder.reload import LoadState, Waited, next_second, wait_until_loaded
from portal.rulefolder.rules import LoadedState, RuleOrigin, loaded_rules
from portal.services import Services
from stack.prometheus_config import fingerprint
from tests.rulefolder.conftest import GOOD, PATIENCE, Lab

pytestmark = pytest.mark.stack

NAME = learner_file(1)
OTHER = GOOD.replace("TooManyErrors", "AnotherName")
BAD_PROMQL = GOOD.replace("vector(1) > 2", "sum(up")


def loaded_names(services: Services) -> list[str]:
    return [rule.name for rule in loaded_rules(services)]


def wait_for_names(services: Services, names: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while loaded_names(services) != names:
        assert time.monotonic() < deadline, loaded_names(services)
        time.sleep(0.05)


def wait_for_queries(services: Services, queries: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := [rule.query for rule in loaded_rules(services)]) != queries:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


@pytest.fixture
def applied(lab_services: Services) -> Applied:
    outcome = apply_file(lab_services, NAME, GOOD)
    assert isinstance(outcome, Applied), outcome
    return outcome


@pytest.fixture
def hand_written_breakage(lab: Lab) -> Iterator[None]:
    lab.write(
        "by-hand.yml", "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: 'up ==='}\n"
    )
    deadline = time.monotonic() + PATIENCE
    while lab.prometheus.runtimeinfo()["reloadConfigSuccess"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield
    (lab.rules / "by-hand.yml").unlink(missing_ok=True)
    while not lab.prometheus.runtimeinfo()["reloadConfigSuccess"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_good_rule_is_loaded(lab_services: Services, applied: Applied) -> None:
    assert [rule.name for group in applied.groups for rule in group.rules] == ["TooManyErrors"]
    [rule] = loaded_rules(lab_services)
    assert (rule.file, rule.origin, rule.learner_id) == (NAME, RuleOrigin.EDITOR, 1)
    assert (rule.group, rule.interval_s, rule.labels) == ("lab", 5, {"severity": "page"})
    assert rule.state in (LoadedState.NOT_EVALUATED, LoadedState.INACTIVE)


def test_a_lab_with_a_scrape_each_second_takes_rules_as_fast(lab_services: Services) -> None:
    """Prometheus evaluates what names no interval each second here, as such a lab's does."""
    settings = replace(lab_services.settings, scrape_interval=1)
    fast = replace(lab_services, settings=settings)
    without = apply_file(fast, NAME, GOOD.replace("    interval: 5s\n", ""))
    assert isinstance(without, Applied), without
    second = apply_file(fast, NAME, GOOD.replace("interval: 5s", "interval: 1s"))
    assert isinstance(second, Applied), second
    assert [group.interval_s for group in second.groups] == [1]


def test_the_same_text_again_is_no_change(
    lab: Lab, lab_services: Services, applied: Applied
) -> None:
    before = fingerprint(lab.config, lab.rules)
    kept: list[str] = []
    assert isinstance(apply_file(lab_services, NAME, GOOD, lambda: kept.append("kept")), Applied)
    assert fingerprint(lab.config, lab.rules) == before
    assert kept == ["kept"]  # the row may not know it yet


def test_changed_expression_is_loaded_before_the_answer(
    lab_services: Services, applied: Applied
) -> None:
    assert isinstance(apply_file(lab_services, NAME, GOOD.replace("> 2", "> 3")), Applied)
    [rule] = loaded_rules(lab_services)
    assert rule.query == "vector(1) > 3"


@pytest.mark.parametrize(
    ("text", "words", "line", "column"),
    [
        (BAD_PROMQL, "expression: unclosed left parenthesis", 6, 21),
        (GOOD.replace("interval", "intervall"), "field intervall not found", 3, None),
        ("apiVersion: 1\norg: 2\n" + GOOD, "rulefmt.RuleGroups (and 1 more)", 1, None),
        (GOOD + GOOD.removeprefix("groups:\n"), "repeated in the same file", 8, 5),
        (GOOD.replace("        labels", "        for: 5x\n        labels"), "5x", 7, None),
        (GOOD.replace("{severity: page}", "3"), "cannot unmarshal", 7, None),
        ("# nothing\n", "no rule", None, None),
        ("x" * (1 << 20), "larger than 64 KiB", None, None),
        ("a: &a [x]\nb: *a\n", "aliases", 1, 4),
    ],
    ids=[
        "promql",
        "unknown field",
        "grafana's",
        "duplicate",
        "duration",
        "type",
        "empty",
        "1 MB",
        "alias",
    ],
)
def test_text_that_promtool_refuses_is_never_written(
    services: Services, text: str, words: str, line: int | None, column: int | None
) -> None:
    outcome = apply_file(services, NAME, text)
    assert isinstance(outcome, Refused)
    assert words in outcome.reason
    assert "rules.yml" not in outcome.reason
    assert (outcome.line, outcome.column) == (line, column)
    assert outcome.blame is Blame.TEXT
    assert not RuleFolder.of(services.settings, services.limits.room).path.exists()


def test_refused_text_leaves_the_old_rules(
    lab_services: Services, folder: RuleFolder, applied: Applied
) -> None:
    assert isinstance(apply_file(lab_services, NAME, BAD_PROMQL), Refused)
    assert folder.read(NAME) == GOOD
    assert loaded_names(lab_services) == ["TooManyErrors"]


def test_removed_file_is_unloaded(
    lab_services: Services, folder: RuleFolder, applied: Applied
) -> None:
    assert isinstance(remove_file(lab_services, NAME), Applied)
    assert folder.read(NAME) is None
    assert loaded_names(lab_services) == []
    assert isinstance(remove_file(lab_services, NAME), Applied)


def test_files_of_several_origins_are_loaded_side_by_side(
    lab: Lab, lab_services: Services, applied: Applied
) -> None:
    lab.write("mine.yml", GOOD.replace("TooManyErrors", "ByHand"))
    assert isinstance(apply_file(lab_services, slo_file(1, "availability"), OTHER), Applied)
    wait_for_names(lab_services, ["TooManyErrors", "ByHand", "AnotherName"])
    assert [(rule.file, rule.origin) for rule in loaded_rules(lab_services)] == [
        (NAME, RuleOrigin.EDITOR),
        ("mine.yml", RuleOrigin.HAND),
        ("slo-1-availability.rules.yml", RuleOrigin.SLO),
    ]


def test_broken_file_of_somebody_else_is_named(
    lab_services: Services, folder: RuleFolder, applied: Applied, hand_written_breakage: None
) -> None:
    outcome = apply_file(lab_services, NAME, OTHER)
    assert isinstance(outcome, Refused)
    assert outcome.blame is Blame.LAB
    assert "by-hand.yml" in outcome.reason
    assert "unexpected" in outcome.reason
    assert folder.read(NAME) == GOOD


def test_file_that_breaks_while_ours_is_applied_takes_ours_back(
    lab: Lab, lab_services: Services, folder: RuleFolder, applied: Applied
) -> None:
    begin, rollback = RuleFolder.begin, RuleFolder.rollback

    def begin_beside_a_broken_file(self: RuleFolder, name: str, text: str | None) -> None:
        lab.write("by-hand.yml", "groups: 3\n")
        begin(self, name, text)

    def rollback_of_both(self: RuleFolder, name: str) -> str | None:
        (lab.rules / "by-hand.yml").unlink()
        return rollback(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleFolder, "begin", begin_beside_a_broken_file)
        patch.setattr(RuleFolder, "rollback", rollback_of_both)
        outcome = apply_file(lab_services, NAME, OTHER)
    assert isinstance(outcome, Refused)
    assert "by-hand.yml" in outcome.reason
    assert lab.prometheus.runtimeinfo()["reloadConfigSuccess"]  # seen, before the answer
    assert folder.read(NAME) == GOOD
    assert loaded_names(lab_services) == ["TooManyErrors"]


def test_the_answer_waits_until_what_was_taken_back_is_loaded_again(
    lab_services: Services,
    folder: RuleFolder,
    applied: Applied,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the next look at the rules shows those that the answer says are gone."""
    late = [Waited(reason="Prometheus was a moment too late.")]

    def loaded_and_not_told(*asked: Any) -> Waited:
        waited = wait_until_loaded(*asked)
        assert waited.loaded
        return late.pop() if late else waited

    monkeypatch.setattr("portal.rulefolder.apply.wait_until_loaded", loaded_and_not_told)
    outcome = apply_file(lab_services, NAME, OTHER)
    assert loaded_names(lab_services) == ["TooManyErrors"]
    assert isinstance(outcome, Refused)
    assert "a moment too late" in outcome.reason
    assert folder.read(NAME) == GOOD
    assert folder.unfinished() == []


def test_rules_that_do_not_appear_are_taken_back(
    lab_services: Services, applied: Applied, lab: Lab
) -> None:
    elsewhere = lab.rules.parent / "elsewhere"
    settings = replace(lab_services.settings, rules_dir=str(elsewhere), rules_wait=1)
    outcome = apply_file(replace(lab_services, settings=settings), NAME, OTHER)
    assert isinstance(outcome, Refused)
    assert outcome.blame is Blame.LAB
    assert "waited for 1 s" in outcome.reason
    assert list(elsewhere.iterdir()) == []


def test_unreachable_prometheus_changes_nothing(services: Services) -> None:
    outcome = apply_file(services, NAME, GOOD)
    assert isinstance(outcome, Refused)
    assert outcome.blame is Blame.LAB
    assert "can't be reached" in outcome.reason
    assert RuleFolder.of(services.settings, services.limits.room).read(NAME) is None


def test_next_call_heals_what_a_killed_portal_left(
    learner: Learner, lab_services: Services, folder: RuleFolder, applied: Applied
) -> None:
    folder.begin(NAME, GOOD.replace("> 2", "> 7"))  # and then the process was killed
    wait_for_queries(lab_services, ["vector(1) > 7"])
    assert isinstance(apply_file(lab_services, NAME, GOOD), Applied)
    assert folder.read(NAME) == GOOD
    assert [rule.query for rule in loaded_rules(lab_services)] == ["vector(1) > 2"]


def test_what_a_killed_portal_left_is_healed_and_loaded_before_another_file_is_written(
    learner: Learner,
    lab_services: Services,
    folder: RuleFolder,
    applied: Applied,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder.begin(NAME, GOOD.replace("> 2", "> 7"))  # and then the process was killed
    wait_for_queries(lab_services, ["vector(1) > 7"])
    begin, seen, held = RuleFolder.begin, list[str](), list[bool]()

    def noted_begin(self: RuleFolder, name: str, text: str | None) -> None:
        seen.extend(rule.query for rule in loaded_rules(lab_services))
        begin(self, name, text)

    def noted_second(before: LoadState) -> None:
        held.append(folder.holds(NAME, GOOD))
        next_second(before)

    monkeypatch.setattr(RuleFolder, "begin", noted_begin)
    monkeypatch.setattr("portal.rulefolder.apply.next_second", noted_second)
    other = slo_file(1, "availability")
    assert isinstance(apply_file(lab_services, other, OTHER), Applied)
    assert seen == ["vector(1) > 2"]
    # Prometheus tells whole seconds: a load in the second of the one before would not be seen.
    assert held == [False, True]
    assert folder.read(NAME) == GOOD
    assert folder.unfinished() == []
    wait_for_queries(lab_services, ["vector(1) > 2", "vector(1) > 2"])


def test_a_removal_heals_too(
    learner: Learner, lab_services: Services, folder: RuleFolder, applied: Applied
) -> None:
    store.mark_applied(learner.id, GOOD, lab_services.clock(), assisted=False)
    folder.begin(NAME, None)  # and then the process was killed
    wait_for_names(lab_services, [])
    assert isinstance(remove_file(lab_services, slo_file(1, "availability")), Applied)
    assert folder.read(NAME) == GOOD
    assert loaded_names(lab_services) == ["TooManyErrors"]


def test_interrupted_wait_takes_the_file_back(
    lab_services: Services, folder: RuleFolder, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("portal.rulefolder.apply.wait_until_loaded", interrupted)
    with pytest.raises(KeyboardInterrupt):
        apply_file(lab_services, NAME, OTHER)
    assert folder.read(NAME) == GOOD


def test_refused_text_of_a_learner_is_kept(lab_services: Services, learner: Learner) -> None:
    assert isinstance(apply_learner_rules(lab_services, learner, BAD_PROMQL), Refused)
    row = store.find(learner.id)
    assert row is not None
    assert row.text == BAD_PROMQL
    assert row.applied_text is None


def test_learners_rules_are_removed_and_put_back(
    lab_services: Services, folder: RuleFolder, learner: Learner
) -> None:
    windows_text = GOOD.replace("\n", "\r\n")
    assert isinstance(
        apply_learner_rules(lab_services, learner, windows_text, assisted=True), Applied
    )
    row = store.find(learner.id)
    assert row is not None
    assert (row.text, row.is_applied, row.assisted) == (GOOD, True, True)

    assert isinstance(remove_learner_rules(lab_services, learner, "# a new idea"), Applied)
    assert row.can_undo_removal
    assert loaded_names(lab_services) == []

    assert isinstance(restore_learner_rules(lab_services, learner), Applied)
    assert folder.read(learner_file(learner.id)) == GOOD
    assert (row.text, row.applied_text, row.assisted) == ("# a new idea", GOOD, True)
    assert isinstance(restore_learner_rules(lab_services, learner), Refused)


def test_state_from_before_a_reload_is_not_credited(lab_services: Services) -> None:
    fires = GOOD.replace("> 2", "> 0")
    assert isinstance(apply_file(lab_services, NAME, fires), Applied)
    deadline = time.monotonic() + PATIENCE
    while loaded_rules(lab_services)[0].state is not LoadedState.FIRING:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert isinstance(apply_file(lab_services, NAME, GOOD), Applied)
    [told] = lab_services.prometheus.rules()
    [rule] = loaded_rules(lab_services)
    if rule.last_evaluation is None:  # Prometheus still hands on the old state
        assert told.rules[0].state == "firing"
    assert rule.state is not LoadedState.FIRING


def test_rules_whose_row_can_t_be_saved_are_taken_back(
    lab_services: Services, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded rules that no row knows could be neither seen nor removed."""
    full = OperationalError("UPDATE", {}, sqlite3.OperationalError("database or disk is full"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "mark_applied", Mock(side_effect=full))
        with pytest.raises(OperationalError):
            apply_learner_rules(lab_services, learner, GOOD)
    folder = RuleFolder.of(lab_services.settings, lab_services.limits.room)
    assert folder.holds(learner_file(learner.id), None)
    assert folder.unfinished() == []
    wait_for_names(lab_services, [])
    assert isinstance(apply_learner_rules(lab_services, learner, GOOD), Applied)
    row = store.find(learner.id)
    assert row is not None
    assert not row.assisted
    with monkeypatch.context() as patch:
        patch.setattr(store, "mark_removed", Mock(side_effect=full))
        with pytest.raises(OperationalError):
            remove_learner_rules(lab_services, learner)
    wait_for_names(lab_services, ["TooManyErrors"])
