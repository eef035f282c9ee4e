"""Grafana's own expressions are no data source, however they are named."""

from __future__ import annotations

import pytest

from portal.dashboards.model import PanelSource
from portal.dashboards.sources import Sources
from portal.promql.expressions import is_expression
from portal.tie.grafana_nodes import GrafanaQuery

NAMES = ("__expr__", "-100", "-- Expression --", "Expression", "__EXPR__")


@pytest.mark.parametrize("name", NAMES)
def test_panels_and_alert_rules_know_the_same_names(name: str) -> None:
    assert is_expression(name)
    assert Sources().of({"datasource": name}, None).kind is PanelSource.EXPRESSION
    assert Sources().of({"datasource": {"uid": name}}, None).kind is PanelSource.EXPRESSION
    assert GrafanaQuery("A", name, {}).is_expression
    assert GrafanaQuery("A", "", {"datasource": {"uid": name}}).is_expression


@pytest.mark.parametrize("name", ["prometheus", "", None, 5, {}])
def test_others_are_none(name: object) -> None:
    assert not is_expression(name)
