"""Watching Prometheus take up changed rule files.

Nobody asks Prometheus to reload: whoever runs it watches the folder (the supervisor sends a
signal; in containers it is Prometheus' own auto-reload). What can be seen is the time of the last
good load, in whole seconds, and whether the last try was good. The cause of a bad one stands only
in Prometheus' log, so promtool is asked for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from portal.clients.errors import ClientError
from portal.clients.prometheus import LoadedGroup, PrometheusClient
from portal.clients.shape import moment
from portal.rulefile.outline import GroupOutline
from portal.rulefolder.rules import file_name

POLL_S = 0.1


@dataclass(frozen=True)
class LoadState:
    """Whether the last try to load the configuration was good, and when a good one was."""

    ok: bool
    loaded_at: datetime | None

    def is_after(self, before: LoadState) -> bool:
        """Whether a good load happened since ``before``: at another time, be that earlier.

        The clock may have gone back meanwhile.
        """
        return self.ok and self.loaded_at is not None and self.loaded_at != before.loaded_at


@dataclass(frozen=True)
class Expectation:
    """The groups of a file (none: it is gone), evaluated no faster than every ``floor_s``."""

    groups: tuple[GroupOutline, ...] = ()
    floor_s: float = 0.0

    def is_met_by(self, loaded: tuple[LoadedGroup, ...]) -> bool:
        """Whether these are the groups, evaluated no faster than allowed."""
        found = {
            group.name: tuple((rule.kind, rule.name) for rule in group.rules) for group in loaded
        }
        in_time = all(group.interval_s >= self.floor_s for group in loaded)
        return in_time and found == {group.name: group.rules for group in self.groups}


@dataclass(frozen=True)
class Waited:
    """How a wait ended: with the rules loaded, or with a reason."""

    groups: tuple[LoadedGroup, ...] = ()
    loaded: bool = False
    refused: bool = False
    reason: str = ""


def load_state(prometheus: PrometheusClient) -> LoadState:
    """The present state; raises ClientError."""
    info = prometheus.runtimeinfo()
    return LoadState(bool(info.get("reloadConfigSuccess")), moment(info.get("lastConfigTime")))


def next_second(before: LoadState) -> None:
    """Sleep until a load that happens from now on has another time than the last one."""
    if before.loaded_at is None:
        return
    age = time.time() - before.loaded_at.timestamp()
    if 0 <= age < 1:
        time.sleep(1.01 - age)


def wait_until_loaded(
    prometheus: PrometheusClient,
    name: str,
    expected: Expectation,
    before: LoadState,
    timeout: float,
) -> Waited:
    """Wait until Prometheus has loaded a change of the file ``name`` made after ``before``.

    ``timeout`` is seconds.
    """
    deadline = time.monotonic() + timeout
    waited = _look(prometheus, name, expected, before)
    while not (waited.loaded or waited.refused) and time.monotonic() < deadline:
        time.sleep(POLL_S)
        waited = _look(prometheus, name, expected, before)
    return waited


def _look(
    prometheus: PrometheusClient,
    name: str,
    expected: Expectation,
    before: LoadState,
) -> Waited:
    try:
        now = load_state(prometheus)
        if before.ok and not now.ok:
            return Waited(refused=True, reason="Prometheus refused to load the changed rules.")
        if not now.is_after(before):
            return Waited(reason="Prometheus has not looked at the changed rules.")
        groups = loaded_groups(prometheus, name)
    except ClientError as error:
        return Waited(reason=str(error))
    if not expected.is_met_by(groups):
        return Waited(
            reason="Prometheus loaded its rules anew, but these are not among them. "
            "Does it read this lab's folder of rule files?"
        )
    return Waited(groups, loaded=True)


def loaded_groups(prometheus: PrometheusClient, name: str) -> tuple[LoadedGroup, ...]:
    """The groups that Prometheus has from the file ``name``; raises ClientError."""
    return tuple(group for group in prometheus.rules() if file_name(group) == name)
