"""What a query answered on the invented days, series by series, beside what really happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

from portal.trial.days import DayPart, Moment
from portal.trial.ledger import Ledger, Page
from portal.trial.reach import Reach
from portal.trial.scene import AnswerSample, TrialAnswer
from portal.trial.sight import Sight
from portal.trial.world import World

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SeenSeries:
    """One series at one moment: its value (None: it isn't there) and its labels."""

    moment: Moment
    labels: Mapping[str, str]
    value: float | None


@dataclass(frozen=True)
class PageScope:
    """The pages that a query limits itself to; None: all."""

    paths: frozenset[str] | None = None
    methods: frozenset[str] | None = None
    ours: bool = False

    def takes(self, page: Page) -> bool:
        """Whether requests to the page count."""
        return (
            (self.paths is None or page.path in self.paths)
            and (self.methods is None or page.method in self.methods)
            and (page.ours or not self.ours)
        )


@dataclass(frozen=True)
class TrialEvidence:
    """A query's answers on the days, and what it reads.

    ``glances``: its answers besides, for each day as often as it was looked at, for a picture.
    """

    world: World
    reach: Reach
    moments: Sequence[Moment]
    answers: Sequence[TrialAnswer]
    sights: Sequence[Sight] = ()
    glances: Sequence[Sequence[TrialAnswer]] = ()

    @cached_property
    def ledgers(self) -> Mapping[int, Ledger]:
        """The truth of each part, by its id."""
        parts = {id(part): part for moment in self.moments for part in moment.seen}
        return {key: Ledger(self.world, part) for key, part in parts.items()}

    @cached_property
    def series(self) -> list[SeenSeries]:
        """Each series at each moment, also where it is missing."""
        kinds = {self._kind(s): s.labels for answer in self.answers for s in answer.samples}
        flat = [kind for kind, labels in kinds.items() if not labels and self._is_flat(kind)]
        if len(kinds) > len(flat):
            kinds = {kind: labels for kind, labels in kinds.items() if kind not in flat}
        found: list[SeenSeries] = []
        for moment, answer in zip(self.moments, self.answers, strict=True):
            values = {self._kind(sample): sample for sample in answer.samples}
            for kind, labels in (kinds or {(): {}}).items():
                sample = values.get(kind)
                found.append(SeenSeries(moment, labels, None if sample is None else sample.value))
        return found

    def _is_flat(self, kind: Labels) -> bool:
        """Whether it is what ``or vector(0)`` adds beside series with labels: a line at 0 or 1."""
        values = {s.value for a in self.answers for s in a.samples if self._kind(s) == kind}
        return len(values) == 1 and values <= {0.0, 1.0, 100.0}

    @property
    def is_never_a_number(self) -> bool:
        """Whether all it ever showed is not a number."""
        values = [seen.value for seen in self.series if seen.value is not None]
        return bool(values) and all(map(isnan, values))

    @staticmethod
    def _kind(sample: AnswerSample) -> Labels:
        return tuple(sorted(sample.labels.items()))

    def truth(self, part: DayPart) -> Ledger:
        """What happened in a part."""
        return self.ledgers[id(part)]

    @cached_property
    def _asked(self) -> dict[tuple[int, PageScope], list[tuple[Ledger, frozenset[Page]]]]:
        return {}

    def asked(self, seen: SeenSeries, scope: PageScope) -> list[tuple[Ledger, frozenset[Page]]]:
        """The truth of each part in sight, and the pages that a series speaks of."""
        key = id(seen), scope
        if key not in self._asked:
            ledgers = [self.truth(part) for part in seen.moment.seen]
            self._asked[key] = [
                (ledger, frozenset(p for p in ledger.by_status if self.speaks_of(p, seen, scope)))
                for ledger in ledgers
            ]
        return self._asked[key]

    def speaks_of(self, page: Page, seen: SeenSeries, scope: PageScope) -> bool:
        """Whether a series counts the requests to the page."""
        own = self.world.labels if page.ours else self.world.other_labels
        mine = {**own, "path": page.path, "method": page.method}
        return scope.takes(page) and all(
            mine[name] == value for name, value in seen.labels.items() if name in mine
        )


def scopes(evidence: TrialEvidence) -> Iterator[PageScope]:
    """Every choice of pages that the matchers of the query could mean, all of them first."""
    named = {m.label for s in evidence.reach.selectors for m in s.matchers}
    pages = {page for ledger in evidence.ledgers.values() for page in ledger.by_status}
    paths = _choices("path" in named, {page.path for page in pages})
    methods = _choices("method" in named, {page.method for page in pages})
    others = any(not page.ours for page in pages)
    for ours in (True, False) if others else (False,):
        for path in paths:
            yield from (PageScope(path, method, ours) for method in methods)


def _choices(named: bool, values: set[str]) -> list[frozenset[str] | None]:
    if not named:
        return [None]
    listed = sorted(values)
    count = 1 << len(listed)
    chosen = [
        frozenset(v for n, v in enumerate(listed) if bits >> n & 1) for bits in range(1, count - 1)
    ]
    return [None, *sorted(chosen, key=len)]


def statuses_in(labels: Mapping[str, str], evidence: TrialEvidence) -> frozenset[int] | None:
    """The statuses that a series' labels name; None: they name none."""
    found: frozenset[int] | None = None
    for name in {*evidence.world.status_labels, *evidence.reach.made} & labels.keys():
        named = _statuses_of(labels[name])
        if named is not None:
            found = named if found is None else found & named
    return found


def _statuses_of(value: str) -> frozenset[int] | None:
    """``500``, ``5xx``, ``5..`` and ``5`` name statuses."""
    text = value.lower().rstrip("x.*")
    if not text.isdigit() or len(text) not in (1, 3):
        return None
    if len(text) == 3:
        return frozenset({int(text)})
    return frozenset(range(int(text) * 100, int(text) * 100 + 100)) if text in "12345" else None
