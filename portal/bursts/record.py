"""The record of a burst by the second: one compact document, kept with the burst; pure.

A page, a report and a later view draw from it without asking Prometheus.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from portal.bursts.latencies import COARSE_SLOTS, SLOTS, Latencies
from portal.bursts.messages import MAX_DURATION_SECONDS, RecordPart, SecondCounts
from portal.bursts.outcomes import CUT, FAST, NO_FAILURES, NOT_SENT, SENT, SLOW, TIMEOUT
from portal.records import RecordError, read_record

Key = TypeVar("Key")

VERSION = 1
MAX_BYTES = 4 << 20
"""No record of a burst within the limits unpacks to more."""


@dataclass(frozen=True)
class SecondView:
    """One second: requests that were due in it, and what became of them.

    ``failed`` counts all ways to fail, ``given_up`` those of them that waited until the user
    gave up. What is on its way still is ``sent`` and nothing else yet.
    """

    second: int
    sent: int = 0
    fast: int = 0
    slow: int = 0
    failed: int = 0
    given_up: int = 0
    cut: int = 0
    not_sent: int = 0

    @property
    def good(self) -> int:
        """Requests answered well, fast or slow."""
        return self.fast + self.slow

    @property
    def good_share(self) -> float | None:
        """Good of those that ended, 0..1; None before one has."""
        ended = self.good + self.failed
        return self.good / ended if ended else None


@dataclass
class BurstRecord:
    """What a burst did, by the second. ``start``: when second 0 began, Unix seconds.

    ``seconds``: the counts of each second by path and outcome. ``latency``: numbers by narrow
    slot, ``coarse`` by second and wide slot. Sums over the seconds are the engine's totals.
    """

    start: float = 0.0
    seconds: dict[int, dict[tuple[str, str], int]] = field(default_factory=dict)
    coarse: dict[int, dict[int, int]] = field(default_factory=dict)
    latency: dict[int, int] = field(default_factory=dict)
    latency_total: float = 0.0
    longest: float = 0.0

    def take(self, part: RecordPart) -> None:
        """Bring it up to date with what the engine told; numbers are totals of their places."""
        self.start = part.start
        for told in part.seconds:
            self.seconds[told.second] = {(path, what): n for path, what, n in told.counts}
            self.coarse[told.second] = dict(told.latency)
        self.latency.update(part.latency)
        self.latency_total, self.longest = part.latency_total, part.longest

    @property
    def paths(self) -> list[str]:
        """The paths that were asked, the most asked first."""
        sent = self.totals_by_path()
        return sorted(sent, key=lambda path: (-sent[path][SENT], path))

    @property
    def latencies(self) -> Latencies:
        """How long the requests took, those until the user gave up included."""
        return Latencies(self.latency.items(), self.latency_total, self.longest)

    def totals(self, paths: Collection[str] | None = None) -> Counter[str]:
        """The number of each outcome, of all paths or of some."""
        return _summed(self.seconds.values(), paths)

    def totals_by_path(self) -> dict[str, Counter[str]]:
        """The number of each outcome, by path."""
        paths = {path for counts in self.seconds.values() for path, _ in counts}
        return {path: self.totals((path,)) for path in paths}

    def views(self, paths: Collection[str] | None = None) -> list[SecondView]:
        """Each second from the first to the last in which a request was due, without gaps."""
        last = max(self.seconds, default=-1)
        return [
            _view(second, _summed([self.seconds.get(second, {})], paths))
            for second in range(last + 1)
        ]

    def plus(self, other: BurstRecord) -> BurstRecord:
        """Both together, second by second: two parts of one schedule from the same start."""
        seconds = self.seconds.keys() | other.seconds.keys()
        return BurstRecord(
            start=min(self.start, other.start),
            seconds={n: _added(self.seconds.get(n), other.seconds.get(n)) for n in seconds},
            coarse={n: _added(self.coarse.get(n), other.coarse.get(n)) for n in seconds},
            latency=_added(self.latency, other.latency),
            latency_total=self.latency_total + other.latency_total,
            longest=max(self.longest, other.longest),
        )

    def dump(self) -> bytes:
        """The document as it is kept."""
        part = RecordPart(
            start=self.start,
            seconds=tuple(
                SecondCounts(
                    second=second,
                    counts=tuple((path, what, n) for (path, what), n in counts.items()),
                    latency=tuple(self.coarse.get(second, {}).items()),
                )
                for second, counts in sorted(self.seconds.items())
            ),
            latency=tuple(sorted(self.latency.items())),
            latency_total=self.latency_total,
            longest=self.longest,
        )
        text = json.dumps({"v": VERSION, **asdict(part)}, separators=(",", ":"))
        return zlib.compress(text.encode(), 6)

    @classmethod
    def parse(cls, document: bytes) -> BurstRecord:
        """The record in a document; raises RecordError."""
        part = read_record(RecordPart, _unpacked(document))
        _check(part)
        record = cls()
        record.take(part)
        return record


def _unpacked(document: bytes) -> Mapping[str, object]:
    unpacking = zlib.decompressobj()
    try:
        content = json.loads(unpacking.decompress(document, MAX_BYTES))
    except (zlib.error, ValueError, RecursionError) as error:
        raise RecordError("The record by the second can't be read.") from error
    if not isinstance(content, dict) or content.pop("v", None) != VERSION:
        raise RecordError("The record by the second is of another version.")
    return content


def _check(part: RecordPart) -> None:
    """Raise RecordError where a number lies outside of what a burst can have."""
    last = int(MAX_DURATION_SECONDS) - 1
    wide = [slot for told in part.seconds for slot, _ in told.latency]
    numbers = [
        *(n for told in part.seconds for *_, n in told.counts),
        *(n for told in part.seconds for _, n in told.latency),
        *(n for _, n in part.latency),
    ]
    if (
        any(not 0 <= told.second <= last for told in part.seconds)
        or any(n < 0 for n in numbers)
        or any(not 0 <= slot < COARSE_SLOTS for slot in wide)
        or any(not 0 <= slot < SLOTS for slot, _ in part.latency)
    ):
        raise RecordError("The record by the second holds numbers that no burst has.")


def _summed(
    seconds: Iterable[Mapping[tuple[str, str], int]], paths: Collection[str] | None
) -> Counter[str]:
    sums: Counter[str] = Counter()
    for counts in seconds:
        for (path, what), number in counts.items():
            if paths is None or path in paths:
                sums[what] += number
    return sums


def _view(second: int, sums: Counter[str]) -> SecondView:
    return SecondView(
        second=second,
        sent=sums[SENT],
        fast=sums[FAST],
        slow=sums[SLOW],
        failed=sum(number for what, number in sums.items() if what not in NO_FAILURES),
        given_up=sums[TIMEOUT],
        cut=sums[CUT],
        not_sent=sums[NOT_SENT],
    )


def _added(one: Mapping[Key, int] | None, other: Mapping[Key, int] | None) -> dict[Key, int]:
    return dict(Counter(one or {}) + Counter(other or {}))
