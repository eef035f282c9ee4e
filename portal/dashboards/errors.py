"""Why a document is no dashboard that can be judged."""

from __future__ import annotations

from portal.errors import SLOLabError


class UnreadableDashboardError(SLOLabError):
    """The document is no dashboard, or larger than any dashboard needs to be."""
