"""Reads a Grafana's dashboards in the background, over as many checks as it takes.

Reading a thousand takes minutes, a check has seconds. So a scan goes on between the checks, one
for each learner, and what it found is remembered: each check takes what is there so far.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from portal.background import Background
from portal.clients.errors import ClientError
from portal.clients.grafana import GrafanaClient, Hit, ScanProgress, ScanReading, StoredDashboard
from portal.clients.grafana.dashboards import SLO_LAB_FOLDER, SLO_LAB_FOLDER_TITLE
from portal.clients.grafana.scan import scan
from portal.dashboards import CheckContext, DashboardFinding, judge
from portal.dashboards.judge import NEEDED
from portal.deadline import Deadline
from portal.limits import ScanLimits
from portal.words import counted
from portal.workbench.candidates import encodable

log = logging.getLogger(__name__)
ASSISTED_TAG = "slo-lab-assisted"


@dataclass(frozen=True)
class Seen:
    """A dashboard that was read; no finding: it can't be read, or it is not the learner's own."""

    hit: Hit
    read_at: float
    finding: DashboardFinding | None = None
    unreadable: bool = False

    @property
    def promise(self) -> tuple[int, int, int, bool]:
        """The more, the sooner it is worth a closer look."""
        panels = self.finding.panels if self.finding else ()
        shown = sum(panel.sli is not None for panel in panels)
        kinds = len(self.finding.slis) if self.finding else 0
        may_show = shown + sum(panel.confirmable for panel in panels)
        return (may_show, kinds, shown, in_folder(self.hit))


def in_folder(hit: Hit) -> bool:
    """Whether it lies in the lab's folder."""
    return hit.folder_uid == SLO_LAB_FOLDER or hit.folder_title == SLO_LAB_FOLDER_TITLE


def is_assisted(dashboard: StoredDashboard) -> bool:
    """Whether somebody else than the learner made it: a file, a tool, the lab."""
    return dashboard.provisioned or ASSISTED_TAG in dashboard.tags


class DashboardScan:
    """What one learner's scan has read so far; safe to share between threads."""

    def __init__(
        self,
        background: Background,
        monotonic: Callable[[], float] = time.monotonic,
        limits: ScanLimits = ScanLimits(),
    ) -> None:
        """``monotonic`` returns seconds."""
        self._background = background
        self._limits = limits
        self._pool = background.pool("grafana-scan", limits.at_once)
        self._monotonic = monotonic
        self._news = threading.Condition()
        self._hits: dict[str, Hit] = {}
        self._seen: dict[str, Seen] = {}
        self._running = False
        self.trouble: ClientError | None = None

    def look(self, grafana: GrafanaClient, hits: Sequence[Hit], context: CheckContext) -> None:
        """Go on with these dashboards: forget those that are gone, read the new and the stale."""
        ordered = sorted(hits, key=lambda hit: not in_folder(hit))[: self._limits.dashboards]
        with self._news:
            self._hits = {hit.uid: hit for hit in ordered}
            self._seen = {uid: seen for uid, seen in self._seen.items() if uid in self._hits}
            if self._running or not self._due(set()):
                return
            self._running = True
        what = f"reads {counted(len(ordered), 'dashboard')} of Grafana"
        if not self._background.start("dashboard-scan", what, lambda: self._pass(grafana, context)):
            self._running = False

    def wait(self, seconds: float) -> None:
        """Wait until all is read or something promising is found, at most ``seconds``."""
        with self._news:
            self._news.wait_for(lambda: not self._running or self._is_promising(), seconds)

    @property
    def seen(self) -> list[Seen]:
        """What was read, the most promising first."""
        with self._news:
            return sorted(self._seen.values(), key=lambda seen: seen.promise, reverse=True)

    @property
    def progress(self) -> ScanProgress:
        """How many of how many were read at least once."""
        with self._news:
            return ScanProgress(len(self._seen), len(self._hits))

    def _due(self, done: set[str]) -> list[Hit]:
        """The next to be read: the lab's folder before the rest, the new before the stale."""
        lab = [hit for hit in self._hits.values() if in_folder(hit)]
        rest = [hit for hit in self._hits.values() if not in_folder(hit)]
        due = [*self._due_of(lab), *self._due_of(rest)]
        return [hit for hit in due if hit.uid not in done][: self._limits.batch]

    def _due_of(self, hits: list[Hit]) -> list[Hit]:
        limits = self._limits
        believed = min(max(len(hits) * limits.each_s, limits.least_s), limits.most_s)
        read = {hit.uid: self._seen[hit.uid].read_at for hit in hits if hit.uid in self._seen}
        old = self._monotonic() - believed
        due = [hit for hit in hits if read.get(hit.uid, -math.inf) <= old]
        return sorted(due, key=lambda hit: read.get(hit.uid, -math.inf))

    def _is_promising(self) -> bool:
        return any(seen.promise[0] >= NEEDED for seen in self._seen.values())

    def _pass(self, grafana: GrafanaClient, context: CheckContext) -> None:
        self.trouble = None
        try:
            self._read_all(grafana, context)
        except ClientError as error:
            self.trouble = error
        except Exception:
            log.exception("the scan of Grafana's dashboards broke")
        finally:
            with self._news:
                self._running = False
                self._news.notify_all()

    def _read_all(self, grafana: GrafanaClient, context: CheckContext) -> None:
        """Each once, in small batches, since what is due may change meanwhile."""
        deadline, done = Deadline(self._limits.whole_s), set[str]()

        def stop() -> bool:
            return deadline.passed or self._background.stopping.is_set()

        while not stop():
            with self._news:
                due = self._due(done)
            if not due:
                return
            self._read(grafana, due, context, stop)
            done.update(hit.uid for hit in due)

    def _read(
        self,
        grafana: GrafanaClient,
        due: list[Hit],
        context: CheckContext,
        stop: Callable[[], bool],
    ) -> None:
        by_uid = {hit.uid: hit for hit in due}
        silences = self._limits.silences
        readings = scan(list(by_uid), grafana.dashboard, self._pool, stop, silences)
        with closing(readings):
            for reading in readings:
                seen = self._judged(by_uid[reading.uid], reading, context)
                with self._news:
                    if reading.uid in self._hits:
                        self._seen[reading.uid] = seen
                    self._news.notify_all()

    def _judged(self, hit: Hit, reading: ScanReading, context: CheckContext) -> Seen:
        now, dashboard = self._monotonic(), reading.dashboard
        if dashboard is None:
            return Seen(hit, now, unreadable=True)
        if is_assisted(dashboard):
            return Seen(hit, now)
        finding = judge(encodable(dashboard.content), replace(context, tried=False))
        panels = finding.panels[: self._limits.panels]
        kept = tuple(p if p.sli or p.confirmable else replace(p, queries=()) for p in panels)
        return Seen(hit, now, replace(finding, panels=kept))
