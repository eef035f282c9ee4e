"""Answers, texts set aside, submissions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from portal.kit.db import db
from portal.learners.models import Learner
from portal.reflections import store
from portal.reflections.models import SetAside
from portal.reflections.questions import MAX_BYTES
from portal.reflections.store import Draft, Keep, KeptAnswer, SaveResult, SaveStatus
from tests.conftest import START
from tests.reflections.conftest import ANSWERS

pytestmark = pytest.mark.both_databases

LATER = START + timedelta(minutes=5)


def save(learner: Learner, text: str, version: int = 0, tab: str = "one") -> SaveResult:
    return store.save_answer(learner.id, Draft.of("slis", text, version, tab), START)


def kept(learner: Learner) -> KeptAnswer:
    return store.kept_answers(learner.id)["slis"]


def set_aside(learner: Learner) -> list[str]:
    return [row.text for row in store.set_aside(learner.id)]


def a_conflict(learner: Learner) -> SaveResult:
    save(learner, "the first tab's")
    return save(learner, "the second tab's", tab="two")


def test_every_question_has_an_answer_from_the_start(learner: Learner) -> None:
    assert store.answers(learner.id) == {"slis": "", "slos": "", "scale": "", "struggle": ""}


def test_a_saved_answer_is_read_back_with_its_version(learner: Learner) -> None:
    saved = save(learner, "Availability\r\nand latency")
    assert saved.status is SaveStatus.SAVED
    assert kept(learner) == KeptAnswer("Availability\nand latency", 1, START)


def test_the_next_save_goes_on_from_the_version_before(learner: Learner) -> None:
    first = save(learner, "one")
    assert save(learner, "two", first.kept.version, tab="reloaded").kept.text == "two"


def test_the_same_tab_may_repeat_a_save_whose_answer_it_never_got(learner: Learner) -> None:
    save(learner, "one")
    assert save(learner, "one and more", version=0).status is SaveStatus.SAVED
    assert kept(learner).text == "one and more"


def test_saving_the_same_text_again_changes_nothing(learner: Learner) -> None:
    save(learner, "one")
    assert save(learner, "one", tab="two").status is SaveStatus.SAVED
    assert kept(learner) == KeptAnswer("one", 1, START)


def test_an_empty_answer_that_was_never_written_is_not_written(learner: Learner) -> None:
    save(learner, "")
    assert kept(learner) == KeptAnswer()


def test_a_later_tab_does_not_overwrite_newer_text(learner: Learner) -> None:
    saved = a_conflict(learner)
    assert saved.status is SaveStatus.CONFLICT
    assert saved.kept.text == "the first tab's"
    assert kept(learner).text == "the first tab's"


def test_the_later_tabs_text_is_set_aside_once_however_often_it_is_sent(learner: Learner) -> None:
    a_conflict(learner)
    save(learner, "the second tab's, and more", tab="two")
    assert set_aside(learner) == ["the second tab's, and more"]


def test_the_first_tab_is_told_as_well_once_the_second_was_kept(learner: Learner) -> None:
    a_conflict(learner)
    store.choose(learner.id, Draft.of("slis", "the second tab's", 1, "two"), Keep.MINE, START)
    assert save(learner, "the first tab goes on", 1).status is SaveStatus.CONFLICT


def test_choosing_mine_sets_the_other_text_aside(learner: Learner) -> None:
    a_conflict(learner)
    mine = Draft.of("slis", "the second tab's", 1, "two")
    saved = store.choose(learner.id, mine, Keep.MINE, START)
    assert saved.kept.text == "the second tab's"
    assert set_aside(learner) == ["the first tab's"]


def test_choosing_the_other_text_sets_mine_aside_for_good(learner: Learner) -> None:
    a_conflict(learner)
    mine = Draft.of("slis", "mine, with an end", 1, "two")
    saved = store.choose(learner.id, mine, Keep.THEIRS, START)
    assert saved.kept.text == "the first tab's"
    save(learner, "the second tab goes on", saved.kept.version, tab="two")
    assert set_aside(learner) == ["mine, with an end"]


def test_choosing_both_keeps_one_after_the_other(learner: Learner) -> None:
    a_conflict(learner)
    mine = Draft.of("slis", "the second tab's", 1, "two")
    assert store.choose(learner.id, mine, Keep.BOTH, START).kept.text == (
        "the first tab's\n\nthe second tab's"
    )
    assert set_aside(learner) == []


def test_both_texts_together_may_be_too_long(learner: Learner) -> None:
    save(learner, "a" * 30_000)
    save(learner, "b" * 30_000, tab="two")
    mine = Draft.of("slis", "b" * 30_000, 1, "two")
    saved = store.choose(learner.id, mine, Keep.BOTH, START)
    assert saved.status is SaveStatus.TOO_LONG
    assert saved.draft.text == "a" * 30_000 + "\n\n" + "b" * 30_000
    assert kept(learner).text == "a" * 30_000
    assert set_aside(learner) == ["b" * 30_000]


def test_a_text_over_the_limit_is_not_set_aside_either(learner: Learner) -> None:
    store.save_answer(learner.id, Draft.of("slis", "short", tab="a"), START)
    for keep in Keep:
        mine = Draft.of("slis", "x" * (MAX_BYTES + 1), version=1, tab="b")
        saved = store.choose(learner.id, mine, keep, START)
        assert (saved.status, saved.draft.text) == (SaveStatus.TOO_LONG, mine.text)
    assert store.answers(learner.id)["slis"] == "short"
    assert list(store.set_aside(learner.id)) == []


def test_a_choice_made_against_an_outdated_text_is_a_conflict_again(learner: Learner) -> None:
    a_conflict(learner)
    save(learner, "the first tab went on", 1)
    for keep in (Keep.MINE, Keep.BOTH):
        mine = Draft.of("slis", "the second tab's", 1, "two")
        assert store.choose(learner.id, mine, keep, START).status is SaveStatus.CONFLICT
    assert kept(learner).text == "the first tab went on"


def test_a_text_over_the_limit_is_refused_and_what_was_kept_stays(learner: Learner) -> None:
    save(learner, "short")
    saved = save(learner, "x" * (MAX_BYTES + 1), 1)
    assert saved.status is SaveStatus.TOO_LONG
    assert len(saved.draft.text) == MAX_BYTES + 1
    assert kept(learner).text == "short"


def test_a_text_of_exactly_the_limit_on_one_line_is_saved(learner: Learner) -> None:
    assert save(learner, "x" * MAX_BYTES).status is SaveStatus.SAVED
    assert len(kept(learner).text) == MAX_BYTES


def test_a_text_set_aside_can_be_put_at_the_end(learner: Learner) -> None:
    a_conflict(learner)
    row = store.set_aside(learner.id)[0]
    answer = Draft.of("slis", "the first tab's", 1, "three")
    saved = store.append_set_aside(learner.id, answer, row, START)
    assert saved.kept.text == "the first tab's\n\nthe second tab's"
    assert set_aside(learner) == []


def test_what_does_not_fit_stays_set_aside(learner: Learner) -> None:
    save(learner, "a" * 30_000)
    save(learner, "b" * 30_000, tab="two")
    row = store.set_aside(learner.id)[0]
    answer = Draft.of("slis", "a" * 30_000, 1, "three")
    saved = store.append_set_aside(learner.id, answer, row, START)
    assert saved.status is SaveStatus.TOO_LONG
    assert set_aside(learner) == ["b" * 30_000]


def test_of_many_tabs_at_once_one_wins_and_the_others_are_set_aside(
    app: Flask, learner: Learner
) -> None:
    learner_id = learner.id

    def one(number: int) -> SaveStatus:
        with app.app_context():
            draft = Draft.of("slis", f"text of tab {number}", 0, f"tab {number}")
            return store.save_answer(learner_id, draft, START).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(one, range(8)))
    assert statuses.count(SaveStatus.SAVED) == 1
    found = {kept(learner).text, *set_aside(learner)}
    assert found == {f"text of tab {number}" for number in range(8)}


def submit(learner: Learner, key: str) -> int:
    return store.submit(learner.id, key, ANSWERS, {"kept": key}, START).number


def test_submissions_are_numbered_from_one_and_the_newest_comes_first(learner: Learner) -> None:
    assert [submit(learner, "a"), submit(learner, "b")] == [1, 2]
    assert [row.number for row in store.submissions(learner.id)] == [2, 1]
    latest = store.latest_submission(learner.id)
    assert latest is not None
    assert (latest.number, latest.answers, latest.evidence) == (2, ANSWERS, {"kept": "b"})


def test_the_same_key_is_the_same_submission(learner: Learner) -> None:
    assert [submit(learner, "a"), submit(learner, "b"), submit(learner, "a")] == [1, 2, 1]


def test_submissions_at_the_same_time_get_a_number_each(app: Flask, learner: Learner) -> None:
    learner_id = learner.id

    def one(key: int) -> int:
        with app.app_context():
            return store.submit(learner_id, str(key), ANSWERS, {}, START).number

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(one, range(3))) == [1, 2, 3]


def test_there_is_no_latest_submission_before_the_first(learner: Learner) -> None:
    assert store.latest_submission(learner.id) is None


def test_a_submission_of_another_learner_is_not_found(learner: Learner) -> None:
    submit(learner, "a")
    assert store.find_submission(learner.id + 1, 1) is None


def test_too_short_names_the_questions_without_an_answer() -> None:
    assert store.too_short({**ANSWERS, "scale": "too short", "slis": " " * 50}) == ["slis", "scale"]


def test_cleared_reflections_are_empty(learner: Learner) -> None:
    a_conflict(learner)
    submit(learner, "a")
    store.clear(learner.id, LATER)
    db.session.commit()
    assert kept(learner).text == ""
    assert set_aside(learner) == []
    assert store.latest_submission(learner.id) is None


def test_a_tab_from_before_a_reset_is_told_before_it_writes_its_old_text(learner: Learner) -> None:
    save(learner, "from before")
    store.clear(learner.id, LATER)
    db.session.commit()
    assert save(learner, "from before, and more", 1).status is SaveStatus.CONFLICT
    assert kept(learner).text == ""
    assert db.session.query(SetAside).one().text == "from before, and more"
