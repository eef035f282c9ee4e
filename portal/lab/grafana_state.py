"""Is there a Grafana at all? The lab runs without one where none can be had."""

from __future__ import annotations

from dataclasses import dataclass

from portal.config import Settings
from portal.criteria.base import Status
from portal.secret_files import SecretFileError, read_secret, secret_path
from stack.layout import Layout
from stack.lock import is_held
from stack.state import ServerStatus, read_state


@dataclass(frozen=True)
class Absence:
    """Why nothing is asked of Grafana now."""

    status: Status
    text: str


def has_grafana(settings: Settings) -> bool:
    """Whether pages may name Grafana."""
    return grafana_absence(settings) is None


def grafana_absence(settings: Settings) -> Absence | None:
    """None when Grafana is to be asked: a configured one always, the lab's own once it runs."""
    if settings.grafana_url:
        return None
    layout = Layout(settings.data_dir)
    state = read_state(layout.state)
    server = state.servers.get("grafana") if state else None
    if not is_held(layout.lock) and not settings.prometheus_url:
        return Absence(Status.CANNOT_CHECK, "The lab does not run, so there is no Grafana now.")
    if server is None or server.status is ServerStatus.ABSENT:
        return Absence(Status.MET, "The lab runs without Grafana.")
    if server.status in {ServerStatus.GETTING, ServerStatus.STARTING}:
        return Absence(Status.MET, "The lab runs without Grafana until it has arrived.")
    return None


def grafana_password(settings: Settings) -> str | None:
    """The learner's own Grafana login, which the lab made; None for a Grafana of somebody else."""
    if settings.grafana_url and not settings.grafana_public_url:
        return None
    try:
        return read_secret(secret_path(settings.data_dir, "grafana-password"), "")
    except SecretFileError:
        return None
