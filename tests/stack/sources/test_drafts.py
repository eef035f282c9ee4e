from __future__ import annotations

import os
from pathlib import Path

from stack.sources.drafts import STALE, draft_folder


def test_a_draft_is_gone_afterwards(tmp_path: Path) -> None:
    with draft_folder(tmp_path / "cache") as folder:
        (folder / "half").touch()
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_killed_lab_left_goes_and_what_another_is_at_stays(tmp_path: Path) -> None:
    for name, age in ((".draft-old", STALE + 60), (".draft-new", 0.0)):
        folder = tmp_path / name
        folder.mkdir()
        moment = folder.stat().st_mtime - age
        os.utime(folder, (moment, moment))
    with draft_folder(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".draft-new"]
