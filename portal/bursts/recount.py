"""What Prometheus counted of bursts whose runner was gone before it could ask: asked later."""

from __future__ import annotations

import contextlib
from dataclasses import asdict

from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal.bursts import store
from portal.bursts.models import Burst
from portal.bursts.server_view import Counters, seen_then
from portal.clients.errors import ClientError
from portal.kit.db import db
from portal.services import Services


def recount(services: Services) -> None:
    """Ask about each such burst; those that Prometheus can't be asked about now wait on."""
    try:
        for burst in store.uncounted(services.clock(), services.limits.burst):
            with contextlib.suppress(ClientError):
                _recount(services, burst)
    except (DatabaseError, PoolTimeoutError):  # the next look tries again
        db.session.rollback()


def _recount(services: Services, burst: Burst) -> None:
    """Raises ClientError."""
    number, job = burst.id, burst.learner.service.job
    before = Counters.of_record(burst.counted_before)
    began, ended = burst.started_at, burst.ended_at
    db.session.rollback()  # nobody is asked while the database waits
    view = seen_then(services, job, before, began, ended) if before and began and ended else None
    store.keep_count(number, asdict(view) if view else {})
