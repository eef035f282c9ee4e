"""Grafana's dashboards, folders and library panels as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from portal.clients.errors import ClientError
from portal.clients.shape import moment, number, record, text, texts

SLO_LAB_FOLDER = "slo-lab"
SLO_LAB_FOLDER_TITLE = "SLO lab"
GROUP = "/apis/dashboard.grafana.app"
_MOVED = re.compile(
    r"(?P<origin>https?://[^/\s]+)?"
    r"/apis/dashboard\.grafana\.app/(?P<version>v\d[a-z0-9]*)/namespaces/(?P<namespace>[\w-]+)/"
)
_V2 = re.compile(r"v2[a-z0-9]*")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A dashboard as search finds it: a path on Grafana, ``folder_uid`` "" in the root."""

    uid: str
    title: str
    url: str
    tags: tuple[str, ...]
    folder_uid: str
    folder_title: str


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder of dashboards."""

    uid: str
    title: str


@dataclass(frozen=True, kw_only=True)
class StoredDashboard:
    """A dashboard with its content.

    ``content`` is the classic JSON, or ``{"apiVersion", "kind", "metadata", "spec"}`` where
    Grafana keeps it in schema v2. ``stored_as`` is "classic" or the v2 version. ``folder_title``
    is "" where Grafana doesn't tell it. ``provisioned``: it came from a file or another tool,
    nobody made it in Grafana.
    """

    uid: str
    title: str
    url: str
    tags: tuple[str, ...]
    folder_uid: str
    folder_title: str
    version: int
    provisioned: bool
    created_by: str
    updated: datetime | None
    stored_as: str
    content: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LibraryPanel:
    """A panel that dashboards share; ``model`` is its JSON, with targets."""

    uid: str
    name: str
    model: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SavedDashboard:
    """Where a dashboard was saved; ``url`` is a path on Grafana."""

    uid: str
    url: str
    version: int


class Clash(StrEnum):
    """What a dashboard that was to be saved met in Grafana; the values are Grafana's own words."""

    NAME = "name-exists"
    VERSION = "version-mismatch"


class DashboardClashError(ClientError):
    """Grafana saved nothing: another dashboard of that name stands there, or another version."""

    def __init__(self, error: ClientError, clash: Clash) -> None:
        super().__init__(
            str(error),
            system=error.system,
            kind=error.kind,
            status=error.status,
            detail=error.detail,
        )
        self.clash = clash


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Where Grafana says that a dashboard is to be read; ``origin`` is "" for its own."""

    origin: str
    version: str
    namespace: str


def dashboard_path(url: object, uid: str) -> str:
    """Where on Grafana that dashboard is: ``/d/UID/NAME``, for the end of Grafana's address.

    ``url`` is what Grafana said. Its name is taken where it has the expected form for that uid,
    its sub path never: that stands in Grafana's address already.
    """
    path = f"/d/{quote(uid, safe='')}"
    named = re.fullmatch(rf"(?:/[\w.~-]+)*{re.escape(path)}(/[\w.~%-]*)", text(url), re.ASCII)
    return path + (named[1] if named else "")


def hit(item: Mapping[str, Any]) -> Hit:
    """A row of ``/api/search``."""
    return Hit(
        uid=text(item.get("uid")),
        title=text(item.get("title")),
        url=dashboard_path(item.get("url"), text(item.get("uid"))),
        tags=texts(item.get("tags")),
        folder_uid=text(item.get("folderUid")),
        folder_title=text(item.get("folderTitle")),
    )


def folder(item: Mapping[str, Any]) -> Folder:
    """A row of ``/api/folders``, or one folder."""
    return Folder(uid=text(item.get("uid")), title=text(item.get("title")))


def classic(uid: str, answer: Mapping[str, Any]) -> StoredDashboard:
    """The answer of ``/api/dashboards/uid/…``."""
    content, meta = record(answer.get("dashboard")), record(answer.get("meta"))
    return StoredDashboard(
        uid=uid,
        title=text(content.get("title")),
        url=dashboard_path(meta.get("url"), uid),
        tags=texts(content.get("tags")),
        folder_uid=text(meta.get("folderUid")),
        folder_title=text(meta.get("folderTitle")) if text(meta.get("folderUid")) else "",
        version=int(number(meta.get("version")) or 0),
        provisioned=meta.get("provisioned") is True or bool(meta.get("provisionedExternalId")),
        created_by=text(meta.get("createdBy")),
        updated=moment(meta.get("updated")),
        stored_as="classic",
        content=content,
    )


def native(uid: str, answer: Mapping[str, Any]) -> StoredDashboard:
    """The answer of ``/apis/dashboard.grafana.app/…``, in whatever schema it is."""
    spec, metadata = record(answer.get("spec")), record(answer.get("metadata"))
    notes = record(metadata.get("annotations"))
    version = text(answer.get("apiVersion")).rpartition("/")[2]
    is_v2 = _V2.fullmatch(version) is not None
    return StoredDashboard(
        uid=uid,
        title=text(spec.get("title")),
        url=dashboard_path("", uid),
        tags=texts(spec.get("tags")),
        folder_uid=text(notes.get("grafana.app/folder")),
        folder_title="",
        version=int(number(metadata.get("generation")) or 0),
        provisioned=bool(notes.get("grafana.app/managedBy")),
        created_by=text(notes.get("grafana.app/createdBy")),
        updated=moment(notes.get("grafana.app/updatedTimestamp")),
        stored_as=version if is_v2 else "classic",
        content=dict(answer) if is_v2 else spec,
    )


def stored_version(answer: Mapping[str, Any]) -> str:
    """The v2 version that a dashboard is kept in, "" when it is a classic one."""
    status = record(record(answer.get("status")).get("conversion"))
    stored = text(status.get("storedVersion")).rpartition("/")[2]
    return stored if _V2.fullmatch(stored) else ""


def moved(message: str) -> Moved | None:
    """The place that a 406 names: "… not supported, use /apis/dashboard.grafana.app/v2…"."""
    found = _MOVED.search(message)
    if found is None:
        return None
    return Moved(
        origin=found["origin"] or "", version=found["version"], namespace=found["namespace"]
    )
