"""Reading one dashboard from Grafana 9 to 13, in the schema that it is kept in.

Up to 11 every dashboard is classic. 12 answers 406 for one in schema v2 and names the place to
read it from. 13 answers with a classic conversion that loses layout and conditions, so there
the stored version is asked for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import dashboards
from portal.clients.grafana.api import GrafanaApi, segment
from portal.clients.grafana.dashboards import GROUP, StoredDashboard
from portal.clients.shape import number, record, records, text
from portal.deadline import Deadline

FIRST_WITH_V2 = "v2"
"""The version of the dashboard API that came with 13, where v2 is what new dashboards are."""


@dataclass(frozen=True)
class _Served:
    """The versions of the dashboard API, and the namespace of the portal's organisation."""

    versions: frozenset[str]
    namespace: str
    until: float


class DashboardReader:
    """Reads dashboards; remembers for a while what this Grafana serves.

    All the calls for one dashboard share one call's time.
    """

    def __init__(self, api: GrafanaApi, served_s: float) -> None:
        """``served_s``: how long it remembers."""
        self._api = api
        self._served_s = served_s
        self._remembered: _Served | None = None

    def read(self, uid: str) -> StoredDashboard:
        """The dashboard; ClientError when it isn't there or can't be read."""
        deadline = self._api.http.deadline()
        path = f"/api/dashboards/uid/{segment(self._api, uid)}"
        try:
            answer = record(self._api.get(path, timeout=deadline))
        except ClientError as error:
            if error.kind is not ErrorKind.NOT_ACCEPTABLE:
                raise
            return self._follow(uid, error, deadline)
        if not isinstance(answer.get("dashboard"), dict):
            raise self._api.http.garbage("the dashboard")
        return self._as_stored(_classic(dashboards.classic(uid, answer)), deadline)

    def _follow(self, uid: str, error: ClientError, deadline: Deadline) -> StoredDashboard:
        """Read it where a 406 says; never at another address than Grafana's own."""
        place = dashboards.moved(error.detail)
        if place is None or place.origin not in {"", self._origin}:
            raise error
        return dashboards.native(uid, self._ask(uid, place.version, place.namespace, deadline))

    def _as_stored(self, found: StoredDashboard, deadline: Deadline) -> StoredDashboard:
        """The dashboard in schema v2 where it is kept in that; the conversion where that fails.

        The conversion still holds every query, so it is good enough.
        """
        try:
            served = self._served(deadline)
            if FIRST_WITH_V2 not in served.versions:
                return found
            converted = self._ask(found.uid, "v1beta1", served.namespace, deadline)
            stored = dashboards.stored_version(converted)
            if not stored:
                return found
            answer = self._ask(found.uid, stored, served.namespace, deadline)
        except ClientError:
            return found
        own = dashboards.native(found.uid, answer)
        return replace(found, content=own.content, stored_as=own.stored_as)

    def _ask(self, uid: str, version: str, namespace: str, deadline: Deadline) -> dict[str, Any]:
        path = f"{GROUP}/{version}/namespaces/{namespace}/dashboards/{segment(self._api, uid)}"
        answer = record(self._api.get(path, timeout=deadline))
        if not isinstance(answer.get("spec"), dict):
            raise self._api.http.garbage("the dashboard")
        return answer

    def _served(self, deadline: Deadline) -> _Served:
        known = self._remembered
        if known is None or known.until < time.monotonic():
            known = self._remembered = self._find_out(deadline)
        return known

    def _find_out(self, deadline: Deadline) -> _Served:
        until = time.monotonic() + self._served_s
        try:
            group = record(self._api.get(f"{GROUP}/", timeout=deadline))
        except ClientError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return _Served(frozenset(), "default", until)
        versions = frozenset(text(one.get("version")) for one in records(group.get("versions")))
        return _Served(versions, self._namespace(deadline), until)

    def _namespace(self, deadline: Deadline) -> str:
        organisation = number(record(self._api.get("/api/org", timeout=deadline)).get("id")) or 1
        return "default" if organisation == 1 else f"org-{round(organisation)}"

    @property
    def _origin(self) -> str:
        parts = urlsplit(self._api.http.base_url)
        return f"{parts.scheme}://{parts.netloc}"


def _classic(found: StoredDashboard) -> StoredDashboard:
    """Without what is of schema v2: 9.4 keeps one that is posted, and draws nothing of it."""
    known = {key: value for key, value in found.content.items() if key != "elements"}
    return replace(found, content=known)
