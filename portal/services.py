"""The collaborators of the portal, handed in: real ones in the lab, fakes in the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import cast

from flask import current_app

from portal.background import Background
from portal.clients import promtool
from portal.clients.calls import announce
from portal.clients.grafana import GrafanaClient
from portal.clients.mockapp import MockappClient
from portal.clients.prometheus import PrometheusClient
from portal.config import Settings
from portal.instruments import Instruments
from portal.limits import Limits
from portal.promql.text import too_complex
from portal.readings import SharedReadings
from portal.secret_files import read_or_make
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory


def utc_now() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """What the features ask: settings, limits, the outside systems, the clock, what they share."""

    settings: Settings
    prometheus: PrometheusClient
    mockapp: MockappClient
    grafana: GrafanaClient
    background: Background
    readings: SharedReadings
    trials: TrialMemory
    instruments: Instruments = field(default_factory=Instruments)
    clock: Callable[[], datetime] = utc_now
    limits: Limits = Limits()

    @classmethod
    def from_settings(cls, settings: Settings, limits: Limits = Limits()) -> Services:
        """The real collaborators, at the addresses that the settings name."""
        data_dir = settings.data_dir
        background = Background()
        pool = background.pool("question", limits.page.at_once)
        return cls(
            settings=settings,
            prometheus=PrometheusClient(settings.prometheus_base, limits=limits.client, pool=pool),
            mockapp=MockappClient(
                settings.mockapp_base,
                lambda: read_or_make(data_dir, "fault-token", settings),
                limits=limits.client,
            ),
            grafana=GrafanaClient.from_settings(settings, limits.client),
            background=background,
            readings=SharedReadings(background, most=limits.room.readings),
            limits=limits,
            trials=TrialMemory(
                TrialEngine(
                    limits.promtool,
                    partial(promtool.find, settings.cache_dir),
                    settings.scrape_interval,
                )
            ),
        )

    def ask_ahead(self, readings: Sequence[Callable[[], object]]) -> None:
        """Ask for several shared readings side by side, so that whoever wants one has it then.

        They must not need the database. Whom each of them asks, it says itself.
        """
        announce("other systems")
        workers = self.limits.page.at_once
        pool = self.instruments.get("reading", lambda: self.background.pool("reading", workers))
        pool.side_by_side("reads ahead", readings)

    @property
    def learners_prometheus(self) -> PrometheusClient:
        """Prometheus for the learner's queries: a heavy one must not make the portal's own wait.

        One that Prometheus would only read for long is not asked.
        """
        key = ("learner's queries", self.prometheus)
        return self.instruments.get(key, self._apart)

    def _apart(self) -> PrometheusClient:
        return self.prometheus.apart(
            max_bytes=self.limits.client.learners_bytes,
            refuse=lambda expr: too_complex(expr, self.limits.query),
        )


def current_services() -> Services:
    """The collaborators of the app that handles this request."""
    return cast(Services, current_app.extensions["slo_lab"])
