"""What the planner says of a burst that was asked for: each alert of each SLO, before it starts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from portal.bursts.models import Burst
from portal.bursts.profiles import Profile
from portal.objectives.guard import Guard, guards_at
from portal.objectives.store import list_slos
from portal.records import RecordError, read_record
from portal.services import Services
from portal.slo import planner
from portal.slo.objective import SLO
from portal.slo.rules import alert_name


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One alert: when this burst would make it fire, ``seconds`` after its start, with how many
    ``failures``. None: never, and ``sentence`` says why. ``alert`` is the generated rule's name.
    """

    slo: str
    title: str
    alert: str
    pair: str
    is_page: bool
    limit: float
    seconds: float | None
    failures: int | None
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """What the database keeps."""
        return asdict(self)

    @classmethod
    def readable(cls, kept: Iterable[Any]) -> Iterator[Forecast]:
        """Those that can be read again, of what a watch kept."""
        for one in kept:
            with contextlib.suppress(RecordError):
                yield read_record(cls, one)


def forecasts(services: Services, burst: Burst) -> list[Forecast] | None:
    """The forecasts from the history as it was when the burst started; None: not known."""
    if burst.started_at is None:
        return None
    found: list[Forecast] = []
    for row in list_slos(burst.learner_id):
        if row.created_at > burst.started_at:
            continue
        wanted = as_planned(burst, row.value)
        guards = guards_at(services, row.value, wanted, burst.started_at.timestamp())
        if guards.reason:
            return None
        found += _each(row.value, guards.guards)
    return found


def as_planned(burst: Burst, slo: SLO) -> planner.PlannedBurst:
    """The burst as the SLO sees it: requests that are counted, and the share of bad ones.

    A hanging service counts nothing. Added latency makes every request slow that it takes beyond
    the threshold; the service's own few milliseconds are left aside.
    """
    profile = Profile.from_dict(burst.preset, burst.title, burst.spec)
    fault = profile.fault
    if fault is None:
        return planner.PlannedBurst(profile.rate, 0.0)
    if fault.hang:
        return planner.PlannedBurst(0.0, 0.0)
    if slo.threshold_s is None:
        return planner.PlannedBurst(profile.rate, fault.error_ratio)
    return planner.PlannedBurst(
        profile.rate, 1.0 if fault.latency_seconds >= slo.threshold_s else 0.0
    )


def _each(slo: SLO, guards: tuple[Guard, ...]) -> Iterator[Forecast]:
    for guard in guards:
        yield Forecast(
            slo=slo.name,
            title=slo.title or slo.name,
            alert=alert_name(slo, guard.pair),
            pair=guard.pair.name,
            is_page=guard.pair.severity == "page",
            limit=guard.limit,
            seconds=guard.plan.seconds,
            failures=guard.plan.failures,
            sentence=guard.never or guard.plan.sentence,
        )
