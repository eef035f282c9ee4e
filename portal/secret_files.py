"""Secrets without a default: made at the first start, kept in files that only their owner reads."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from portal.config import Settings
from portal.files import write_once

FOLDER = "secrets"


def secret_path(data_dir: Path, name: str) -> Path:
    """Where the secret of that name is kept."""
    return data_dir / FOLDER / name


def read_or_make(data_dir: Path, name: str, settings: Settings | None = None) -> str:
    """The secret ``name``: from the settings where given, else from its file, else made now.

    Two processes that start at once agree: the file appears whole, and only once.
    """
    given = _given(name, settings) if settings else ""
    if given:
        return given
    path = secret_path(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    write_once(path, f"{secrets.token_urlsafe(24)}\n")
    return path.read_text(encoding="ascii").strip()


def _given(name: str, settings: Settings) -> str:
    if name == "fault-token" and settings.fault_token_file:
        return Path(settings.fault_token_file).read_text(encoding="ascii").strip()
    return str(getattr(settings, name.replace("-", "_"), ""))
