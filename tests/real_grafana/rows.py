"""What was expected of the portal, what was seen, and the table of both."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

BEGIN, END = "<!-- the walk -->", "<!-- the end of the walk -->"
PAGE = Path(__file__).parents[2] / "docs" / "grafana.md"


@dataclass(frozen=True)
class Row:
    """One thing that was tried."""

    part: str
    what: str
    expected: str
    seen: str

    @property
    def holds(self) -> bool:
        return self.expected == self.seen


@dataclass
class Table:
    """All that was tried, told as it comes."""

    rows: list[Row] = field(default_factory=list)
    part: str = ""

    def see(self, what: str, expected: object, look: Callable[[], object]) -> None:
        """Try one thing; what breaks is seen too."""
        try:
            seen = look()
        except Exception as error:
            traceback.print_exc()
            seen = f"{type(error).__name__}: {error}"[:200]
        row = Row(self.part, what, _plain(expected), _plain(seen))
        self.rows.append(row)
        mark = "✓" if row.holds else "✗"
        click.echo(f"{mark} {row.part}: {what}: {row.seen}")
        if not row.holds:
            click.echo(f"    expected: {row.expected}")

    @property
    def failed(self) -> list[Row]:
        return [row for row in self.rows if not row.holds]

    def write(self, version: str, date: str) -> None:
        """Put the table into the page about Grafana."""
        head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        text = "\n".join([f"Grafana {version}, {date}.", "", *self._lines()])
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")

    def _lines(self) -> list[str]:
        told = [f"| {row.part} | {row.what} | {_told(row)} |" for row in self.rows]
        return ["| part | what | seen |", "|---|---|---|", *told]


def _told(row: Row) -> str:
    return row.seen if row.holds else f"**{row.seen}**, not {row.expected}"


def _plain(value: object) -> str:
    words = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return words.replace("|", "¦").replace("\n", " ")
