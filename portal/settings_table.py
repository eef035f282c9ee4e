"""``python -m portal.settings_table``: the table in ``docs/settings.md``, made from the code."""

from __future__ import annotations

from dataclasses import MISSING, fields

from portal.config import Settings, variable


def settings_table() -> str:
    """A Markdown table: variable, default, what it is for, what counts under docker compose."""
    rows = ["| variable | default | what it is for | in containers |", "|---|---|---|---|"]
    for one in fields(Settings):
        default = one.metadata.get("shown") or (one.default if one.default is not MISSING else "")
        shown = f"`{default}`" if default != "" and "shown" not in one.metadata else default
        there = one.metadata.get("in_containers", "counts")
        rows.append(f"| `{variable(one.name)}` | {shown} | {one.metadata['help']} | {there} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(settings_table())  # noqa: T201 (this is what the module is for)
