from __future__ import annotations

import os
from pathlib import Path

import pytest

from portal.config import Settings
from stack.layout import DataFolderError, Layout


def test_a_folder_that_cannot_be_made_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match=r"file/data can't be written .* SLO_LAB_DATA_DIR"):
        Layout(tmp_path / "file" / "data").make()


def test_secrets_are_for_their_owner_only(layout: Layout) -> None:
    assert layout.secrets.stat().st_mode & 0o777 == 0o700


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_an_older_lab_left_open_is_closed_to_others(settings: Settings) -> None:
    layout = Layout(settings.data_dir)
    layout.root.mkdir(mode=0o755)
    layout.make()
    database = layout.root / "slo-lab.db-wal"
    for path in (database, layout.root / "slo-lab.db"):
        path.touch(0o644)
    layout.close_to_others()
    assert mode(layout.root) == 0o700
    assert {mode(path) for path in layout.root.iterdir() if path.is_dir()} == {0o700}
    assert mode(database) == 0o600


def test_what_is_made_is_for_its_owner_only(settings: Settings) -> None:
    os.umask(0)
    layout = Layout(settings.data_dir)
    layout.make()
    assert (mode(layout.root), mode(layout.secrets)) == (0o700, 0o700)


def test_a_folder_that_others_use_too_is_left_as_it_is(layout: Layout) -> None:
    (layout.root / "thesis.txt").touch(0o644)
    layout.root.chmod(0o755)
    layout.close_to_others()
    assert mode(layout.root) == 0o755
    assert mode(layout.root / "thesis.txt") == 0o644
    assert mode(layout.logs) == 0o700
