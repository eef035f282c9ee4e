"""The workbench's panels as a dashboard of the learner's own in Grafana."""

from __future__ import annotations

from collections.abc import Sequence

from portal.learners.models import Learner
from portal.services import Services
from portal.workbench.export import TITLE, dashboard
from portal.workbench.models import WorkbenchPanel

SOURCE = {"type": "prometheus", "uid": "prometheus"}


def push_to_grafana(services: Services, learner: Learner, panels: Sequence[WorkbenchPanel]) -> str:
    """Save them in the folder "SLO lab"; returns the dashboard's address. Raises ClientError."""
    folder = services.grafana.ensure_folder()
    content = dashboard(panels, TITLE, SOURCE)
    content["uid"] = f"slo-lab-workbench-{learner.id}"
    saved = services.grafana.save_dashboard(content, folder_uid=folder.uid, message="from the lab")
    return f"{services.settings.grafana_link}{saved.url}"
