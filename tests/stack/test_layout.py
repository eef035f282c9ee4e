from __future__ import annotations

from pathlib import Path

import pytest

from stack.layout import DataFolderError, Layout


def test_a_folder_that_cannot_be_made_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match=r"file/data can't be written .* SLO_LAB_DATA_DIR"):
        Layout(tmp_path / "file" / "data").make()


def test_secrets_are_for_their_owner_only(layout: Layout) -> None:
    assert layout.secrets.stat().st_mode & 0o777 == 0o700
