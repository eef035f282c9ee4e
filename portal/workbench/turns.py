"""Runs the learner's own queries: is there a value now, and if not, why?"""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.prometheus import PrometheusClient, UnaskedQueryError
from portal.deadline import time_for
from portal.services import Services

NO_DATA = "it returns no data now"
NOT_A_NUMBER = "its value is not a number now: there is no traffic in its range"
TOO_SLOW = "Prometheus takes too long to work it out"
NO_TIME = "there was no time left to ask for its value"
TOO_COMPLEX = "it has more brackets or operators than the lab asks Prometheus to read"
OF_SEVERAL = {
    NO_DATA: "they return no data now",
    NOT_A_NUMBER: "their values are not numbers now: there is no traffic in their range",
    TOO_SLOW: "Prometheus takes too long to work them out",
    NO_TIME: "there was no time left to ask for their values",
    TOO_COMPLEX: "they have more brackets or operators than the lab asks Prometheus to read",
}
"""The same, said of several queries."""


@dataclass(frozen=True)
class QueryRun:
    """A query that was run: why Prometheus refuses it, or why there is no value now, or neither."""

    refused: str = ""
    silent: str = ""


@contextmanager
def turn(services: Services, seconds: float | None = None) -> Iterator[bool]:
    """Whether a few queries of learners at most run now, so that others get their turn too.

    Waits ``seconds`` at most for that, by default as long as somebody who types would.
    """
    with _place(services, "workbench", services.limits.workbench.at_once, seconds) as mine:
        yield mine


@contextmanager
def turn_of(services: Services, learner_id: int) -> Iterator[bool]:
    """The same, and this learner has no other query that runs."""
    with _place(services, ("workbench", learner_id), 1) as own:
        if not own:
            yield False
            return
        with turn(services) as mine:
            yield mine


@contextmanager
def _place(
    services: Services, key: Hashable, places: int, seconds: float | None = None
) -> Iterator[bool]:
    gate = services.instruments.get(key, lambda: threading.BoundedSemaphore(places))
    wait_s = services.limits.workbench.turn_s if seconds is None else seconds
    mine = gate.acquire(timeout=time_for(wait_s))
    try:
        yield mine
    finally:
        if mine:
            gate.release()


def run(prometheus: PrometheusClient, expr: str) -> QueryRun:
    """What comes of the query now; raises ClientError when Prometheus can't be asked."""
    try:
        samples = prometheus.query(expr)
    except UnaskedQueryError:
        return QueryRun(silent=TOO_COMPLEX)
    except ClientError as error:
        if error.kind is ErrorKind.REFUSED:
            return QueryRun(refused=error.detail or str(error))
        if error.kind is ErrorKind.TOO_LARGE:
            return QueryRun(refused="its answer is far too large for a panel")
        if error.kind is ErrorKind.TIMEOUT:
            return QueryRun(silent=TOO_SLOW)
        if error.kind is ErrorKind.NOT_ASKED:
            return QueryRun(silent=NO_TIME)
        raise
    if not samples:
        return QueryRun(silent=NO_DATA)
    if not any(math.isfinite(sample.value) for sample in samples):
        return QueryRun(silent=NOT_A_NUMBER)
    return QueryRun()
