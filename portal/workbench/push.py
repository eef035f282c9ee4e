"""The workbench's panels as a dashboard of the learner's own in Grafana.

A push takes the place of what it pushed last, and of nothing else: what was changed in Grafana by
hand, and another dashboard of the same name, stay until the learner has seen them and chosen.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from portal.clients.errors import ClientError
from portal.clients.grafana import (
    Clash,
    DashboardClashError,
    Folder,
    GrafanaClient,
    SavedDashboard,
    StoredDashboard,
    dashboard_path,
)
from portal.deadline import Deadline, under
from portal.errors import SLOLabError
from portal.learners.models import Learner
from portal.moments import day_and_clock
from portal.services import Services
from portal.workbench import store
from portal.workbench.export import dashboard
from portal.workbench.forms import MAX_TITLE
from portal.workbench.models import WorkbenchDashboard, WorkbenchPanel

UID = re.compile(r"[\w-]{1,40}", re.ASCII)
VERSION = re.compile(r"\d{1,18}", re.ASCII)
NOT_IN_SLUGS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class PushTarget:
    """Which dashboard in Grafana a push takes the place of: that version of it, 0 for none."""

    uid: str
    version: int


@dataclass(frozen=True)
class PushChoice:
    """What the learner chose about what stood in the way: ``replace`` it, or push a ``copy``.

    Each is None or the target that the page offered, so that only what was shown is replaced.
    """

    replace: PushTarget | None = None
    copy: PushTarget | None = None

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> PushChoice:
        """The choice of a form; none where it makes none."""
        uid, version = typed.get("uid", ""), typed.get("version", "")
        if not UID.fullmatch(uid):
            return cls()
        if typed.get("choice") == "copy":
            return cls(copy=PushTarget(uid, 0))
        shown = int(version) if VERSION.fullmatch(version) else 0
        return cls(replace=PushTarget(uid, shown)) if typed.get("choice") == "replace" else cls()


@dataclass(frozen=True)
class Obstacle:
    """What stands in Grafana where a push would have written; nothing was written.

    ``target``: what replacing it would take the place of; None where that can't be. ``copy``:
    where a copy would be.
    """

    words: str
    target: PushTarget | None
    copy: PushTarget


def push_to_grafana(
    services: Services,
    learner: Learner,
    panels: Sequence[WorkbenchPanel],
    choice: PushChoice = PushChoice(),
) -> Obstacle | None:
    """Save them in Grafana: where the last push is, else in the folder "SLO lab".

    Returns what is in the way. Raises SLOLabError: why it is not there.
    """
    lock = services.instruments.get(("push", learner.id), threading.Lock)
    with lock, under(Deadline(services.limits.page.push_s)):  # a second click waits for the first
        target = _target(learner, choice)
        push = _Push(services.grafana, panels, store.bench(learner.id).title, target)
        is_copy = target is choice.copy
        saved = push.save_copy() if is_copy else push.save()
        if isinstance(saved, Obstacle):
            return saved
        store.pushed(learner.id, saved.uid, saved.url, saved.version, services.clock())
        if is_copy:
            store.rename(learner.id, push.title)
    return None


def pushed_to(services: Services, bench: WorkbenchDashboard) -> str | None:
    """The address of what was pushed last; None when it was deleted in Grafana since."""
    # An older portal kept the path with Grafana's sub path in front.
    uid = unquote(bench.grafana_path.rpartition("/d/")[2].partition("/")[0])
    with contextlib.suppress(ClientError):  # a Grafana that is away says it itself
        if services.grafana.find_dashboard(uid) is None:
            return None
    return f"{services.settings.grafana_link}{dashboard_path(bench.grafana_path, uid)}"


def _target(learner: Learner, choice: PushChoice) -> PushTarget:
    """What is written over: the last push, or what was chosen.

    Chosen twice with one form, it is the last push already.
    """
    uid = store.grafana_uid(learner.id)
    last = PushTarget(uid, store.bench(learner.id).grafana_version)
    chosen = choice.replace or choice.copy
    if chosen is None or (chosen.uid == uid and chosen.version <= last.version):
        return last
    return chosen


class _Push:
    """One push of these panels over ``target``; ``title`` is the one that they get."""

    def __init__(
        self,
        grafana: GrafanaClient,
        panels: Sequence[WorkbenchPanel],
        title: str,
        target: PushTarget,
    ) -> None:
        self._grafana = grafana
        self._panels = panels
        self._target = target
        self.title = title

    def save_copy(self) -> SavedDashboard | Obstacle:
        """Save them beside what is there, under a name that is free."""
        self.title = _free_title(self._grafana, self._grafana.ensure_folder(), self.title)
        return self.save()

    def save(self) -> SavedDashboard | Obstacle:
        """Save them, or say what is in the way."""
        source = {"type": "prometheus", "uid": _data_source(self._grafana)}
        there = self._grafana.find_dashboard(self._target.uid)
        folder = _folder_of(there) or self._grafana.ensure_folder()
        content = {**dashboard(self._panels, self.title, source), "uid": self._target.uid}
        try:
            return self._grafana.save_dashboard(
                content,
                folder_uid=folder.uid,
                message="from the workbench",
                version=self._target.version if there else 0,
            )
        except DashboardClashError as error:
            return self._obstacle(error.clash, folder)

    def _obstacle(self, clash: Clash, folder: Folder) -> Obstacle:
        there = self._grafana.find_dashboard(self._target.uid) if clash is Clash.VERSION else None
        if there:
            return _changed(there, self._target)
        other = _of_same_name(self._grafana, folder, self.title)
        words = (
            f"Grafana’s folder “{folder.title or 'General'}” has another dashboard called "
            f"“{other.title if other else self.title}”{_last_saved(other)}."
        )
        return Obstacle(words, _replaceable(other), PushTarget(store.new_uid(), 0))


def _changed(there: StoredDashboard, target: PushTarget) -> Obstacle:
    words = f"“{there.title}” was changed in Grafana after your last push{_last_saved(there)}."
    if not target.version:
        words = f"“{there.title}” may have been changed in Grafana since your last push."
    return Obstacle(words, _replaceable(there), PushTarget(store.new_uid(), 0))


def _last_saved(there: StoredDashboard | None) -> str:
    return f" (saved {day_and_clock(there.updated)})" if there and there.updated else ""


def _replaceable(there: StoredDashboard | None) -> PushTarget | None:
    """Grafana saves nothing over a dashboard that came from a file."""
    return PushTarget(there.uid, there.version) if there and not there.provisioned else None


def _folder_of(there: StoredDashboard | None) -> Folder | None:
    """Where it lies now: who moved it wants it there."""
    return Folder(uid=there.folder_uid, title=there.folder_title) if there else None


def _of_same_name(grafana: GrafanaClient, folder: Folder, title: str) -> StoredDashboard | None:
    """The dashboard that takes the name; None where the portal may not see it."""
    hits = grafana.search(folder_uid=folder.uid)
    uid = next((hit.uid for hit in hits if _slug(hit.title) == _slug(title)), None)
    return grafana.find_dashboard(uid) if uid else None


def _free_title(grafana: GrafanaClient, folder: Folder, title: str) -> str:
    """The title with a word that no dashboard of the folder has: "My SLIs (copy 2)"."""
    taken = {_slug(hit.title) for hit in grafana.search(folder_uid=folder.uid)}
    endings = (" (copy)", *(f" (copy {number})" for number in range(2, len(taken) + 3)))
    titles = (f"{title[: MAX_TITLE - len(ending)]}{ending}" for ending in endings)
    return next(one for one in titles if _slug(one) not in taken)


def _slug(title: str) -> str:
    """What Grafana 9 and 10 tell the dashboards of a folder apart by."""
    return NOT_IN_SLUGS.sub("-", title.casefold()).strip("-")


def _data_source(grafana: GrafanaClient) -> str:
    """The uid of the Prometheus to ask: the one that the lab's own check asks."""
    source = grafana.prometheus_source()
    if source is None:
        raise SLOLabError("Grafana has no Prometheus data source. Add one there, then push again.")
    return source.uid
