"""The outside world: Prometheus, Grafana, the mock service. No Flask, no SQLAlchemy in here."""

from __future__ import annotations

from portal.clients.errors import ClientError, ErrorKind

__all__ = ["ClientError", "ErrorKind"]
