"""Grafana 9 to 13, asked over its HTTP API."""

from __future__ import annotations

from portal.clients.grafana.client import GrafanaClient
from portal.clients.grafana.credentials import Credentials

__all__ = ["Credentials", "GrafanaClient"]
