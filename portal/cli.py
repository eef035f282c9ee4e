"""The ``slo-lab`` command: every feature keeps its commands in a ``cli.py`` of its own."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from portal.commands import printed
from portal.errors import SLOLabError

if TYPE_CHECKING:
    from sqlalchemy.exc import SQLAlchemyError

COMMANDS = {
    "up": "stack.cli:up",
    "doctor": "stack.cli:doctor",
    "logs": "stack.cli:logs",
    "clean": "stack.cli:clean",
    "restore": "portal.copies.cli:restore",
    "burst": "portal.bursts.cli:burst",
    "check": "portal.criteria.cli:check",
    "check-dashboard": "portal.dashboards.cli:check_dashboard",
    "check-alert": "portal.tie.cli:check_alert",
    "slo": "portal.objectives.cli:slo",
    "rules": "portal.objectives.cli:rules",
    "export": "portal.reflections.cli:export",
    "reset": "portal.reset.cli:reset_command",
}


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PRIVATE = 0o077
"""What a command makes is for nobody but its user, and so is what the servers make below it."""


class LazyGroup(click.Group):
    """Imports a command only when it is used: ``slo-lab check-dashboard`` needs no web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command behind the name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), attribute)
        return cast(click.Command, command)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slo-lab", prog_name="slo-lab")
def slo_lab() -> None:
    """SLO Lab: a real SLI/SLO lab on your own machine."""


def main() -> None:
    """Run ``slo-lab``; an error of ours is one sentence on stderr and exit status 1."""
    os.umask(PRIVATE)
    try:
        slo_lab.main(standalone_mode=True)
    except SLOLabError as error:
        click.echo(f"slo-lab: {printed(str(error))}", err=True)
        sys.exit(1)
    except Exception as error:
        sentence = _of_output(error) or _of_database(error)
        if sentence is None:
            raise
        click.echo(f"slo-lab: {printed(sentence)}", err=True)
        sys.exit(1)


def _of_output(error: Exception) -> str | None:
    """What is wrong with where a command prints to; None where it is something else."""
    if not isinstance(error, OSError) or error.filename or error.errno not in FULL:
        return None
    with contextlib.suppress(OSError, ValueError, AttributeError):
        # What is still to be printed must not fail at our end, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return f"The output can't be written ({error.strerror})."


def _of_database(error: Exception) -> str | None:
    """What is wrong with the database; None where it is something else.

    SQLAlchemy takes a while to import, and an error of its own shows that it is there already.
    """
    if not type(error).__module__.startswith("sqlalchemy."):
        return None
    from portal.kit.database_fault import fault_of

    return fault_of(cast("SQLAlchemyError", error)).sentence
