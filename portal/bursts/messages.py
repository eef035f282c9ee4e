"""What the portal and the burst engine say to each other: one JSON object a line.

The portal writes a ``Spec`` on the engine's stdin, then the line ``here`` again and again for as
long as it follows the burst (``here 12.5``: the burst was its own at that second of the machine's
monotonic clock), and maybe the line ``stop``. The engine writes ``Message`` lines on
stdout. Nothing else is shared, so the engine can be replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from portal.errors import SLOLabError
from portal.numbers import exact, number
from portal.records import RecordError, read_record

VERSION = 1
STOP = "stop"
HERE = "here"

MAX_RATE = 500.0
"""Requests/s. No burst is faster, whatever it asks for."""

MAX_DURATION_SECONDS = 600.0
MAX_TIMEOUT_SECONDS = 30.0
METHODS = ("GET", "HEAD", "POST")
MAX_PARTS = 20
MAX_WEIGHT = 1000
MAX_PATH = 200
Said = TypeVar("Said", "Spec", "Message")


class MessageError(SLOLabError):
    """A line of the other side that can't be understood or asks for too much."""


class Mode(StrEnum):
    """Open: requests are due on a schedule. Closed: the next one starts when the last has ended."""

    OPEN = "open"
    CLOSED = "closed"


class MessageKind(StrEnum):
    """What a message tells; the last three end a burst."""

    STARTED = "started"
    PROGRESS = "progress"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Part:
    """One kind of request in the mix, and how often it comes compared with the others."""

    path: str
    weight: int = 1
    method: str = "GET"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A burst to send: ``rate`` in requests/s (closed loop: its cap), times in seconds.

    ``slow_seconds`` is what counts as slow for a good answer; ``max_requests`` ends the burst
    early. ``target`` is the configured base URL; nothing else is ever asked. Once the portal has
    said nothing for ``silence_seconds`` the burst ends (None: never for that).
    """

    target: str
    mode: Mode
    rate: float
    duration_seconds: float
    mix: tuple[Part, ...]
    timeout_seconds: float = 5.0
    slow_seconds: float = 0.5
    max_requests: int | None = None
    silence_seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is beyond the limits: MessageError."""
        _check_range("rate", self.rate, MAX_RATE)
        _check_range("duration_seconds", self.duration_seconds, MAX_DURATION_SECONDS)
        _check_range("timeout_seconds", self.timeout_seconds, MAX_TIMEOUT_SECONDS)
        _check_range("slow_seconds", self.slow_seconds, MAX_TIMEOUT_SECONDS)
        if self.silence_seconds is not None:
            _check_range("silence_seconds", self.silence_seconds, MAX_DURATION_SECONDS)
        if self.max_requests is not None and self.max_requests < 1:
            raise MessageError("max_requests must be at least 1.")
        if not 1 <= len(self.mix) <= MAX_PARTS:
            raise MessageError(f"The mix must have from 1 to {MAX_PARTS} parts.")
        for part in self.mix:
            _check_part(part)

    @property
    def scheduled(self) -> int | None:
        """How many requests the schedule holds; None for a closed loop without ``max_requests``."""
        if self.mode is Mode.CLOSED:
            return self.max_requests
        due = int(self.rate * self.duration_seconds + 1e-6)
        return due if self.max_requests is None else min(due, self.max_requests)

    def dump(self) -> str:
        """The line for the engine's stdin."""
        return json.dumps({"v": VERSION, **asdict(self)}) + "\n"

    @classmethod
    def parse(cls, line: str) -> Spec:
        """The burst that a line asks for; raises MessageError."""
        return _read(cls, _read_object(line))


