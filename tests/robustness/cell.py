"""One cell of the fault matrix: a portal that is asked for everything while something is ill."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select

from portal.bursts.models import Burst
from portal.config import Settings
from portal.criteria import store
from portal.criteria.base import Verdict
from portal.criteria.checker import Checker
from portal.kit.db import db
from portal.learners import current_learner
from portal.limits import Limits
from portal.services import Services, utc_now
from tests import apps
from tests.patient import TRIALS
from tests.robustness.forms import BURST, PRESSED, TYPED, Sent, send, send_typed
from tests.robustness.portals import Answered, ask
from tests.robustness.rows import pages

T = TypeVar("T")
R = TypeVar("R")
PATIENCE_S = 120.0


class OwnServices(dict[str, Any]):
    """An app's extensions, in which each thread may have services of its own."""

    def __init__(self, extensions: dict[str, Any]) -> None:
        super().__init__(extensions)
        self.own = threading.local()

    def __getitem__(self, name: str) -> Any:
        services = getattr(self.own, "services", None) if name == "slo_lab" else None
        return services or super().__getitem__(name)


@dataclass(frozen=True)
class Cell:
    """The portal, and how many ask it side by side (``lanes``)."""

    app: Flask
    lanes: int

    def pages(self, which: Iterable[str] | None = None) -> list[Answered]:
        """Every page (or those), each as the first that anybody asks for."""
        return self._side_by_side(self.cold, pages(self.app) if which is None else which)

    def cold(self, path: str) -> Answered:
        """The page when nothing is remembered: no shared reading, no known silence."""
        extensions, base = self.app.extensions, self.services
        assert isinstance(extensions, OwnServices)
        services = services_at(base.settings, base.limits)
        extensions.own.services = services
        try:
            return ask(self.app.test_client(), path)
        finally:
            extensions.own.services = None
            services.background.stop(0)

    def forms(self) -> list[Sent]:
        """Every form with something typed in it, and every button that asks other systems."""
        sent = self._side_by_side(lambda form: send_typed(self.app.test_client(), form), TYPED)
        pressed = self._side_by_side(lambda one: send(self.app.test_client(), *one), PRESSED)
        return [*sent, *pressed]

    def checks(self) -> list[Sent]:
        """What *check again* answers, for each criterion, once all of them have ended."""
        paths = [f"/criteria/{name}/check" for name in self.checker.criteria]
        sent = self._side_by_side(lambda path: send(self.app.test_client(), path, {}), paths)
        self._wait_for_checks()
        return sent

    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of each criterion, checked now."""
        with self.app.app_context():
            learner_id = current_learner().id
            self.checker.check_now(learner_id, self.checker.criteria, utc_now())
            self._wait_for_checks()
            db.session.rollback()
            rows = store.stored_verdicts(learner_id)
            return {name: store.verdict_of(rows[name]) for name in self.checker.criteria}

    def _wait_for_checks(self) -> None:
        running = [future for future, _ in list(self.checker._running.values())]
        assert not wait(running, PATIENCE_S).not_done

    def start_burst(self) -> Sent:
        """A short one, with a fault."""
        return send(self.app.test_client(), *BURST)

    def last_burst(self) -> Burst:
        """The newest burst, once it is over."""
        until = time.monotonic() + PATIENCE_S
        with self.app.app_context():
            while True:
                found = db.session.execute(select(Burst).order_by(Burst.id.desc())).scalars()
                burst = next(found)
                if not burst.is_active:
                    db.session.expunge(burst)
                    return burst
                assert time.monotonic() < until, burst.state
                db.session.rollback()
                time.sleep(0.05)

    @property
    def checker(self) -> Checker:
        checker: Checker = self.app.extensions["slo_lab_checker"]
        return checker

    @property
    def services(self) -> Services:
        services: Services = self.app.extensions["slo_lab"]
        return services

    def _side_by_side(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        with ThreadPoolExecutor(self.lanes) as pool:
            return list(pool.map(work, items))


def services_at(settings: Settings, limits: Limits) -> Services:
    """The real collaborators at the product's own limits; what was tried before is remembered."""
    return replace(Services.from_settings(settings, limits), trials=TRIALS)


@contextmanager
def portal_cell(settings: Settings, *, lanes: int, limits: Limits = Limits()) -> Iterator[Cell]:
    """A portal for one cell, on the data that is there."""

    services = services_at(settings, limits)
    config = {"PROPAGATE_EXCEPTIONS": False}
    with apps.portal_app(settings, services, config) as app:
        app.extensions = OwnServices(app.extensions)
        yield Cell(app, lanes)
