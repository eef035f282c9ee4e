"""Runs criteria: side by side, each with a time limit of its own, one never hiding another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.clients.errors import ClientError
from portal.commands import typed_here
from portal.criteria import store
from portal.criteria.base import Criterion, Status, Subject, Verdict, Where
from portal.criteria.models import StoredVerdict
from portal.deadline import Deadline, under
from portal.kit.age import AHEAD, is_old
from portal.kit.database_fault import DatabaseFault, fault_of
from portal.kit.db import db
from portal.learners.models import Learner
from portal.numbers import exact
from portal.services import Services

log = logging.getLogger(__name__)


def judge(criterion: Criterion, subject: Subject) -> Verdict:
    """Collect and judge; whatever goes wrong is a verdict too, but for the database: it keeps them.

    Raises SQLAlchemyError.
    """
    try:
        return criterion.judge(criterion.collect(subject))
    except ClientError as error:
        return cannot_ask(error)
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("criterion failed", extra={"criterion": criterion.id})
        return Verdict(
            Status.CANNOT_CHECK,
            "portal_error",
            "Can’t check: the portal made a mistake",
            "The check itself broke; the log has the details. Your work is not at fault.",
            "A check that runs to its end.",
            Where(typed_here("slo-lab logs portal", subject.services.settings)),
        )


def cannot_ask(error: ClientError) -> Verdict:
    """The verdict when a system could not be asked."""
    return Verdict(
        Status.CANNOT_CHECK,
        f"{error.system.lower().replace(' ', '_')}_{error.kind}",
        f"Can’t check: {error.system} can’t be asked",
        f"{error} Your work is not at fault.",
        f"An answer from {error.system}.",
        Where("How is the lab?", "/lab"),
    )


def overdue(seconds: float) -> Verdict:
    """The verdict when a check did not end within so many seconds."""
    return Verdict(
        Status.CANNOT_CHECK,
        "too_slow",
        "Can’t check: it takes too long",
        f"No verdict within {exact(seconds)} s. Your work is not at fault.",
        "An answer in time.",
        Where("How is the lab?", "/lab"),
    )


def _is_stale(row: StoredVerdict, fresh_from: datetime, now: datetime) -> bool:
    return row.checked_at <= fresh_from or is_old(row.checked_at, now, now - fresh_from)


class Checker:
    """Checks in the background; one check of a learner's criterion at a time."""

    def __init__(self, app: Flask, criteria: Sequence[Criterion]) -> None:
        """``criteria`` in the order of the lab."""
        self.criteria = {criterion.id: criterion for criterion in criteria}
        self._app = app
        services: Services = app.extensions["slo_lab"]
        self._background = services.background
        self.limits = services.limits.check
        self._pool = self._background.pool("check", self.limits.at_once)
        self._running: dict[tuple[int, str], tuple[Future[None], datetime]] = {}
        self._again: set[tuple[int, str]] = set()
        self.unsaved: dict[tuple[int, str], DatabaseFault] = {}
        """Why the last check of a learner's criterion could not be saved; those that could
        are not in it."""
        self._worked: dict[int, datetime] = {}
        self._guard = threading.Lock()

    def refresh(
        self, learner_id: int, ids: Iterable[str], now: datetime, older_than: timedelta
    ) -> list[Future[None]]:
        """Start checks of what was checked longer ago, or before the learner did something."""
        stored = store.stored_verdicts(learner_id)
        worked = self._worked.get(learner_id)
        if worked and worked - now > AHEAD:  # the clock went back
            worked = self._worked[learner_id] = now
        fresh_from = max(now - older_than, worked or now - older_than)
        stale = [i for i in ids if i not in stored or _is_stale(stored[i], fresh_from, now)]
        return [self._start(learner_id, i, now) for i in stale]

    def work_done(self, learner_id: int, now: datetime) -> None:
        """The learner did something, so that no verdict from before is worth keeping."""
        self._worked[learner_id] = now

    def check_now(self, learner_id: int, ids: Iterable[str], now: datetime) -> bool:
        """Check them all and wait a little; True when every verdict is in.

        One that is being checked may have been looked at too early, and is looked at again. So is
        a token that Grafana refused.
        """
        wanted = list(ids)
        services: Services = self._app.extensions["slo_lab"]
        services.grafana.try_token_again()
        with self._guard:
            self._again.update((learner_id, i) for i in wanted if self.is_checking(learner_id, i))
        started = self.refresh(learner_id, wanted, now, timedelta(0))
        return not wait(started, self.limits.wait_s).not_done

    def is_checking(self, learner_id: int, criterion_id: str) -> bool:
        """Whether a verdict is on its way."""
        future, _ = self._running.get((learner_id, criterion_id), (None, None))
        return future is not None and not future.done()

    def _start(self, learner_id: int, criterion_id: str, now: datetime) -> Future[None]:
        with self._guard:
            future, since = self._running.get((learner_id, criterion_id), (None, now))
            if future is not None and not future.done():
                if is_old(since, now, timedelta(seconds=self.limits.longest_s)):
                    self._note_overdue(learner_id, criterion_id, now)
                return future
            future = self._pool.submit(
                f"checks {criterion_id}", self._check, learner_id, criterion_id
            )
            self._running[learner_id, criterion_id] = future, now
            return future

    def _note_overdue(self, learner_id: int, criterion_id: str, now: datetime) -> None:
        """Save it beside the request, since who only reads a page writes nothing."""

        def note() -> None:
            with self._app.app_context(), self._saving(learner_id, criterion_id):
                store.save(learner_id, criterion_id, overdue(self.limits.longest_s), now)

        self._background.start("overdue", f"notes that {criterion_id} takes too long", note)

    def _check(self, learner_id: int, criterion_id: str) -> None:
        looks = True
        while looks:
            self._look(learner_id, criterion_id)
            with self._guard:
                looks = (learner_id, criterion_id) in self._again
                self._again.discard((learner_id, criterion_id))
                if not looks:  # who comes now starts the next check
                    self._running.pop((learner_id, criterion_id), None)

    def _look(self, learner_id: int, criterion_id: str) -> None:
        with self._app.app_context(), self._saving(learner_id, criterion_id):
            services: Services = self._app.extensions["slo_lab"]
            learner = db.session.get_one(Learner, learner_id)
            began = services.clock()
            known = store.stored_verdict(learner_id, criterion_id) is not None
            with under(Deadline(self.limits.longest_s)):
                verdict = judge(self.criteria[criterion_id], Subject(services, learner))
            db.session.rollback()
            if known and store.stored_verdict(learner_id, criterion_id) is None:
                return  # reset meanwhile: what was seen before it is not true any more
            store.save(learner_id, criterion_id, verdict, began)

    @contextmanager
    def _saving(self, learner_id: int, criterion_id: str) -> Iterator[None]:
        """What can't be saved within is told beside the verdict from before."""
        try:
            yield
        except SQLAlchemyError as error:
            db.session.rollback()
            fault = self.unsaved[learner_id, criterion_id] = fault_of(error)
            extra = {"criterion": criterion_id, "fault": fault.value, "reason": str(error)}
            log.error("verdict not saved", extra=extra)
        else:
            self.unsaved.pop((learner_id, criterion_id), None)


def current_checker() -> Checker:
    """The checker of the app that handles this request."""
    checker: Checker = current_app.extensions["slo_lab_checker"]
    return checker
