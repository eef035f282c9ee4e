"""Grafana 9 to 13, asked over its HTTP API."""

from __future__ import annotations

from portal.clients.grafana.accounts import ensure_service_account, keep_token
from portal.clients.grafana.annotations import AlertAnnotation, Annotation
from portal.clients.grafana.client import GrafanaClient, Standing, tells_health
from portal.clients.grafana.credentials import CredentialKind, Credentials
from portal.clients.grafana.dashboards import (
    Clash,
    DashboardClashError,
    Folder,
    Hit,
    LibraryPanel,
    SavedDashboard,
    StoredDashboard,
    dashboard_path,
)
from portal.clients.grafana.data_sources import (
    UNLISTED,
    DataSource,
    DataSources,
    SourceAnswer,
    SourceBook,
    SourceTrouble,
)
from portal.clients.grafana.lockout import Lockout
from portal.clients.grafana.scan import ScanProgress, ScanReading

__all__ = [
    "UNLISTED",
    "AlertAnnotation",
    "Annotation",
    "Clash",
    "CredentialKind",
    "Credentials",
    "DashboardClashError",
    "DataSource",
    "DataSources",
    "Folder",
    "GrafanaClient",
    "Hit",
    "LibraryPanel",
    "Lockout",
    "SavedDashboard",
    "ScanProgress",
    "ScanReading",
    "SourceAnswer",
    "SourceBook",
    "SourceTrouble",
    "Standing",
    "StoredDashboard",
    "dashboard_path",
    "ensure_service_account",
    "keep_token",
    "tells_health",
]
