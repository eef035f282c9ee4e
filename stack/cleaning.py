"""Deletes what the lab has made, and nothing else that may lie in the same folder."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from portal.errors import SLOLabError
from stack.layout import Layout


class CleaningError(SLOLabError):
    """Something could not be deleted; all else was."""


def clean_up(layout: Layout, doomed: list[Path]) -> None:
    """Delete these, then the data folder itself when it is empty; raises CleaningError."""
    kept = list(filter(None, map(_delete, doomed)))
    if kept:
        raise CleaningError(f"All is deleted but {', '.join(kept)}.")
    with contextlib.suppress(OSError):
        layout.root.rmdir()


def _delete(path: Path) -> str:
    """What is left, and why; empty when all is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        return f"{error.filename or path} ({error.strerror})"
    return ""
