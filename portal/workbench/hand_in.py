"""Dashboards handed in: what is wrong with a file before it is kept."""

from __future__ import annotations

MAX_BYTES = 20 * 1024 * 1024


def problem_with(raw: bytes) -> str:
    """A sentence on why this can't be kept, or ""."""
    if not raw.strip():
        return "Choose a dashboard's JSON file, or paste its text."
    if len(raw) > MAX_BYTES:
        return f"That is larger than {MAX_BYTES // 1024 // 1024} MB; a dashboard is much smaller."
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "That is not a text file. Export the dashboard as JSON and choose that file."
    if "\0" in text:
        return "That is not a text file. Export the dashboard as JSON and choose that file."
    return ""
