"""``slo-lab up``, ``doctor``, ``logs`` and ``clean``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from portal.commands import in_containers
from portal.config import Settings
from portal.errors import SLOLabError
from portal.logins import without_login
from stack.cleaning import clean_up
from stack.console import Console
from stack.doctor import Diagnosis, Health, diagnose
from stack.layout import Layout
from stack.lock import Lock, PortalLock
from stack.logs import follow, known_logs, tail
from stack.stop_signals import Stopped, StopSignals
from stack.supervisor import Supervisor


@click.command()
@click.option(
    "--until-parent-ends",
    is_flag=True,
    help="Stop when the program that started this one is gone.",
)
def up(until_parent_ends: bool) -> None:
    """Start the lab and keep it running until Ctrl-C."""
    signals = StopSignals()
    console = Console()
    try:
        settings = Settings.from_env()
        layout = Layout(settings.data_dir)
        layout.make()
        with Lock(layout.lock):
            layout.close_to_others()
            console.say(f"SLO Lab: starting, with its data in {settings.data_dir}")
            Supervisor(settings, console, signals).run(until_parent_ends=until_parent_ends)
    except Stopped:
        console.say("Stopped.")
    except OSError as error:
        raise SLOLabError(
            f"{error.strerror or error}: {error.filename or settings.data_dir} can't be used; "
            "free some space there, or set SLO_LAB_DATA_DIR to another folder."
        ) from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say what is up, what is not, and what to do. Exit status 1 when something is down."""
    findings = diagnose(Settings.from_env())
    if as_json:
        document = {"version": 1, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(document, indent=2))
    else:
        for finding in findings:
            click.echo(_as_text(finding))
    if any(finding.status is Health.DOWN for finding in findings):
        sys.exit(1)


def _as_text(finding: Diagnosis) -> str:
    words = filter(None, (finding.url, finding.detail))
    line = f"{finding.status:<9} {finding.name:<19} {'  '.join(words)}".rstrip()
    return f"{line}\n{'':<10}-> {finding.todo}" if finding.todo else line


@click.command()
@click.argument("name", required=False)
@click.option("-n", "--lines", default=40, show_default=True, help="How many lines of each log.")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with what is added.")
def logs(name: str | None, lines: int, following: bool) -> None:
    """Show the servers' logs, or the one of NAME (portal, mockapp, prometheus, grafana)."""
    settings = Settings.from_env()
    _refuse_in_containers(settings, "logs", "Docker keeps the logs")
    known = known_logs(Layout(settings.data_dir))
    if name and name not in known:
        there = ", ".join(known) or "none yet"
        raise SLOLabError(f"There is no log of {name!r}; there are: {there}.")
    chosen = {name: known[name]} if name else known
    for title, path in chosen.items():
        for line in tail(path, lines):
            click.echo(line if name else f"{title:<10} | {line}")
    if following:
        for title, line in follow(chosen):
            click.echo(line if name else f"{title:<10} | {line}")


@click.command()
@click.option("--cache", is_flag=True, help="Delete the downloaded servers, too.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
def clean(cache: bool, yes: bool) -> None:
    """Delete the learner's data; not while the lab, or a portal, runs."""
    settings = Settings.from_env()
    _refuse_in_containers(settings, "clean", "The lab's data is in volumes of Docker")
    layout = Layout(settings.data_dir)
    doomed = layout.kept() + ([settings.cache_dir] if cache else [])
    doomed = [path for path in doomed if path.exists()]
    if not doomed:
        click.echo(f"There is nothing to delete in {settings.data_dir}. {_left(settings)}".rstrip())
        return
    layout.make()
    with Lock(layout.lock), PortalLock(layout.portals).alone():
        click.echo("This deletes, for good:")
        for path in doomed:
            click.echo(f"  {path}")
        if left := _left(settings):
            click.echo(left)
        if not yes:
            click.confirm("Delete them?", abort=True)
        clean_up(layout, doomed)
    click.echo("Done.")


def _left(settings: Settings) -> str:
    """What deleting files leaves of the learner's data; empty when that is nothing."""
    if not settings.database_url:
        return ""
    where = without_login(settings.database_url).partition("?")[0]
    return (
        f"Bursts, SLOs, reflections and all else that stands in the database {where} is kept: "
        "`slo-lab reset lab` empties that, or whoever runs it drops it."
    )


def _refuse_in_containers(settings: Settings, command: str, why: str) -> None:
    if settings.is_in_containers:
        raise SLOLabError(f"{why}: on the host, `{in_containers(command)}` does this.")
