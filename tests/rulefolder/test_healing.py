"""Rules and rows that a kill took apart: the rows decide what becomes of the files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from portal.alerts import store
from portal.alerts.editor import apply_learner_rules, remove_learner_rules
from portal.alerts.store import applied_text
from portal.config import Settings
from portal.kit.db import db
from portal.learners.beginnings import begin_anew, beginnings, has_begun, mark_of, next_beginning
from portal.learners.models import Learner
from portal.limits import RoomLimits
from portal.rulefolder.apply import Applied
from portal.rulefolder.folder import RuleFolder, learner_file, slo_file
from portal.rulefolder.healing import heal
from portal.services import Services
from tests.robustness.portal_process import portal_process
from tests.rulefolder.conftest import GOOD
from tests.stack.labs import wait_until

SLO_LAB = Path(sys.executable).with_name("slo-lab")
ROOT = Path(__file__).resolve().parents[2]
FILES = [learner_file(1), slo_file(1, "availability")]
KILLED = """
import os, signal, sys
from portal.learners import current_learner
from portal.reset import scopes
from portal.rulefolder.folder import RuleFolder
from portal.services import current_services
from portal.wsgi import command_app
from tests.reset.test_scopes import do_everything

def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

with command_app():
    services, learner = current_services(), current_learner()
    do_everything(services, learner)
    if sys.argv[1] == "before the rows went":
        scopes.begin_anew = killed
    else:
        RuleFolder.commit = killed
    scopes.reset(services, learner, scopes.find_scope(sys.argv[2]))
"""


def reset_killed(data: Path, moment: str, scope: str) -> RuleFolder:
    """The folder after a process that reset the scope was killed at that moment."""
    environ = {**os.environ, "SLO_LAB_DATA_DIR": str(data)}
    command = [sys.executable, "-c", KILLED, moment, scope]
    done = subprocess.run(command, cwd=ROOT, env=environ, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    folder = RuleFolder.of(Settings(data_dir=data), RoomLimits())
    assert folder.unfinished()
    return folder


@pytest.mark.parametrize(
    ("moment", "scope", "left"),
    [
        ("before the rows went", "lab", FILES),
        ("after the rows went", "alert", []),
        ("after the rows went", "slo", FILES[:1]),
    ],
)
def test_the_next_start_has_files_where_it_has_their_rows_after_a_killed_reset(
    tmp_path: Path, moment: str, scope: str, left: list[str]
) -> None:
    folder = reset_killed(tmp_path / "data", moment, scope)
    with portal_process(tmp_path / "data", tmp_path / "log"):
        wait_until(lambda: not folder.unfinished())
    assert folder.files_of(1) == left


def test_a_reset_after_a_killed_one_takes_the_files_too(tmp_path: Path) -> None:
    folder = reset_killed(tmp_path / "data", "before the rows went", "lab")
    environ = {**os.environ, "SLO_LAB_DATA_DIR": str(tmp_path / "data")}
    command = [str(SLO_LAB), "reset", "lab", "--yes"]
    subprocess.run(command, cwd=ROOT, env=environ, timeout=120, check=True)
    assert (folder.unfinished(), folder.files_of(1)) == ([], [])


class CutError(BaseException):
    """What stands for a kill: nothing of ours runs after it."""


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Cuts short what is done meanwhile, at the end of its journal."""
    with monkeypatch.context() as patch:
        for name in ("commit", "rollback"):
            patch.setattr(RuleFolder, name, Mock(side_effect=CutError))
        yield patch


def healed(cut: pytest.MonkeyPatch, folder: RuleFolder) -> str | None:
    """What the learner's file holds once it was healed."""
    cut.undo()
    assert folder.unfinished() == FILES[:1]
    with folder.locked(1):
        heal(folder)
    assert folder.unfinished() == []
    return folder.read(FILES[0])


def test_a_change_whose_row_was_saved_before_the_kill_stays(
    learner: Learner, lab_services: Services, folder: RuleFolder, cut: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CutError):
        apply_learner_rules(lab_services, learner, GOOD)
    assert healed(cut, folder) == GOOD == applied_text(learner.id)


def test_a_removal_whose_row_was_saved_before_the_kill_stays(
    learner: Learner, lab_services: Services, folder: RuleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(apply_learner_rules(lab_services, learner, GOOD), Applied)
    with monkeypatch.context() as cut:
        cut.setattr(RuleFolder, "commit", Mock(side_effect=CutError))
        with pytest.raises(CutError):
            remove_learner_rules(lab_services, learner)
        assert healed(cut, folder) is None
    assert applied_text(learner.id) is None


def test_a_change_that_was_cut_before_its_row_was_saved_is_undone(
    learner: Learner, lab_services: Services, folder: RuleFolder, cut: pytest.MonkeyPatch
) -> None:
    cut.setattr(store, "mark_applied", Mock(side_effect=CutError))
    with pytest.raises(CutError):
        apply_learner_rules(lab_services, learner, GOOD)
    assert folder.read(FILES[0]) == GOOD
    assert healed(cut, folder) is None


@pytest.mark.parametrize("mark", ["", "1", "1/lab", "1/lab/x", "x/lab/1", "1/lab/1"])
def test_a_mark_of_no_beginning_that_was_saved_has_not_begun(learner: Learner, mark: str) -> None:
    assert not has_begun(mark)


def test_each_scope_has_beginnings_of_its_own(learner: Learner) -> None:
    for step in (None, "slo", "slo"):
        begin_anew(learner.id, step)
        db.session.commit()
    assert beginnings(learner.id) == {"lab": 1, "slo": 2}
    assert mark_of(next_beginning(learner.id, "slo")) == f"{learner.id}/slo/3"
    assert has_begun(f"{learner.id}/slo/2")
