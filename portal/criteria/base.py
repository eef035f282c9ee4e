"""What a criterion is, and the verdict it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from portal.learners.models import Learner
from portal.services import Services


class Status(StrEnum):
    """The four verdicts."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_ENOUGH_DATA = "not_enough_data"
    CANNOT_CHECK = "cannot_check"

    @property
    def mark(self) -> str:
        """The sign that is shown beside the words, never instead of them."""
        return {"met": "✓", "not_met": "✗", "not_enough_data": "◔", "cannot_check": "?"}[self]

    @property
    def words(self) -> str:
        """The verdict in words, for texts and for those who hear a page."""
        return {
            "met": "met",
            "not_met": "not met",
            "not_enough_data": "not enough data yet",
            "cannot_check": "can’t check",
        }[self]


def verdict_mark(status: str) -> str:
    """The sign of a verdict that was kept as text; of one that is not known, too."""
    return _status(status).mark


def verdict_words(status: str) -> str:
    """The words of a verdict that was kept as text."""
    return _status(status).words


def _status(status: str) -> Status:
    return Status(status) if status in set(Status) else Status.CANNOT_CHECK


@dataclass(frozen=True)
class Where:
    """Where to look next: words, and an address (of the portal, Grafana or Prometheus) or none."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class VerdictLine:
    """One line of a verdict that looks at several things (preflight, the panels)."""

    status: Status
    text: str


@dataclass(frozen=True)
class Verdict:
    """What was seen, what is needed, where to look. Never the solution.

    ``headline`` is one short sentence; ``wait_seconds`` says how long "not enough data" may last;
    ``code`` is stable and names the one cause; ``memory`` is what the next check may start from.
    """

    status: Status
    code: str
    headline: str
    observed: str
    expected: str
    where: Where | None = None
    wait_seconds: int | None = None
    advice: str = ""
    lines: tuple[VerdictLine, ...] = field(default=())
    memory: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """Whose criterion is judged, and with what collaborators."""

    services: Services
    learner: Learner


class Criterion(Protocol):
    """A completion criterion: ``collect`` asks the real systems, ``judge`` is pure.

    ``collect`` may raise ClientError: the system could not be asked, which is CANNOT_CHECK.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    optional: ClassVar[bool]

    def collect(self, subject: Subject) -> Any:
        """The evidence; the only part that talks to anything."""

    def judge(self, evidence: Any) -> Verdict:
        """The verdict on that evidence."""
