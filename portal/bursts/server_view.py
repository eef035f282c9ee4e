"""What Prometheus counted while a burst ran: the raw counter after it, minus before it."""

from __future__ import annotations

import time
from datetime import datetime

from portal.clients.errors import ClientError
from portal.clients.prometheus import PrometheusClient
from portal.services import Services
from portal.slis.queries import SLIQueries

ASK_EVERY_SECONDS = 0.5


def counter_now(prometheus: PrometheusClient, job: str) -> dict[str, float] | None:
    """Requests counted since the service started, by status; None when it can't be asked."""
    try:
        samples = prometheus.query(SLIQueries(job).counter)
    except ClientError:
        return None
    return {sample.labels.get("status", ""): sample.value for sample in samples}


def counted_since(
    services: Services, job: str, before: dict[str, float] | None, ended: datetime
) -> dict[str, float]:
    """The difference by status, once a scrape after ``ended`` is in; empty when it can't be told.

    Waits for three scrape intervals at most. A service that was started anew meanwhile counts
    from zero again, so its difference is what it counted since.
    """
    if before is None or not _scraped_after(services, job, ended):
        return {}
    after = counter_now(services.prometheus, job) or {}
    reset = any(after.get(status, 0.0) < count for status, count in before.items())
    base = {} if reset else before
    return {status: count - base.get(status, 0.0) for status, count in after.items()}


def _scraped_after(services: Services, job: str, moment: datetime) -> bool:
    give_up = time.monotonic() + 3 * services.settings.scrape_interval + 2
    query = f"max(timestamp({SLIQueries(job).target_up}))"
    while time.monotonic() < give_up:
        try:
            samples = services.prometheus.query(query)
        except ClientError:
            return False
        if samples and samples[0].value > moment.timestamp():
            return True
        time.sleep(ASK_EVERY_SECONDS)
    return False
