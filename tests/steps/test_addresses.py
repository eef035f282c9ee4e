"""Lessons show the addresses of this lab."""

from __future__ import annotations

import pytest

from portal.config import Settings
from portal.steps.addresses import localise


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("http://localhost:8000/metrics", "http://localhost:8100/metrics"),
        ("http://localhost:9090/targets", "http://localhost:9190/targets"),
        ("http://localhost:3000", "https://grafana.example"),
        ("http://localhost:8080/slos", "http://localhost:8180/slos"),
        ("http://localhost:80001", "http://localhost:80001"),
        ("localhost:9090", "localhost:9090"),
    ],
)
def test_standard_addresses_become_the_labs_own(written: str, shown: str) -> None:
    settings = Settings(
        port=8180,
        mockapp_url="http://mockapp:8000",
        mockapp_public_url="http://localhost:8100",
        prometheus_port=9190,
        grafana_url="http://10.0.0.1:3000",
        grafana_public_url="https://grafana.example",
    )
    assert localise(f'<a href="{written}">', settings) == f'<a href="{shown}">'


def test_without_grafana_its_links_are_plain_words() -> None:
    html = '<a href="http://localhost:3000/dashboards" target="_blank">Grafana</a>, <a href="/lab">'
    shown = localise(html, Settings(), has_grafana=False)
    assert shown == 'Grafana, <a href="/lab">'


def test_prometheus_pages_lead_where_this_prometheus_has_them() -> None:
    html = '<a href="http://localhost:9090/targets"> <a href="http://localhost:9090/graph">'
    shown = localise(html, Settings(), lambda name: f"http://p/classic/{name}")
    assert shown == '<a href="http://p/classic/targets"> <a href="http://localhost:9090/graph">'
