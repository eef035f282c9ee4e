"""The workbench's panels as a dashboard of the learner's own in Grafana."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import GrafanaClient, SavedDashboard, dashboard_path
from portal.deadline import Deadline, under
from portal.errors import SLOLabError
from portal.learners.models import Learner
from portal.services import Services
from portal.workbench import store
from portal.workbench.export import dashboard
from portal.workbench.models import WorkbenchDashboard, WorkbenchPanel


def push_to_grafana(services: Services, learner: Learner, panels: Sequence[WorkbenchPanel]) -> str:
    """Save them in the folder "SLO lab"; returns the dashboard's address.

    Pushed again it is the same dashboard. Raises SLOLabError: why it is not there.
    """
    title, uid = store.bench(learner.id).title, store.grafana_uid(learner.id)
    with under(Deadline(services.limits.page.push_s)):
        saved = _save(services.grafana, panels, title, uid)
    store.pushed(learner.id, saved.url, services.clock())
    return f"{services.settings.grafana_link}{saved.url}"


def _save(
    grafana: GrafanaClient, panels: Sequence[WorkbenchPanel], title: str, uid: str
) -> SavedDashboard:
    source = {"type": "prometheus", "uid": _data_source(grafana)}
    folder = grafana.ensure_folder()
    content = {**dashboard(panels, title, source), "uid": uid}
    return grafana.save_dashboard(content, folder_uid=folder.uid, message="from the workbench")


def pushed_to(services: Services, bench: WorkbenchDashboard) -> str | None:
    """The address of what was pushed last; None when it was deleted in Grafana since."""
    # An older portal kept the path with Grafana's sub path in front.
    uid = unquote(bench.grafana_path.rpartition("/d/")[2].partition("/")[0])
    try:
        services.grafana.dashboard(uid)
    except ClientError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
    return f"{services.settings.grafana_link}{dashboard_path(bench.grafana_path, uid)}"


def _data_source(grafana: GrafanaClient) -> str:
    """The uid of the Prometheus to ask: the one that the lab's own check asks."""
    source = grafana.prometheus_source()
    if source is None:
        raise SLOLabError("Grafana has no Prometheus data source. Add one there, then push again.")
    return source.uid
