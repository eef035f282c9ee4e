"""Grafana as the portal uses it: what is there, what the learner built, what we may add."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.clients.errors import ClientError, ErrorKind, plain
from portal.clients.grafana import dashboards
from portal.clients.grafana.annotations import (
    AlertAnnotation,
    Annotation,
    alert_annotation,
    annotation,
)
from portal.clients.grafana.api import SYSTEM, GrafanaApi, segment
from portal.clients.grafana.credentials import CredentialKind, Credentials, from_settings
from portal.clients.grafana.dashboards import (
    SLO_LAB_FOLDER,
    SLO_LAB_FOLDER_TITLE,
    Clash,
    DashboardClashError,
    Folder,
    Hit,
    LibraryPanel,
    SavedDashboard,
    StoredDashboard,
)
from portal.clients.grafana.data_sources import (
    LAB_SOURCE,
    DataSource,
    DataSources,
    data_sources,
)
from portal.clients.grafana.lockout import Lockout, lockout_folder
from portal.clients.grafana.reader import DashboardReader
from portal.clients.http import Http
from portal.clients.shape import member, number, numeral, record, records, text, texts
from portal.config import Settings
from portal.deadline import Deadline
from portal.limits import ClientLimits
from portal.logins import split_login

NOBODY = Credentials()
CLASHES = (409, 412)
"""Statuses of a save that met something else."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A Grafana that is there and lets the portal in; ``version`` is "" where it is hidden."""

    version: str
    organisation: str
    login: CredentialKind


