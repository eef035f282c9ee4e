"""``slo-lab up``, ``doctor``, ``logs`` and ``clean``."""

from __future__ import annotations

import click

from portal.config import Settings
from portal.errors import SLOLabError
from stack.console import Console
from stack.layout import Layout
from stack.lock import Lock
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
            console.say(f"SLO Lab: starting, with its data in {settings.data_dir}")
            Supervisor(settings, console, signals).run(until_parent_ends=until_parent_ends)
    except Stopped:
        console.say("Stopped.")
    except OSError as error:
        raise SLOLabError(
            f"{error.strerror or error}: {error.filename or settings.data_dir} can't be used; "
            "free some space there, or set SLO_LAB_DATA_DIR to another folder."
        ) from error
