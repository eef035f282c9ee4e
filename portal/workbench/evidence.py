"""All of a learner's dashboards: handed in, on the workbench, in Grafana."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import ScanProgress
from portal.dashboards import UnreadableDashboardError, load
from portal.deadline import Deadline
from portal.lab.grafana_state import grafana_absence
from portal.learners.models import Learner
from portal.services import Services
from portal.workbench import export, store
from portal.workbench.candidates import Candidate, CandidateJudge, DashboardOrigin
from portal.workbench.models import HandedInDashboard
from portal.workbench.scan import DashboardScan, Seen, is_assisted

MAX_LISTED = 60
ONE_ALONE = frozenset(
    {ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN, ErrorKind.TOO_LARGE, ErrorKind.GARBAGE}
    | {ErrorKind.SERVER_ERROR, ErrorKind.NOT_ACCEPTABLE, ErrorKind.REFUSED}
)
"""Errors of one dashboard: the next one may be read all the same."""


@dataclass(frozen=True)
class DashboardEvidence:
    """The dashboards that were looked at, and what stood in the way.

    ``progress``: how far the scan of Grafana is; None when all was read. ``assisted``: how many
    are not the learner's own; ``sources_trouble``: why nobody knows which system a panel in
    Grafana asks; ``unread``: how many can't be read; ``known``: the uid in Grafana to
    begin with next time; ``seen``: digests of queries that had data at an earlier check.
    """

    candidates: tuple[Candidate, ...]
    grafana_trouble: str = ""
    prometheus_error: ClientError | None = None
    sources_trouble: str = ""
    assisted: int = 0
    without_grafana: bool = False
    unread: int = 0
    progress: ScanProgress | None = None
    known: str = ""
    seen: frozenset[str] = frozenset()

    @property
    def best(self) -> Candidate | None:
        """The dashboard that decides."""
        return max(self.candidates, key=lambda one: one.worth, default=None)


def gather(
    services: Services, learner: Learner, *, known: str = "", wait_seconds: float
) -> DashboardEvidence:
    """Look at them all, at the known one first; waits so long for a scan of Grafana to find more.

    Never raises: what can't be asked is told in the evidence.
    """
    gathering = _Gathering(services, learner, known)
    own = [*gathering.handed_in(), *gathering.workbench()]
    found = gathering.in_grafana(wait_seconds)
    return gathering.evidence([*found, *own])


def handed_in(services: Services, learner: Learner) -> dict[int, Candidate]:
    """What the check says of each dashboard that was handed in, by its number."""
    rows = store.handed_in(learner.id)
    if not rows:
        return {}
    judge = CandidateJudge(services, learner, Deadline(services.limits.workbench.gather_s / 2))
    judged = ((row.id, _handed_in(judge, row)) for row in rows)
    return {number: candidate for number, candidate in judged if candidate is not None}


def _handed_in(judge: CandidateJudge, row: HandedInDashboard) -> Candidate | None:
    try:
        document = load(row.document)
    except UnreadableDashboardError:
        return None
    where = f"/workbench#handed-in-{row.id}"
    return judge.candidate(DashboardOrigin.HANDED_IN, "", row.file_name, where, document)


class _Gathering:
    def __init__(self, services: Services, learner: Learner, known: str) -> None:
        self._services = services
        self._learner = learner
        self._deadline = Deadline(services.limits.workbench.gather_s)
        self._judge = CandidateJudge(services, learner, self._deadline)
        self._bench = store.bench(learner.id)
        self._known = known
        limits = services.limits.workbench.scan
        self._scan: DashboardScan = services.instruments.get(
            ("dashboard scan", learner.id),
            lambda: DashboardScan(services.background, limits=limits),
        )
        self._trouble = ""
        self._absent = False
        self._looked = False

    def evidence(self, candidates: Sequence[Candidate]) -> DashboardEvidence:
        seen = self._scan.seen if self._looked else []
        progress = self._scan.progress if self._looked else None
        shown = [one for one in candidates if one.uid and (one.sli_panels or one.to_confirm)]
        best = max(shown, key=_worth, default=None)
        return DashboardEvidence(
            tuple(candidates),
            self._trouble,
            self._judge.error,
            self._judge.sources_trouble if any(one.uid for one in candidates) else "",
            assisted=sum(one.finding is None and not one.unreadable for one in seen),
            without_grafana=self._absent,
            unread=sum(one.unreadable for one in seen),
            progress=progress if progress and progress.read < progress.total else None,
            known=best.uid if best else self._known,
        )

    def handed_in(self) -> Iterator[Candidate]:
        for row in store.handed_in(self._learner.id):
            candidate = _handed_in(self._judge, row)
            if candidate is not None:
                yield candidate

    def workbench(self) -> Iterator[Candidate]:
        panels = store.panels(self._learner.id)
        if panels:
            title = self._bench.title
            document = export.dashboard(panels, title, {"type": "prometheus"})
            where = "/workbench#panels"
            yield self._judge.candidate(DashboardOrigin.WORKBENCH, "", title, where, document)

    def in_grafana(self, wait_seconds: float) -> list[Candidate]:
        """The known one, those worth a closer look, and the others as they were read."""
        if grafana_absence(self._services.settings) is not None:
            self._absent = True
            return []
        found: dict[str, Candidate] = {}
        likely = [uid for uid in (self._known, self._bench.grafana_uid) if uid]
        try:
            self._look_at(likely, found)
            if any(one.meets for one in found.values()):
                wait_seconds = 0.0  # the verdict stands; a better one is found by a later check
            if not any(one.shows_all for one in found.values()):
                self._look_around(wait_seconds, found)
        except ClientError as error:
            self._trouble = f"{error} Your dashboard is not at fault."
        return [*found.values(), *self._remembered(found)]

    def _look_around(self, wait_seconds: float, found: dict[str, Candidate]) -> None:
        grafana = self._services.grafana
        self._scan.look(grafana, grafana.search(), self._judge.in_grafana)
        self._looked = True
        self._scan.wait(wait_seconds)
        if self._scan.trouble is not None:
            self._trouble = f"{self._scan.trouble} Your dashboard is not at fault."
        seen = [one for one in self._scan.seen if one.finding and one.hit.uid not in found]
        most = self._services.limits.workbench.closer_looks
        promising = seen if len(seen) <= most else [one for one in seen if one.promise[0]]
        looks = most if wait_seconds else 1
        self._look_at([one.hit.uid for one in promising[:looks]], found)

    def _look_at(self, uids: Sequence[str], found: dict[str, Candidate]) -> None:
        """Read these anew and ask Prometheus about them, until one of them has it all."""
        for uid in uids:
            if uid in found or self._deadline.passed:
                continue
            candidate = self._read(uid)
            if candidate is not None:
                found[uid] = candidate
                if candidate.shows_all:
                    return

    def _read(self, uid: str) -> Candidate | None:
        try:
            read = self._services.grafana.dashboard(uid)
        except ClientError as error:
            if error.kind in ONE_ALONE:
                return None
            raise
        if is_assisted(read):
            return None
        url = self._link(read.url)
        return self._judge.candidate(DashboardOrigin.GRAFANA, uid, read.title, url, read.content)

    def _remembered(self, found: dict[str, Candidate]) -> Iterator[Candidate]:
        if not self._trouble:
            listed = [one for one in self._scan.seen if one.finding and one.hit.uid not in found]
            yield from map(self._as_read, listed[:MAX_LISTED])

    def _as_read(self, seen: Seen) -> Candidate:
        assert seen.finding is not None  # noqa: S101 (chosen by the caller)
        finding = self._judge.with_confirmations(seen.finding)
        hit = seen.hit
        return Candidate(
            DashboardOrigin.GRAFANA, hit.uid, hit.title, self._link(hit.url), finding, asked=False
        )

    def _link(self, path: str) -> str:
        return f"{self._services.settings.grafana_link}{path}"


def _worth(candidate: Candidate) -> tuple[object, ...]:
    return candidate.worth
