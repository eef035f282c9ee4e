"""Dashboards handed in: what is wrong with a file before it is kept."""

from __future__ import annotations

from portal.dashboards import CheckContext, DashboardVerdict, UnreadableDashboardError, judge, load
from portal.trial.memory import TrialMemory

NOTHING = "Choose a dashboard's JSON file, or paste its text."
NO_TEXT = "That is not a text file. Export the dashboard as JSON and choose that file."


def read(raw: bytes, trials: TrialMemory) -> str:
    """The text of a dashboard; raises UnreadableDashboardError saying why it is none."""
    if not raw.strip():
        raise UnreadableDashboardError(NOTHING)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDashboardError(NO_TEXT) from error
    if "\0" in text:
        raise UnreadableDashboardError(NO_TEXT)
    finding = judge(load(text), CheckContext(trials))
    if finding.verdict is DashboardVerdict.ERROR:
        raise UnreadableDashboardError(finding.reason)
    return text
