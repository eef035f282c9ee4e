"""What the shipped ``slo-lab up`` keeps: for its owner alone, whole, and not from under it."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from portal.copies.store import copies
from tests.robustness.labs import post, running, running_again
from tests.robustness.portals import SLO_FORM
from tests.stack.labs import SLO_LAB, Lab, wait_until

LOST = "deleted, moved or replaced while the portal was running"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def command(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SLO_LAB[0], *words],
        env=lab.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def database(lab: Lab) -> Path:
    return lab.settings.data_dir / "slo-lab.db"


def titles(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM slo ORDER BY title")]


def test_nobody_else_may_read_what_the_lab_keeps(lab: Lab) -> None:
    root = lab.settings.data_dir
    made = [root, *root.rglob("*")]
    wait_until(lambda: (root / "logs" / "portal.log").exists())
    assert len(made) > 15
    assert [str(path) for path in made if path.exists() and path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    "words", [("clean", "--yes"), ("reset", "lab", "--yes"), ("restore", "1", "--yes")]
)
def test_nothing_that_deletes_is_done_under_a_running_lab(lab: Lab, words: tuple[str, ...]) -> None:
    before = database(lab).stat().st_ino
    (database(lab).parent / "copies").mkdir(exist_ok=True)
    with closing(sqlite3.connect(database(lab).parent / "copies" / "copy-1.db")) as copy:
        copy.execute("CREATE TABLE IF NOT EXISTS empty (text)")
    done = command(lab, *words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert database(lab).stat().st_ino == before


def test_no_save_is_confirmed_once_the_file_is_gone_and_all_is_well_when_it_is_back(
    lab: Lab,
) -> None:
    file = database(lab)
    assert post(lab, "/slos", **SLO_FORM).status_code == 303
    for end in ("-wal", "-shm", ""):
        path = file.with_name(file.name + end)
        path.rename(path.with_name(f"aside-{path.name}"))
    refused = post(lab, "/slos", **{**SLO_FORM, "title": "Lost"})
    assert (refused.status_code, LOST in refused.text) == (503, True)
    assert not file.exists()
    for end in ("", "-shm", "-wal"):
        path = file.with_name(file.name + end)
        path.with_name(f"aside-{path.name}").rename(path)
    assert post(lab, "/slos", **{**SLO_FORM, "title": "Kept"}).status_code == 303
    assert titles(file) == ["Kept", "Shop"]


def test_what_a_stop_leaves_is_all_in_one_file_and_the_next_start_copies_it(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as lab:
        assert post(lab, "/slos", **SLO_FORM).status_code == 303
        assert lab.stop() == 0
    file = database(lab)
    assert [path.name for path in file.parent.glob("slo-lab.db*")] == ["slo-lab.db"]
    assert titles(file) == ["Shop"]
    with running_again(tmp_path, lab) as again:
        assert again.stop() == 0
    (copy,) = copies(file)
    assert titles(copy.path) == ["Shop"]
    file.unlink()
    refused = command(lab, "up")
    assert refused.returncode == 1
    assert "is gone, but there are copies of it: slo-lab restore" in refused.stderr
    assert command(lab, "restore", "1", "--yes").returncode == 0
    assert titles(file) == ["Shop"]
