"""Does an alert really guard an SLO? Prometheus rules and Grafana-managed rules, analysed."""

from portal.rulefile.contents import AlertRule
from portal.tie.analysis import analyse, analyse_all
from portal.tie.codes import TieCode
from portal.tie.findings import AlertFinding

__all__ = ["AlertFinding", "AlertRule", "TieCode", "analyse", "analyse_all"]
