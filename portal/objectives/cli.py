"""``slo-lab rules``, ``slo-lab check-alert`` and ``slo-lab slo``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from portal.documents import MAX_BYTES
from portal.errors import SLOLabError
from portal.files import hand_out
from portal.rulefile.contents import read_rule_file
from portal.slo.objective import SLO
from portal.slo.openslo import loads, refuse_twins
from portal.slo.rules import rule_file
from portal.tie.check import FileFinding, FileVerdict, check_file
from portal.tie.codes import TieCode
from portal.tie.findings import AlertFinding
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory

Found = TypeVar("Found")
UNREADABLE = 2
EXITS = {FileVerdict.MET: 0, FileVerdict.NOT_MET: 1, FileVerdict.CANNOT_CHECK: UNREADABLE}
LAST_LINES = {
    FileVerdict.MET: "Met: an alert is tied to an SLO.",
    FileVerdict.NOT_MET: "Not met: no alert is tied to an SLO.",
    FileVerdict.CANNOT_CHECK: "Cannot check: an alert could not be tried out.",
}
MARKS = {TieCode.CANNOT_CHECK: "unknown"}
_FILE = click.Path(path_type=Path)
_slo_option = click.option(
    "--slo",
    "slo_files",
    required=True,
    multiple=True,
    type=_FILE,
    help="An OpenSLO v1 file with your SLOs; may be repeated.",
)


@click.command()
@_slo_option
def rules(slo_files: tuple[Path, ...]) -> None:
    """Print the Prometheus rules for the SLOs in an OpenSLO file; no lab needed."""
    try:
        text = rule_file(_slos(slo_files))
    except SLOLabError as error:
        _unreadable(str(error))
    click.echo(text.encode(), nl=False)


@click.command("check-alert")
@click.argument("file", type=_FILE)
@_slo_option
@click.option("--json", "as_json", is_flag=True, help="One line of JSON on stdout.")
def check_alert(file: Path, slo_files: tuple[Path, ...], as_json: bool) -> None:
    """Does an alert in the Prometheus rule FILE guard an SLO? No lab needed.

    Exit status: 0 at least one alert is tied to an SLO, 1 none is, 2 a file can't be read or
    nothing could be tried out.
    """
    try:
        slos, trials = _slos(slo_files), TrialMemory(TrialEngine())
        finding = _naming(file, lambda text: check_file(read_rule_file(text), slos, memory=trials))
    except SLOLabError as error:
        _unreadable(str(error), as_json)
    _echo(json.dumps(_as_data(finding)) if as_json else _as_text(finding))
    sys.exit(EXITS[finding.verdict])


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
@click.argument("file", type=_FILE)
def import_slos(file: Path) -> None:
    """Take over the SLOs of an OpenSLO v1 FILE; all of them or none."""
    from portal.objectives import store

    text = _naming(file, str)
    with _app_context():
        names = store.import_documents(text)
    for name in names:
        click.echo(f"Imported {name}.")


def _app_context() -> AbstractContextManager[object]:
    """The lab's database, ready to use; imported late, since it brings the web server."""
    from portal.wsgi import command_app

    return command_app()


def _slos(paths: tuple[Path, ...]) -> list[SLO]:
    slos = [slo for path in paths for slo in _naming(path, loads)]
    refuse_twins(slos)
    return slos


def _naming(path: Path, read: Callable[[str], Found]) -> Found:
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


def _as_data(finding: FileFinding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict.value,
        "alerts": [
            {
                "name": alert.name,
                "tied": alert.tied,
                "slo": alert.slo,
                "code": alert.code.value,
                "reason": alert.reason,
            }
            for alert in finding.alerts
        ],
    }


def _as_text(finding: FileFinding) -> str:
    lines = [_line(alert) for alert in finding.alerts] or ["The file holds no alert."]
    lines.append(LAST_LINES[finding.verdict])
    return "\n".join(lines)


def _line(alert: AlertFinding) -> str:
    mark = "tied" if alert.tied else MARKS.get(alert.code, "not tied")
    return f"{alert.name}: {mark} ({alert.code}). {alert.reason}"


def _unreadable(message: str, as_json: bool = False) -> NoReturn:
    if as_json:
        _echo(json.dumps({"verdict": "error", "alerts": [], "reason": message}))
    click.echo(f"slo-lab: {message}", err=True)
    sys.exit(UNREADABLE)


def _echo(line: str) -> None:
    click.echo(line.encode("utf-8", "backslashreplace"))
