"""What became of the requests, by the second in which they were due, in bounded memory."""

from __future__ import annotations

from collections import Counter, defaultdict

from portal.bursts.latencies import coarse_slot_of
from portal.bursts.messages import MAX_DURATION_SECONDS, RecordPart, SecondCounts

LAST_SECOND = int(MAX_DURATION_SECONDS) - 1


class Seconds:
    """Counts by second, path and outcome. ``start``: the engine's clock at the first second.

    What changed since it was last told is told by ``part``; each number is the total of its
    place, so that a part which is told twice counts once.
    """

    def __init__(self, start: float) -> None:
        self._start = start
        self._counts: defaultdict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._latencies: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._changed: set[int] = set()
        self._slots: Counter[int] = Counter()
        self._changed_slots: set[int] = set()
        self._total = self._longest = 0.0

    def count(self, path: str, outcome: str, due: float, number: int = 1) -> None:
        """Count what became of a request to that path."""
        second = self._second(due)
        self._counts[second][path, outcome] += number
        self._changed.add(second)

    def took(self, due: float, seconds: float, slot: int) -> None:
        """Count how long a request took; ``slot`` is that of the whole burst's latencies."""
        self._latencies[self._second(due)][coarse_slot_of(seconds)] += 1
        self._slots[slot] += 1
        self._changed_slots.add(slot)
        self._total += seconds
        self._longest = max(self._longest, seconds)

    def part(self, unix_offset: float) -> RecordPart | None:
        """What changed since the last call; ``unix_offset`` makes Unix seconds of the clock's."""
        if not self._changed:
            return None
        seconds, self._changed = sorted(self._changed), set()
        slots, self._changed_slots = sorted(self._changed_slots), set()
        return RecordPart(
            start=unix_offset + self._start,
            seconds=tuple(self._told(second) for second in seconds),
            latency=tuple((slot, self._slots[slot]) for slot in slots),
            latency_total=self._total,
            longest=self._longest,
        )

    def _second(self, due: float) -> int:
        return min(max(0, int(due - self._start + 1e-9)), LAST_SECOND)

    def _told(self, second: int) -> SecondCounts:
        counts = self._counts[second].items()
        return SecondCounts(
            second=second,
            counts=tuple((path, outcome, number) for (path, outcome), number in counts if number),
            latency=tuple(sorted(self._latencies[second].items())),
        )
