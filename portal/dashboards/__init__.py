"""Any dashboard's JSON -> its panels -> their queries -> which of them show an SLI, and why.

Pure: what has to be asked outside (library panels, validity) comes in through the context.
"""

from portal.dashboards.document import load
from portal.dashboards.errors import UnreadableDashboardError
from portal.dashboards.judge import (
    CheckContext,
    DashboardFinding,
    DashboardVerdict,
    PanelFinding,
    Prepared,
    QueryFinding,
    conclude,
    judge,
    prepare,
    unreadable,
)

__all__ = [
    "CheckContext",
    "DashboardFinding",
    "DashboardVerdict",
    "PanelFinding",
    "Prepared",
    "QueryFinding",
    "UnreadableDashboardError",
    "conclude",
    "judge",
    "load",
    "prepare",
    "unreadable",
]
