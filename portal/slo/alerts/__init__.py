"""Does an alert really guard an SLO? Prometheus rules and Grafana-managed rules, analysed."""

from portal.slo.alerts.analysis import AlertRule, analyse, analyse_all
from portal.slo.alerts.codes import TieCode
from portal.slo.alerts.findings import AlertFinding

__all__ = ["AlertFinding", "AlertRule", "TieCode", "analyse", "analyse_all"]
