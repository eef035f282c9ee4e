"""The folder of rule files: names, whole writes, the way back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from portal.config import Settings
from portal.limits import RoomLimits
from portal.rulefolder.folder import RuleFolder, RuleFolderError, learner_file, slo_file

NAME = learner_file(1)


@pytest.fixture
def rules(settings: Settings) -> RuleFolder:
    return RuleFolder.of(settings, RoomLimits())


def names(folder: RuleFolder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_committed_change_stays(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        rules.commit(NAME)
        assert rules.heal() == []
    assert rules.read(NAME) == "one"
    assert names(rules) == [NAME]


def test_rollback_brings_back_what_was_there(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        rules.commit(NAME)
        rules.begin(NAME, "two")
        assert rules.read(NAME) == "two"
        assert rules.rollback(NAME) == "one"
        rules.begin(NAME, None)
        assert rules.read(NAME) is None
        assert rules.rollback(NAME) == "one"


def test_rollback_of_a_new_file_removes_it(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        assert rules.rollback(NAME) is None
    assert names(rules) == []


def test_change_that_nobody_finished_is_undone(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        rules.commit(NAME)
        rules.begin(NAME, "two")
        (rules.path / f"{NAME}.new").write_text("half a fi")
    with rules.locked(1):
        assert rules.heal() == [NAME]
    assert rules.read(NAME) == "one"
    assert names(rules) == [NAME]


def test_a_change_that_was_noted_and_not_made_leaves_the_file_and_no_draft(
    rules: RuleFolder,
) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        rules.commit(NAME)
        rules.begin(NAME, "one")
        (rules.journal / ".learner-1.rules.yml.json.7.ab.new").write_text("half a no")
        (rules.journal / "by-hand.json").write_text("{}")
    with rules.locked(1):
        assert rules.unfinished() == [NAME]
        assert rules.heal() == []
    assert rules.read(NAME) == "one"
    assert sorted(path.name for path in rules.journal.iterdir()) == ["by-hand.json", "lock"]


def test_a_change_that_can_not_be_written_is_not_left_half_done(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        rules.commit(NAME)
        with pytest.raises(RuleFolderError, match="not readable as text"):
            rules.begin(NAME, "\ud800")
        assert rules.unfinished() == []
    assert rules.read(NAME) == "one"


WRITER = """
import sys
from pathlib import Path
from portal.rulefolder.folder import RuleFolder
folder = RuleFolder(Path(sys.argv[1]), Path(sys.argv[2]))
while True:
    for text in ("one" * 2000, "two" * 2000, None):
        with folder.locked(5):
            folder.heal()
            folder.begin("learner-1.rules.yml", text)
            print(text, flush=True)
            folder.commit("learner-1.rules.yml")
"""


def test_writer_killed_at_any_moment_leaves_a_whole_file(rules: RuleFolder) -> None:
    command = [sys.executable, "-c", WRITER, str(rules.path), str(rules.journal)]
    for delay in (0.0, 0.003, 0.011, 0.02, 0.05):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(delay)
            writer.kill()
        with rules.locked(1):
            rules.heal()
            assert rules.unfinished() == []
        assert rules.read(NAME) in {"one" * 2000, "two" * 2000, None}
        assert set(names(rules)) <= {NAME}


def test_torn_journal_touches_nothing(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
        (rules.journal / f"{NAME}.json").write_text('{"te')
        assert rules.heal() == []
        assert rules.unfinished() == []
    assert rules.read(NAME) == "one"


@pytest.mark.parametrize(
    "name",
    [
        "../x.rules.yml",
        "mine.yml",
        "learner-.rules.yml",
        "slo-1-A.rules.yml",
        "slo-a.rules.yml",
        "slo-1-a.rules.yml\n",
    ],
)
def test_only_our_names_are_written(rules: RuleFolder, name: str) -> None:
    with rules.locked(1), pytest.raises(RuleFolderError, match="not the name"):
        rules.begin(name, "text")


def test_our_names_are_ours(rules: RuleFolder) -> None:
    with rules.locked(1):
        for name in (learner_file(12), slo_file(12, "flask-app-availability")):
            rules.begin(name, "text")
            rules.commit(name)
            assert rules.read(name) == "text"


def test_files_are_counted(rules: RuleFolder) -> None:
    rules = replace(rules, most=1)
    with rules.locked(1):
        (rules.path / "by-hand.yml").write_text("groups: []")
        rules.begin(NAME, "one")
        rules.commit(NAME)
        with pytest.raises(RuleFolderError, match="room for 1 rule file\\."):
            rules.begin(learner_file(2), "two")
        rules.begin(NAME, "two")


def test_files_of_others_are_listed_too(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
    (rules.path / "mine.yaml").write_text("")
    (rules.path / "notes.txt").write_text("")
    assert [path.name for path in rules.all_files()] == [NAME, "mine.yaml"]


def test_second_change_waits_for_the_first(rules: RuleFolder) -> None:
    order: list[str] = []

    def second() -> None:
        with rules.locked(60):
            order.append("second")

    with rules.locked(1):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.15)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_lock_is_not_waited_for_forever(rules: RuleFolder) -> None:
    with rules.locked(1), pytest.raises(RuleFolderError, match="just now"), rules.locked(0.1):
        pytest.fail("two had the lock")


def test_folder_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = RuleFolder(tmp_path / "file" / "rules", tmp_path / "journal")
    with pytest.raises(RuleFolderError, match="can't write"), folder.locked(1):
        pytest.fail("there is no such folder")


def test_prometheus_in_a_container_may_read_the_file(rules: RuleFolder) -> None:
    with rules.locked(1):
        rules.begin(NAME, "one")
    assert (rules.path / NAME).stat().st_mode & 0o777 == 0o644


def test_prometheus_in_a_container_may_read_the_folder_and_nobody_else_the_lock(
    rules: RuleFolder,
) -> None:
    os.umask(0o077)  # as `slo-lab up` has it
    with rules.locked(1):
        pass
    assert rules.path.stat().st_mode & 0o777 == 0o755
    os.umask(0)
    (rules.journal / "lock").unlink()
    with rules.locked(1):
        assert (rules.journal / "lock").stat().st_mode & 0o777 == 0o600