@dataclass(frozen=True, kw_only=True)
class SecondCounts:
    """What became of the requests that were due in one second, counted from the burst's start.

    ``counts``: path, outcome (``portal.bursts.outcomes``) and number. ``latency``: wide slot
    (``portal.bursts.latencies``) and number. All are totals so far.
    """

    second: int
    counts: tuple[tuple[str, str, int], ...] = ()
    latency: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecordPart:
    """The seconds that changed since the last message. ``start``: when second 0 began, Unix time.

    ``latency``: narrow slots of the whole burst that changed, and their numbers;
    ``latency_total``: the sum of all durations, ``longest``: the longest of them, s.
    """

    start: float
    seconds: tuple[SecondCounts, ...] = ()
    latency: tuple[tuple[int, int], ...] = ()
    latency_total: float = 0.0
    longest: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Message:
    """How a burst stands. Times are Unix seconds, durations seconds; counts are totals so far.

    ``sent`` = ``good`` + all ``failed`` + ``cut`` + ``in_flight``. A request is good unless it
    was answered 5xx or not answered; ``not_sent`` ones never left this machine, which was out of
    files, ports or memory, and count as nothing else; ``slow`` ones are good but took over
    ``slow_seconds``.
    Latency counts from the moment a request was due, over all requests that were answered or
    waited until the timeout. ``late_p99`` is how late the engine itself sent. Bad means failed
    or slow. ``reason`` says in a sentence why a burst stopped or failed. ``part`` brings the
    record by the second up to date.
    """

    kind: MessageKind
    at: float
    elapsed_seconds: float = 0.0
    scheduled: int | None = None
    sent: int = 0
    in_flight: int = 0
    good: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    cut: int = 0
    not_sent: int = 0
    slow: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    late_p99: float | None = None
    by_status: Mapping[str, int] = field(default_factory=dict)
    first_bad_due_at: float | None = None
    last_bad_end_at: float | None = None
    reason: str = ""
    part: RecordPart | None = None

    @property
    def is_last(self) -> bool:
        """Whether the burst has ended."""
        return self.kind not in (MessageKind.STARTED, MessageKind.PROGRESS)

    @property
    def failed_total(self) -> int:
        """Failed requests of all kinds."""
        return sum(self.failed.values())

    @property
    def error_ratio(self) -> float | None:
        """Failed / ended requests, 0..1; None before the first has ended."""
        ended = self.good + self.failed_total
        return self.failed_total / ended if ended else None

    def counts(self) -> dict[str, Any]:
        """The totals as plain data, for the record of the burst."""
        told = asdict(replace(self, part=None))
        del told["part"]
        return {**told, "kind": str(self.kind), "error_ratio": self.error_ratio}

    def dump(self) -> str:
        """The line for the engine's stdout."""
        told = self.counts()
        kind = told.pop("kind")
        if self.part is not None:
            told["part"] = asdict(self.part)
        return json.dumps({"v": VERSION, "type": kind, **told}) + "\n"

    @classmethod
    def parse(cls, line: str) -> Message:
        """The message in a line of the engine's; raises MessageError."""
        content = _read_object(line)
        content["kind"] = content.pop("type", None)
        return _read(cls, content)


def _read_object(line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise MessageError(f"This line is no message of a burst: {line.strip()[:80]!r}.")
    if (version := content.pop("v", None)) != VERSION:
        raise MessageError(f"The message has version {version!r}, but {VERSION} is understood.")
    return content


def _read(kind: type[Said], content: dict[str, Any]) -> Said:
    try:
        return read_record(kind, content)
    except RecordError as error:
        raise MessageError(f"This line is no message of a burst: {error}") from error


def _check_range(name: str, value: float, most: float) -> None:
    if not 0 < value <= most:
        raise MessageError(
            f"{name} is {number(value)}, but must be above 0 and at most {exact(most)}."
        )


def _check_part(part: Part) -> None:
    if part.method not in METHODS:
        raise MessageError(f"The method {part.method!r:.20} is none of: {', '.join(METHODS)}.")
    if not 1 <= part.weight <= MAX_WEIGHT:
        raise MessageError(f"A weight must be from 1 to {MAX_WEIGHT}.")
    visible = all("!" <= character <= "~" for character in part.path)
    if not part.path.startswith("/") or not visible or len(part.path) > MAX_PATH:
        raise MessageError(
            f"The path {part.path!r:.60} must start with / and have at most {MAX_PATH} "
            "visible ASCII characters."
        )
