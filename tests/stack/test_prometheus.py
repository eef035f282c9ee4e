"""A real Prometheus and the real mock app under the supervisor; the portal is tiny."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from portal.clients.errors import ClientError
from portal.clients.prometheus import PrometheusClient
from stack.doctor import Health, diagnose
from tests.patience import SECONDS
from tests.stack.labs import Lab, start_again, start_lab, wait_until

pytestmark = pytest.mark.stack
RULES = "groups: [{name: slo, rules: [{record: 'slo:one', expr: vector(1)}]}]"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    lab = start_lab(folder, SLO_LAB_SCRAPE_INTERVAL="1", REAL_MOCKAPP="1")
    lab.wait_until_ready()
    yield lab
    lab.stop()
    lab.leaves_nothing()


@pytest.fixture
def prometheus(running: Lab) -> PrometheusClient:
    return PrometheusClient(running.settings.prometheus_base, timeout=SECONDS)


def answered(ask: Callable[[], object]) -> object:
    """What was answered, nothing while there is no answer."""
    try:
        return ask()
    except ClientError:
        return None


def test_it_scrapes_the_mock_app_as_flask_app(running: Lab, prometheus: PrometheusClient) -> None:
    wait_until(lambda: prometheus.query('up{job="flask-app"} == 1'))
    (target,) = prometheus.targets()
    assert (target.job, target.scrape_interval_s) == ("flask-app", 1.0)
    assert target.instance == f"127.0.0.1:{running.settings.mockapp_port}"
    found = {finding.name: finding.status for finding in diagnose(running.settings)}
    assert found.pop("Grafana") is Health.ABSENT
    assert set(found.values()) == {Health.UP}


def test_a_rule_file_is_read_as_soon_as_it_is_there(
    running: Lab, prometheus: PrometheusClient
) -> None:
    rule = running.settings.rules_path / "slo.yml"
    draft = rule.with_suffix(".draft")
    draft.write_text(RULES)
    draft.replace(rule)
    wait_until(lambda: [group.name for group in prometheus.rules()] == ["slo"])
    rule.unlink()
    wait_until(lambda: prometheus.rules() == [])


def test_a_rule_file_that_it_refuses_changes_nothing(
    running: Lab, prometheus: PrometheusClient
) -> None:
    rule = running.settings.rules_path / "broken.yml"
    rule.write_text("groups: [{name: slo, rules: [{record: 'slo:one', expr: 'sum('}]}]")
    wait_until(lambda: prometheus.runtimeinfo()["reloadConfigSuccess"] is False)
    assert prometheus.rules() == []
    rule.unlink()
    wait_until(lambda: prometheus.runtimeinfo()["reloadConfigSuccess"] is True)


def test_no_page_can_stop_or_reload_it(running: Lab) -> None:
    base = running.settings.prometheus_base
    for path in ("/-/quit", "/-/reload"):
        assert requests.post(base + path, timeout=30).status_code == 403, path
    answer = requests.post(f"{base}/api/v1/admin/tsdb/snapshot", timeout=30)
    assert "admin APIs disabled" in answer.text
    answer = requests.get(
        f"{base}/api/v1/query?query=1", headers={"Origin": "http://evil.example"}, timeout=30
    )
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_killed_prometheus_comes_back_with_its_data(
    running: Lab, prometheus: PrometheusClient
) -> None:
    wait_until(lambda: prometheus.query("count_over_time(up[5m]) > 3"))
    before = running.state.servers["prometheus"].pid
    assert before
    os.kill(before, signal.SIGKILL)
    running.wait_until_up("prometheus", other_than=before)
    wait_until(lambda: answered(lambda: prometheus.query("count_over_time(up[5m]) > 3")))


def test_the_next_start_after_a_killed_supervisor_is_clean_and_keeps_the_data(
    tmp_path: Path,
) -> None:
    first = start_lab(tmp_path, SLO_LAB_SCRAPE_INTERVAL="1", REAL_MOCKAPP="1")
    first.wait_until_ready()
    prometheus = PrometheusClient(first.settings.prometheus_base, timeout=SECONDS)
    wait_until(lambda: prometheus.query("count_over_time(up[5m]) > 2"))
    first.process.kill()
    first.process.wait()
    first.leaves_nothing()
    second = start_again(tmp_path, first.environ)
    second.wait_until_ready()
    wait_until(lambda: answered(lambda: prometheus.query("count_over_time(up[5m]) > 2")))
    assert second.stop() == 0
    second.leaves_nothing()
