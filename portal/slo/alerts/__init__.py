"""Does an alert really guard an SLO? Prometheus rules and Grafana-managed rules, analysed."""

from portal.slo.alerts.analysis import AlertFinding, AlertRule, analyse
from portal.slo.alerts.codes import TieCode

__all__ = ["AlertFinding", "AlertRule", "TieCode", "analyse"]
