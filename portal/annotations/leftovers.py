"""Annotations in Grafana whose bursts are gone: after a reset, and whatever else happened."""

from __future__ import annotations

import threading
import time

from portal.annotations import store
from portal.services import Services


class Leftovers:
    """What this lab has written of bursts that are on record no more."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._wanted.set()  # a lab may have been reset while no portal ran
        self._looked_at = time.monotonic()

    def are_wanted(self) -> None:
        """Let them be looked for at the next turn."""
        self._wanted.set()

    def take_back_if_due(self, services: Services) -> None:
        """Delete them, where they are wanted or nobody looked for long. Raises ClientError."""
        every_s = services.limits.annotation.sweep_every_s
        if not self._wanted.is_set() and time.monotonic() - self._looked_at < every_s:
            return
        self._wanted.clear()
        self._looked_at = time.monotonic()
        try:
            _take_back(services)
        except BaseException:
            self._wanted.set()
            raise


def leftovers(services: Services) -> Leftovers:
    """Those of this portal."""
    return services.instruments.get("annotations left over", Leftovers)


def _take_back(services: Services) -> None:
    tag = store.own_tag()
    # Grafana is asked first: a burst is on record before anything is written of it there.
    found = services.grafana.tagged_annotations(tag)
    known = store.known_tags()
    for one in found:
        if known.isdisjoint(one.tags):
            services.grafana.delete_annotation(one.id)
