"""Stores a database of the lab as it is now, for a release: ``python -m tests.migrations.store``.

What is written is kept for good: the tests bring every stored database up to date, with all that
is in it, and compare the migrations with those that made it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.engine import make_url

from portal.kit.db import MIGRATIONS, db, newest_version
from tests.robustness.portals import portal_app
from tests.robustness.postgresql import programs, running_postgresql
from tests.robustness.rows import fill
from tests.robustness.test_database import settings_in

STORED = Path(__file__).parent / "stored"


def main() -> None:
    """Write the three files of the version that is installed; exits where they are there."""
    tag, binaries = f"v{version('slo-lab')}", programs()
    if binaries is None:
        sys.exit("A release is stored for PostgreSQL too: install it first.")
    if (STORED / f"{tag}.json").exists():
        sys.exit(f"{tag} is stored already; a stored database is never changed.")
    STORED.mkdir(exist_ok=True)
    (STORED / f"{tag}.sqlite.sql").write_text(sqlite_dump())
    (STORED / f"{tag}.postgresql.sql").write_text(postgresql_dump(binaries))
    document = {"revision": newest_version(), "migrations": fingerprints()}
    (STORED / f"{tag}.json").write_text(json.dumps(document, indent=2) + "\n")


def fingerprints() -> dict[str, str]:
    """The SHA-256 of each migration there is, by its file's name."""
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def sqlite_dump() -> str:
    """A filled SQLite database as a script."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder)
        with closing(sqlite3.connect(folder / "slo-lab.db")) as connection:
            return "\n".join(connection.iterdump()) + "\n"


def postgresql_dump(binaries: Path) -> str:
    """A filled PostgreSQL database as a script."""
    with tempfile.TemporaryDirectory() as name, running_postgresql(binaries) as url:
        _fill(Path(name), url)
        parts = make_url(url)
        where = ["-h", str(parts.host), "-p", str(parts.port), "-U", str(parts.username)]
        dump = [str(binaries / "pg_dump"), *where, "--inserts", "--no-owner", "--no-privileges"]
        done = subprocess.run(
            [*dump, str(parts.database)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        # What begins with a backslash is for psql alone.
        kept = [line for line in done.stdout.splitlines() if not line.startswith(("\\", "--"))]
        return "\n".join(filter(None, kept)) + "\n"


def _fill(folder: Path, url: str = "") -> None:
    with portal_app(replace(settings_in(folder), database_url=url)) as app, app.app_context():
        fill(app.extensions["slo_lab"])
        for table in db.metadata.sorted_tables:
            assert db.session.execute(table.select()).first() is not None, table.name


if __name__ == "__main__":
    main()
