"""``python -m tests.real_grafana WHERE``: a Grafana's folder, or ``http://user:password@host``.

With ``--write`` the table goes into docs/grafana.md. Exit status: 0 when all is as expected.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from portal.config import Settings
from tests.real_grafana.accounts import walk_accounts
from tests.real_grafana.lab import add_labs_source, walk
from tests.real_grafana.pushes import walk_pushes
from tests.real_grafana.rows import Table
from tests.real_grafana.rules import walk_rules
from tests.real_grafana.server import RealGrafana, real_grafana
from tests.real_grafana.shapes import walk_shapes
from tests.real_grafana.sources import walk_sources
from tests.real_grafana.sub_path import walk_sub_path
from tests.workbench.lab import real_lab, running_prometheus

PARTS = ("accounts", "sources", "shapes", "pushes", "rules", "sub-path")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.real_grafana", description=__doc__)
    parser.add_argument("where", help="the folder of a Grafana, or its address with a login")
    parser.add_argument("--only", choices=PARTS, action="append", help="walk this part alone")
    parser.add_argument("--write", action="store_true", help="put the table into docs/grafana.md")
    words = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="slo-lab-walk-") as name:
        folder = Path(name)
        with real_grafana(words.where, folder / "grafana") as grafana:
            version = grafana.version
            _walk(grafana, folder, set(words.only or PARTS), table)
    click.echo(f"{len(table.rows) - len(table.failed)} of {len(table.rows)} as expected")
    if words.write:
        table.write(version, datetime.now(UTC).date().isoformat())
    return 1 if table.failed else 0


def _walk(grafana: RealGrafana, folder: Path, parts: set[str], table: Table) -> None:
    lab_folder, second_folder = folder / "lab", folder / "second"
    lab_folder.mkdir()
    second_folder.mkdir()
    settings = Settings(data_dir=folder / "data", cache_dir=folder / "cache", htmx="vendored")
    with real_lab(lab_folder) as lab, running_prometheus(second_folder, lab.mockapp) as second:
        add_labs_source(grafana, lab)
        if "accounts" in parts:
            walk_accounts(grafana, table)
        with walk(settings, lab, grafana) as walker:
            if parts & {"sources", "rules"}:
                walk_sources(walker, second, table)
            if "shapes" in parts:
                walk_shapes(walker, table)
            if "pushes" in parts:
                walk_pushes(walker, table)
            if "rules" in parts:
                walk_rules(walker, table)
            if "sub-path" in parts and grafana.home:
                walk_sub_path(walker, table)


if __name__ == "__main__":
    sys.exit(main())
