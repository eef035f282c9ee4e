"""A login that stands in an address, ``http://user:password@host``: used, and never shown."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

_LOGIN = re.compile(r"(?s)^([^/?#@]*//)?.*@")


def split_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """The address as it may be shown, and the user and password that stood in it."""
    parts = urlsplit(url.rstrip("/"))
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    if not parts.username:
        return shown, None
    return shown, (unquote(parts.username), unquote(parts.password or ""))


def without_login(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def redacted(text: str) -> str:
    """What was given as an address and is none: all before an @ may be a login."""
    return _LOGIN.sub(r"\1", text)
