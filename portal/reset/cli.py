"""``slo-lab reset``: start over from the command line, with or without a running lab."""

from __future__ import annotations

import click

from portal.kit.db import db, others_are_connected
from portal.learners import current_learner
from portal.learners.models import Learner
from portal.reset.scopes import Scope, find_scope, losses, reset, scopes
from portal.services import current_services
from portal.wsgi import command_app
from stack.lock import PortalAliveError

IN_THE_PORTAL = "A portal that runs does it itself: its page “Start over”."


@click.command("reset")
@click.argument("what", required=False)
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset_command(what: str | None, yes: bool) -> None:
    """Start over: WHAT is "lab", "reflections" or the id of a step (none: show the choices).

    Samples in Prometheus and dashboards in Grafana stay. Not while a portal runs: it has a page
    for this.
    """
    with command_app() as app:
        learner = current_learner()
        scope = _scope(what) if what else None
        if scope is None:
            _show_choices(learner)
            return
        with app.extensions["slo_lab_lock"].alone(IN_THE_PORTAL):
            _refuse_under_others()
            if not yes:
                click.confirm(f"{_will_delete(learner, scope)} Go on?", abort=True)
            reset(current_services(), learner, scope)
        click.echo(f"{scope.title}: reset.")


def _refuse_under_others() -> None:
    """Raises PortalAliveError where a portal of another data folder uses the same database."""
    if others_are_connected(db.session.connection()):
        raise PortalAliveError(
            "Another portal or command of the lab uses this database. Stop it first, then do this "
            f"again; nothing was changed. {IN_THE_PORTAL}"
        )


def _scope(name: str) -> Scope:
    found = find_scope(name)
    if found is None:
        known = ", ".join(scope.id for scope in scopes())
        raise click.BadParameter(f"there is no {name!r}; choose one of: {known}.")
    return found


def _show_choices(learner: Learner) -> None:
    click.echo("What can be reset (slo-lab reset NAME):")
    for scope in scopes():
        gone = ", ".join(losses(current_services(), learner, scope)) or "its tick alone"
        click.echo(f"  {scope.id:<18}{gone}")


def _will_delete(learner: Learner, scope: Scope) -> str:
    gone = losses(current_services(), learner, scope)
    if not gone:
        return f"{scope.title}: nothing is deleted but the tick."
    return f"{scope.title}: this deletes {', '.join(gone)}."
