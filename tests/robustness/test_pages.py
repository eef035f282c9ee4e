"""Every page answers in time and says what is wrong, whichever outside system is ill, and how."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from portal.kit.db import db
from portal.learners.models import Learner
from portal.limits import Limits
from portal.services import Services, utc_now
from portal.workbench import store
from tests.fakes.hostile import HostileServer, Misbehaviour
from tests.fakes.prometheus import EmptyPrometheus
from tests.robustness.portals import PAGES, QUERY, Answered, ask, portal_app, save_slo, settings_in

WATCHDOG_S = 25.0
"""A page may take two; one that waits for the end of a slow answer takes thirty."""

HOWS = (
    Misbehaviour.DOWN,
    Misbehaviour.SLOW,
    Misbehaviour.ERROR_500,
    Misbehaviour.GARBAGE,
    Misbehaviour.HTML,
    Misbehaviour.UNAUTHORIZED,
    Misbehaviour.TOO_LARGE,
)
SAYS_SO = {
    "prometheus": (
        "/slis",
        "/slos",
        "/slos/shop",
        "/alerts/rules",
        f"/workbench?expr={QUERY}",
        "/lab",
        "/criteria/preflight",
        "/criteria/traffic",
        "/criteria/dashboard",
        "/criteria/alert",
    ),
    "grafana": ("/lab", "/criteria/preflight", "/criteria/dashboard"),
    "mockapp": ("/lab", "/criteria/preflight"),
}
"""Pages that show the address of the system that is ill, with what is wrong with it."""

LANES = 6
"""Portals that answer side by side where most of the time is spent waiting."""


@dataclass(frozen=True)
class IllLab:
    """Portals on one database, with SLOs and a panel; one outside system, at ``url``, is ill."""

    url: str
    portals: tuple[Flask, ...]

    def cold_answers(self) -> list[Answered]:
        """Every page, each as the first that anybody asks for."""
        lanes = range(len(self.portals))
        with ThreadPoolExecutor(len(lanes)) as pool:
            parts = pool.map(lambda lane: self._lane(lane, len(lanes)), lanes)
            return [answer for part in parts for answer in part]

    def _lane(self, lane: int, lanes: int) -> list[Answered]:
        return [cold(self.portals[lane], path) for path in PAGES[lane::lanes]]


@contextmanager
def ill_lab(folder: Path, system: str, how: Misbehaviour) -> Iterator[IllLab]:
    with EmptyPrometheus() as well, HostileServer(how) as server, ExitStack() as stack:
        urls = {"prometheus_url": well.url, f"{system}_url": server.url}
        settings = settings_in(folder, **urls)
        lanes = LANES if how is Misbehaviour.SLOW else 1
        portals = tuple(
            stack.enter_context(portal_app(settings, limits=Limits())) for _ in range(lanes)
        )
        client = portals[0].test_client()
        assert save_slo(client).status_code == 303
        assert save_slo(client, title="Fast", sli="latency", threshold_ms="300").status_code == 303
        keep_a_panel(portals[0])
        yield IllLab(server.url, portals)


def keep_a_panel(app: Flask) -> None:
    """Without the form, which asks Prometheus first."""
    with app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        store.add_panel(learner.id, "Traffic", QUERY, "short", utc_now())


def cold(app: Flask, path: str) -> Answered:
    """The page when nothing is remembered: no shared reading, no known silence."""
    services: Services = app.extensions["slo_lab"]
    app.extensions["slo_lab"] = Services.from_settings(services.settings)
    return ask(app.test_client(), path)


def checked(app: Flask, path: str) -> str:
    """The page when it shows the verdict of a check that has ended."""
    until = time.monotonic() + 60
    while "Can’t check" not in (text := ask(app.test_client(), path).text):
        assert time.monotonic() < until, text
        time.sleep(0.1)
    return text


def shown(app: Flask, path: str) -> str:
    return (
        checked(app, path) if path.startswith("/criteria/") else ask(app.test_client(), path).text
    )


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("system", SAYS_SO)
def test_every_page_answers_in_time_and_says_what_is_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, system: str, how: Misbehaviour
) -> None:
    with ill_lab(tmp_path, system, how) as lab:
        answers = lab.cold_answers()
        silent = [p for p in SAYS_SO[system] if lab.url not in shown(lab.portals[0], p)]
    assert silent == []
    assert len(answers) == len(PAGES)
    assert {one.path: one.status for one in answers if one.status != 200} == {}
    assert {one.path: one.seconds for one in answers if one.seconds > WATCHDOG_S} == {}
    assert [one.path for one in answers if "Traceback" in one.text] == []
    assert [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR] == []
