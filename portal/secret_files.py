"""Secrets without a default: made at the first start, kept in files that only their owner reads."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from portal.config import Settings, variable
from portal.errors import SLOLabError
from portal.files import write_once

FOLDER = "secrets"


class SecretFileError(SLOLabError):
    """A file that should hold a secret can't be read, or holds none."""


def secret_path(data_dir: Path, name: str) -> Path:
    """Where the secret of that name is kept."""
    return data_dir / FOLDER / name


def read_or_make(data_dir: Path, name: str, settings: Settings | None = None) -> str:
    """The secret ``name``: from the settings where given, else from its file, else made now.

    Two processes that start at once agree: the file appears whole, and only once. Raises
    SecretFileError.
    """
    given = _given(name, settings) if settings else ""
    if given:
        return given
    path = secret_path(data_dir, name)
    with contextlib.suppress(PermissionError):  # reading it says so, too
        if not path.exists():
            _make(path)
    return read_secret(path, "Delete it, and the next start makes a new one.")


def read_secret(path: Path, advice: str) -> str:
    """The secret in the file; raises SecretFileError, whose sentence ends with the advice."""
    try:
        value = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SecretFileError(
            f"The secret in {path} can't be read ({error.strerror}). {advice}"
        ) from error
    except UnicodeError as error:
        raise SecretFileError(f"The secret in {path} is no plain text. {advice}") from error
    if not value:
        raise SecretFileError(f"The file {path} should hold a secret and is empty. {advice}")
    return value


def _given(name: str, settings: Settings) -> str:
    if name == "fault-token" and settings.fault_token_file:
        setting = variable("fault_token_file")
        return read_secret(Path(settings.fault_token_file), f"{setting} names that file.")
    return str(getattr(settings, name.replace("-", "_"), ""))


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_once(path, f"{secrets.token_urlsafe(24)}\n")
    except OSError as error:
        raise SecretFileError(
            f"{error.filename or path} can't be written ({error.strerror}), and a secret must be "
            f"kept there. Make room for it, or set {variable('data_dir')} to another folder."
        ) from error
