"""The real Prometheus that reads the learner's rules, and a Grafana that has none yet."""

from __future__ import annotations

from tests.criteria.conftest import grafana
from tests.rulefolder.conftest import _running_lab, folder, lab, lab_services, lab_settings

__all__ = ["_running_lab", "folder", "grafana", "lab", "lab_services", "lab_settings"]
