"""Folders in our cache for what is not finished yet."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".draft-"
STALE = 3600.0  # seconds; no download takes that long


@contextmanager
def draft_folder(cache_dir: Path) -> Iterator[Path]:
    """An empty folder that is gone afterwards; those that a killed lab left go, too."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    for left in cache_dir.glob(f"{PREFIX}*"):
        if time.time() - left.stat().st_mtime > STALE:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix=PREFIX) as folder:
        yield Path(folder)
