"""Does an alert really guard an SLO? Prometheus rules and Grafana-managed rules, analysed."""

from portal.rulefile.contents import AlertRule
from portal.tie.analysis import AlertFinding, analyse
from portal.tie.codes import TieCode

__all__ = ["AlertFinding", "AlertRule", "TieCode", "analyse"]
