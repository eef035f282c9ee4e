"""``slo-lab burst``: a burst from the command line, the same as the button's."""

from __future__ import annotations

import math
import sys
import time
from uuid import uuid4

import click
from sqlalchemy import select

from portal.bursts import store
from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import PRESETS
from portal.bursts.recount import recount
from portal.bursts.sides import sides
from portal.bursts.start import current_runner, start_burst
from portal.kit.db import db
from portal.learners import current_learner
from portal.numbers import count
from portal.services import current_services
from portal.wsgi import quiet_app

LOOK_SECONDS = 0.5
TELL_SECONDS = 10.0
"""How often progress is told where nobody watches: into a file, or to a script."""


@click.command()
@click.argument("preset", type=click.Choice(list(PRESETS)))
def burst(preset: str) -> None:
    """Send a burst of that PRESET at the mock service; Ctrl-C stops it."""
    with quiet_app():
        started = start_burst(current_services(), current_learner(), PRESETS[preset], uuid4().hex)
        if started.preset != preset:
            click.echo(f"Burst {started.number} ({started.title}) is running; it is shown instead.")
        ended = _follow(started.id, LOOK_SECONDS if sys.stderr.isatty() else TELL_SECONDS)
        _print(ended)
        sys.exit(0 if ended.state == BurstState.FINISHED else 1)


def _follow(burst_id: int, every: float) -> Burst:
    """The burst once it has ended and Prometheus was asked about it; told ``every`` seconds."""
    told_at = -math.inf
    while True:
        try:
            now = _look(burst_id)
            if not now.is_active and (now.server_counts is not None or _was_left(now)):
                return now
            if now.is_active and time.monotonic() - told_at >= every:
                told_at = time.monotonic()
                click.echo(
                    f"  {now.state}: sent {count(now.sent)}, good {count(now.good)}", err=True
                )
            time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            store.request_stop(_look(burst_id))


def _look(burst_id: int) -> Burst:
    db.session.rollback()
    services = current_services()
    current_runner().settle(services.clock())
    recount(services)
    return db.session.execute(select(Burst).where(Burst.id == burst_id)).scalar_one()


def _was_left(ended: Burst) -> bool:
    """Whether its runner is gone and Prometheus, asked a moment ago, told nothing of it."""
    services = current_services()
    return ended in store.uncounted(services.clock(), services.limits.burst)


def _print(ended: Burst) -> None:
    click.echo(f"{ended.title}: {ended.state}. {ended.reason}".rstrip())
    compared = sides(ended)
    click.echo(f"{'':<18}{'users saw':>12}{'Prometheus':>14}")
    for row in compared.rows:
        click.echo(f"{row.label:<18}{row.users:>12}{row.server:>14}")
    click.echo(f"{compared.sentence} {ended.own_limits}".rstrip())
