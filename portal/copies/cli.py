"""``slo-lab restore``: put a copy of the database back."""

from __future__ import annotations

from pathlib import Path

import click

from portal.config import Settings
from portal.copies.store import Copy, CopyError, copies, database_path, put_back
from portal.numbers import count
from stack.layout import Layout
from stack.lock import Lock, PortalLock

DATE = "%Y-%m-%d %H:%M UTC"


@click.command()
@click.argument("number", type=int, required=False)
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
def restore(number: int | None, yes: bool) -> None:
    """Put the copy of that NUMBER in the database's place (none: show the copies).

    The portal copies its database as it starts, and keeps two copies. Not while the lab runs.
    """
    settings = Settings.from_env()
    database = _database(settings)
    known = {copy.number: copy for copy in copies(database)}
    if number is None:
        _show(database, list(known.values()))
        return
    if number not in known:
        there = ", ".join(map(str, known)) or "none"
        raise click.BadParameter(f"there is no copy {number}; there are: {there}.")
    layout = Layout(settings.data_dir)
    layout.make()
    with Lock(layout.lock), PortalLock(layout.portals).alone():
        words = f"This puts copy {_row(known[number])} in the place of {database}."
        if not yes:
            click.confirm(f"{words} Go on?", abort=True)
        aside = put_back(database, known[number])
    click.echo(f"Done.{f' What was there is kept as {aside}.' if aside else ''}")


def _database(settings: Settings) -> Path:
    database = database_path(settings)
    if database is None:
        raise CopyError(
            "The database is PostgreSQL's, which the lab makes no copies of: put back one of your "
            "own backups (pg_dump and pg_restore)."
        )
    return database


def _show(database: Path, known: list[Copy]) -> None:
    if not known:
        click.echo(f"There is no copy of {database} yet; the portal makes one as it starts.")
        return
    click.echo("Copies (slo-lab restore NUMBER):")
    for copy in known:
        click.echo(f"  {_row(copy)}")


def _row(copy: Copy) -> str:
    return f"{copy.number} of {copy.made_at:{DATE}} ({count(copy.size / 1000)} kB)"