class GrafanaClient:
    """Asks one Grafana, 9 to 13. Every method may raise ClientError; safe to share by threads.

    ``timeout`` is seconds for a whole call; a write may take two of them. A login that was
    refused is tried again when it changes, a token after a pause or try_token_again(), a
    password when it locks no account any more (``lockout`` remembers).
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | Callable[[], Credentials] = NOBODY,
        *,
        lockout: Lockout | None = None,
        timeout: float | None = None,
        limits: ClientLimits = ClientLimits(),
    ) -> None:
        http = Http(SYSTEM, split_login(base_url)[0], timeout=timeout, limits=limits)
        self.base_url = http.base_url
        self._http = http
        self._limits = limits.grafana
        lockout = lockout or Lockout(limits=self._limits)
        self._api = GrafanaApi(http, _provider(credentials), lockout)
        self._reader = DashboardReader(self._api, self._limits.served_s)

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        limits: ClientLimits = ClientLimits(),
        *,
        timeout: float | None = None,
    ) -> GrafanaClient:
        """The client for the Grafana that the settings name, or the lab's own."""
        return cls(
            settings.grafana_base,
            from_settings(settings),
            lockout=Lockout(lockout_folder(settings), limits=limits.grafana),
            timeout=timeout,
            limits=limits,
        )

    def check(self) -> Standing:
        """Whether Grafana is there and lets the portal in; raises what is wrong otherwise."""
        deadline = self._http.deadline()
        health = record(self._http.get_json("/api/health", timeout=deadline))
        if not tells_health(health):
            raise self._http.garbage("its health: is this another program?")
        return Standing(
            version=plain(text(health.get("version")), 40),
            organisation=self._organisation(deadline),
            login=self._api.login,
        )

    def try_token_again(self) -> None:
        """Let a refused token be tried at once, because a person asks for it."""
        self._api.try_token_again()

    def datasources(self) -> DataSources:
        """The data sources that the portal may see."""
        return data_sources(self._rows("/api/datasources"))

    def prometheus_source(self) -> DataSource | None:
        """The Prometheus that the lab asks and a push names: its own, else the default, else any.

        Where listing is forbidden it is the lab's own, seen or not; a viewer may still ask it.
        """
        try:
            return next(iter(self.datasources().prometheus), None)
        except ClientError as error:
            if error.kind is not ErrorKind.FORBIDDEN:
                raise
        return DataSource(uid=LAB_SOURCE, name=LAB_SOURCE, type="prometheus")

    def data_source_answers(self, uid: str = LAB_SOURCE, name: str = "") -> int:
        """How many series ``up`` has when asked through Grafana's data source; raises if none
        can be asked. Grafana's own health check of data sources is missing in 9.4.
        """
        return len(self._through(uid, {"query": "up"}, name))

    def through_data_source(self, uid: str, promql: str, at: float) -> list[float]:
        """The numbers of an instant query at a Unix time, asked through a data source."""
        rows = records(self._through(uid, {"query": promql, "time": repr(at)}))
        values = (numeral(one) for row in rows for one in texts(row.get("value")))
        return [value for value in values if value is not None]

    def _through(self, uid: str, params: dict[str, object], name: str = "") -> list[object]:
        path = f"/api/datasources/proxy/uid/{segment(self._api, uid)}/api/v1/query"
        try:
            answer = record(self._api.get(path, params))
        except ClientError as error:
            raise self._datasource_error(name or uid, error) from error
        found = record(answer.get("data")).get("result")
        if answer.get("status") != "success" or not isinstance(found, list):
            raise self._http.garbage(f"data from its data source {uid!r}")
        return found

    def search(self, *, folder_uid: str | None = None, tag: str | None = None) -> list[Hit]:
        """All dashboards that the portal may see; those of a folder, or with a tag.

        Nothing found can mean that nothing may be seen, so then the login is checked.
        """
        found: dict[str, Hit] = {}
        rows = self._limits.rows
        for page in range(1, self._limits.pages + 1):
            params = {"type": "dash-db", "limit": rows, "page": page, "tag": tag}
            hits = [dashboards.hit(item) for item in self._rows("/api/search", params)]
            known = len(found)
            found.update((hit.uid, hit) for hit in hits if hit.uid)
            if len(hits) < rows or len(found) == known:
                break
        if not found:
            self._organisation()
        # 9.4 ignores folderUIDs (recorded), so the folder is chosen here.
        return [hit for hit in found.values() if folder_uid in (None, hit.folder_uid)]

    def dashboard(self, uid: str) -> StoredDashboard:
        """A dashboard with its content, in schema v2 where it is kept in that."""
        return self._reader.read(uid)

    def find_dashboard(self, uid: str) -> StoredDashboard | None:
        """The same; None where there is none, or none that the portal may see."""
        try:
            return self.dashboard(uid)
        except ClientError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            # An empty 9.4 forbids an editor every dashboard instead of having none.
            if error.kind is ErrorKind.FORBIDDEN and not any(h.uid == uid for h in self.search()):
                return None
            raise

    def library_panel(self, uid: str) -> LibraryPanel:
        """A library panel; dashboards hold its uid and name alone."""
        answer = self._api.get(f"/api/library-elements/{segment(self._api, uid)}")
        result = record(record(answer).get("result"))
        if not isinstance(result.get("model"), dict):
            raise self._http.garbage("the library panel")
        return LibraryPanel(uid=uid, name=text(result.get("name")), model=result["model"])

    def folders(self) -> list[Folder]:
        """The folders at the top level."""
        params: dict[str, object] = {"limit": self._limits.rows}
        return [dashboards.folder(item) for item in self._rows("/api/folders", params)]

    def ensure_folder(self, uid: str = SLO_LAB_FOLDER, title: str = SLO_LAB_FOLDER_TITLE) -> Folder:
        """The folder with that uid, made when it is not there; else one of the same title."""
        try:
            path = f"/api/folders/{segment(self._api, uid)}"
            return dashboards.folder(record(self._api.get(path)))
        except ClientError as error:
            if error.kind not in {ErrorKind.NOT_FOUND, ErrorKind.FORBIDDEN}:
                raise
        try:
            made = self._api.post("/api/folders", {"uid": uid, "title": title})
        except ClientError as error:
            same = [one for one in self.folders() if one.uid == uid or one.title == title]
            if error.status in {400, 409, 412} and same:
                return same[0]
            raise
        return dashboards.folder(record(made))

    def save_dashboard(
        self,
        content: dict[str, object],
        *,
        folder_uid: str = SLO_LAB_FOLDER,
        message: str = "",
        version: int = 0,
    ) -> SavedDashboard:
        """Save a classic dashboard under its own ``uid``, in place of that ``version`` alone (0:
        of none). What else stands there is left: DashboardClashError.
        """
        # With "overwrite" 9.4 replaces whatever has the same name in the folder.
        wanted = {
            "dashboard": {**content, "id": None, "version": version},
            "folderUid": folder_uid,
            "message": message,
            "overwrite": False,
        }
        answer = self._api.send("POST", "/api/dashboards/db", json=wanted, accept=CLASHES)
        said = record(self._http.json(answer))
        if answer.status in CLASHES:
            clash = member(Clash, said.get("status"), Clash.VERSION)
            raise DashboardClashError(self._http.refusal(answer, "/api/dashboards/db"), clash)
        return self._saved(said, text(content.get("uid")))

    def _saved(self, answer: dict[str, Any], wanted: str) -> SavedDashboard:
        uid = text(answer.get("uid"))
        if not uid:
            raise self._http.garbage("the saved dashboard's uid")
        if wanted not in {"", uid}:
            message = f"{SYSTEM} saved it as another dashboard than asked: {plain(uid, 60)!r}."
            raise self._http.error(message, ErrorKind.GARBAGE)
        version = int(number(answer.get("version")) or 0)
        url = dashboards.dashboard_path(answer.get("url"), uid)
        return SavedDashboard(uid=uid, url=url, version=version)

    def delete_dashboard(self, uid: str) -> None:
        """Delete a dashboard."""
        self._api.send("DELETE", f"/api/dashboards/uid/{segment(self._api, uid)}")

    def annotate(
        self, dashboard_uid: str, *, start: float, end: float, text: str, tags: tuple[str, ...]
    ) -> int:
        """Mark a stretch of time (Unix seconds) on a dashboard; returns the annotation's id."""
        # An unknown dashboard would make it an annotation of the whole organisation (9.4).
        self.dashboard(dashboard_uid)
        wanted = {
            "dashboardUID": dashboard_uid,
            "time": round(start * 1000),
            "timeEnd": round(end * 1000),
            "tags": list(tags),
            "text": text,
        }
        made = number(record(self._api.post("/api/annotations", wanted)).get("id"))
        if made is None:
            raise self._http.garbage("the annotation's id")
        return int(made)

    def annotations(self, dashboard_uid: str, *, start: float, end: float) -> list[Annotation]:
        """The annotations of a dashboard between two Unix times."""
        params = {
            "dashboardUID": dashboard_uid,
            "from": round(start * 1000),
            "to": round(end * 1000),
            "limit": self._limits.rows,
        }
        return [annotation(item) for item in self._rows("/api/annotations", params)]

    def alert_annotations(self, *, start: float, end: float) -> list[AlertAnnotation]:
        """What became of Grafana's alerts between two Unix times, the newest first.

        Grafana keeps none of an alert that is about NaN, and some keep this elsewhere.
        """
        params: dict[str, object] = {
            "type": "alert",
            "from": math.floor(start * 1000),
            "to": math.ceil(end * 1000),
            "limit": self._limits.rows,
        }
        return [alert_annotation(item) for item in self._rows("/api/annotations", params)]

    def tagged_annotations(self, tag: str) -> list[Annotation]:
        """The annotations with that tag, on whichever dashboard, the newest first."""
        params: dict[str, object] = {"tags": tag, "type": "annotation", "limit": self._limits.rows}
        return [annotation(item) for item in self._rows("/api/annotations", params)]

    def change_annotation(self, annotation_id: int, *, start: float, end: float, text: str) -> None:
        """Give an annotation another time (Unix seconds) and text."""
        wanted = {"time": round(start * 1000), "timeEnd": round(end * 1000), "text": text}
        self._api.send("PATCH", f"/api/annotations/{annotation_id:d}", json=wanted)

    def delete_annotation(self, annotation_id: int) -> None:
        """Remove an annotation."""
        self._api.send("DELETE", f"/api/annotations/{annotation_id:d}")

    def alert_definitions(self) -> dict[str, Any]:
        """The ruler's answer, groups of Grafana-managed rules by folder; its readers trust none of
        it (``portal.tie.grafana``).
        """
        return self._object("/api/ruler/grafana/api/v1/rules")

    def alert_states(self) -> dict[str, Any]:
        """How these rules stand, in the shape of Prometheus' rules API. Grafana leaves out groups
        with a data source that the portal may not query.
        """
        return self._object("/api/prometheus/grafana/api/v1/rules")

    def _organisation(self, deadline: Deadline | None = None) -> str:
        """The name of the organisation: the call that tells whether a login works."""
        answer = record(self._api.get("/api/org", timeout=deadline))
        if not isinstance(answer.get("name"), str):
            raise self._http.garbage("the organisation's name")
        return plain(answer["name"], 80)

    def _object(self, path: str) -> dict[str, Any]:
        answer = self._api.get(path)
        if not isinstance(answer, dict):
            raise self._http.garbage("its alert rules")
        return answer

    def _rows(self, path: str, params: dict[str, object] | None = None) -> list[dict[str, object]]:
        answer = self._api.get(path, params)
        if not isinstance(answer, list):
            raise self._http.garbage("a list")
        return records(answer)

    def _datasource_error(self, name: str, error: ClientError) -> ClientError:
        if error.status not in {400, 404, 500, 502, 503, 504}:
            return error
        words = f": {error.detail}" if error.detail else ""
        message = f"Grafana's data source {name!r} does not answer ({error.status}){words}."
        return self._http.error(message, error.kind, error.status, error.detail)


def tells_health(content: object) -> bool:
    """Whether this is what Grafana's ``/api/health`` answers, in all its versions."""
    return bool(text(record(content).get("database")))


def _provider(credentials: Credentials | Callable[[], Credentials]) -> Callable[[], Credentials]:
    return (lambda: credentials) if isinstance(credentials, Credentials) else credentials
