"""Deletes what the lab has made, and nothing else that may lie in the same folder."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from stack.layout import Layout


def clean_up(layout: Layout, doomed: list[Path]) -> None:
    """Delete these, then the data folder itself when it is empty."""
    for path in doomed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    with contextlib.suppress(OSError):
        layout.root.rmdir()
