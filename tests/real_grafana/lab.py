"""The lab behind the real Grafana: a portal in this process, a real Prometheus, a real service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask

from portal.clients.grafana import Credentials, GrafanaClient
from portal.config import Settings
from portal.deadline import Deadline
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services
from portal.shop.queries import SLIQueries
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from portal.workbench.candidates import Candidate, CandidateJudge, DashboardOrigin
from tests.apps import portal_app
from tests.mockapp.process import TOKEN, wait_until
from tests.patience import PATIENT
from tests.promtool import promtool_at_hand
from tests.real_grafana.server import RealGrafana
from tests.workbench.lab import RealLab, at_lab, services_of

JOB = "flask-app"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
BAD = 'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[30s]))'
ALL = 'sum(rate(http_requests_total{job="flask-app"}[30s]))'
RATIO = f"{BAD} / {ALL}"
AVAILABILITY = f"1 - {RATIO}"
P95 = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[30s])))"


@dataclass
class Walk:
    """Who walks: the portal's services as one learner, and the Grafana's administrator."""

    app: Flask
    grafana: RealGrafana
    lab: RealLab

    @property
    def services(self) -> Services:
        services: Services = self.app.extensions["slo_lab"]
        return services

    @property
    def learner(self) -> Learner:
        learner: Learner = db.session.execute(db.select(Learner)).scalar_one()
        return learner

    def save(self, board: dict[str, Any], folder: str = "slo-lab") -> Any:
        """Save a dashboard by hand, as Grafana's own page does."""
        sent = {"dashboard": {**board, "id": None}, "folderUid": folder, "overwrite": True}
        return self.grafana.call("POST", "/api/dashboards/db", sent)

    def judged(self, uid: str) -> Candidate:
        """What the check says of a dashboard in Grafana; asked anew."""
        services = self.services
        for key in ("data sources", *(("data source", one, JOB) for one in self.sources())):
            services.readings.forget(key)
        read = services.grafana.dashboard(uid)
        judge = CandidateJudge(services, self.learner, Deadline(30))
        return judge.candidate(DashboardOrigin.GRAFANA, uid, read.title, "", read.content)

    def sources(self) -> list[str]:
        return [one["uid"] for one in self.grafana.call("GET", "/api/datasources")]

    def draws(self, uid: str, expr: str = RATIO) -> bool:
        """Whether Grafana itself gets something for the query from the data source."""
        query = {"refId": "A", "datasource": {"uid": uid}, "expr": expr, "instant": True}
        sent = {"queries": [query], "from": "now-5m", "to": "now"}
        answer = self.grafana.call("POST", "/api/ds/query", sent)
        frames = answer.get("results", {}).get("A", {}).get("frames", [])
        return any(frame["data"]["values"] for frame in frames)


def token(grafana: RealGrafana, role: str) -> tuple[str, int]:
    """A token of a new service account with that role, and the account's number."""
    name = f"walk-{role.lower()}-{uuid4().hex[:6]}"
    made = grafana.call("POST", "/api/serviceaccounts", {"name": name, "role": role})
    path = f"/api/serviceaccounts/{made['id']}/tokens"
    return str(grafana.call("POST", path, {"name": name})["key"]), int(made["id"])


def add_source(grafana: RealGrafana, uid: str, name: str, url: str, **more: Any) -> None:
    """A data source made by hand; a second one of that uid is no matter."""
    row = {"uid": uid, "name": name, "type": "prometheus", "url": url, "access": "proxy", **more}
    grafana.call("POST", "/api/datasources", row)


def add_labs_source(grafana: RealGrafana, lab: RealLab) -> None:
    """The lab's own data source, as the lab provisions it."""
    more = {"isDefault": True, "jsonData": {"timeInterval": "1s"}}
    add_source(grafana, "prometheus", "Prometheus", lab.prometheus, **more)


@contextmanager
def walk(settings: Settings, lab: RealLab, grafana: RealGrafana) -> Iterator[Walk]:
    """A portal at that lab and that Grafana, as the service account that the lab makes itself."""
    given = _fault_token(settings.data_dir)
    settings = at_lab(settings, lab, grafana_url=grafana.url, fault_token_file=given)
    login = Credentials(token=token(grafana, "Editor")[0])
    client = GrafanaClient(grafana.url, login, timeout=30)
    services = replace(services_of(settings), grafana=client, trials=trials_each_second())
    with portal_app(settings, services) as app, app.app_context():
        services.grafana.ensure_folder()
        wait_until(lambda: services.prometheus.numbers(SLIQueries(JOB).scraped_before))
        yield Walk(app, grafana, lab)


def trials_each_second() -> TrialMemory:
    """Trials of a lab that scrapes each second; those that tests share take five."""
    return TrialMemory(TrialEngine(PATIENT.promtool, promtool_at_hand, 1))


def _fault_token(folder: Path) -> str:
    file = folder / "given-fault-token"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(TOKEN)
    file.chmod(0o600)
    return str(file)
