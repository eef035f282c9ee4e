"""``slo-lab rules`` and ``slo-lab slo``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from portal.documents import MAX_BYTES
from portal.errors import SLOLabError
from portal.files import hand_out
from portal.slo.objective import SLO
from portal.slo.openslo import loads, refuse_twins
from portal.slo.rules import rule_file

Found = TypeVar("Found")
UNREADABLE = 2
FILE_PATH = click.Path(path_type=Path)
slo_option = click.option(
    "--slo",
    "slo_files",
    required=True,
    multiple=True,
    type=FILE_PATH,
    help="An OpenSLO v1 file with your SLOs; may be repeated.",
)


@click.command()
@slo_option
def rules(slo_files: tuple[Path, ...]) -> None:
    """Print the Prometheus rules for the SLOs in an OpenSLO file; no lab needed."""
    try:
        text = rule_file(read_slos(slo_files))
    except SLOLabError as error:
        unreadable(str(error))
    click.echo(text.encode(), nl=False)


@click.group()
def slo() -> None:
    """Take your SLOs out of the lab as OpenSLO v1, or bring some in."""


@slo.command("export")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
def export_slos(output: Path | None) -> None:
    """Write your SLOs as OpenSLO v1 YAML."""
    from portal.objectives import store

    with _app_context():
        text = store.export_documents()
    if output is None:
        click.echo(text.encode(), nl=False)
        return
    hand_out(output, text)
    click.echo(f"Written to {output}.", err=True)


@slo.command("import")
@click.argument("file", type=FILE_PATH)
def import_slos(file: Path) -> None:
    """Take over the SLOs of an OpenSLO v1 FILE; all of them or none."""
    from portal.objectives import store

    text = naming(file, str)
    with _app_context():
        names = store.import_documents(text)
    for name in names:
        click.echo(f"Imported {name}.")


def _app_context() -> AbstractContextManager[object]:
    """The lab's database, ready to use; imported late, since it brings the web server."""
    from portal.wsgi import command_app

    return command_app()


def read_slos(paths: tuple[Path, ...]) -> list[SLO]:
    """The SLOs of all OpenSLO files; raises SLOLabError, which names the file."""
    slos = [slo for path in paths for slo in naming(path, loads)]
    refuse_twins(slos)
    return slos


def naming(path: Path, read: Callable[[str], Found]) -> Found:
    """What a reader finds in a file; its error names the file."""
    try:
        return read(_read(path))
    except SLOLabError as error:
        raise SLOLabError(f"{path}: {error}") from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise SLOLabError(f"It can't be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise SLOLabError("It is no UTF-8 text.") from None


def unreadable(message: str, as_json: bool = False) -> NoReturn:
    """Say why nothing could be read, and end."""
    if as_json:
        echo(json.dumps({"verdict": "error", "alerts": [], "reason": message}))
    click.echo(f"slo-lab: {message}", err=True)
    sys.exit(UNREADABLE)


def echo(line: str) -> None:
    """One line that every terminal can take."""
    click.echo(line.encode("utf-8", "backslashreplace"))
