"""A label that changes with the measured value makes each evaluation a new alert."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from portal.tie import AlertFinding, AlertRule, TieCode
from portal.tie.grafana import read_ruler
from tests.patient import analyse, analyse_grafana
from tests.provision import promtool
from tests.tie.cases import SLOS, expanded

CURRENT = {"current": "{{ $value }}"}


def labelled(labels: dict[str, str], for_s: float = 20.0) -> AlertFinding:
    return analyse(AlertRule("a", expanded("RATIO > 0.144"), for_s, labels), SLOS)


def fires_while_the_share_grows(folder: Path, labels: dict[str, str], for_: str) -> bool:
    """Whether promtool sees it firing after five minutes in which ever more requests fail."""
    rule = {"alert": "A", "expr": expanded("RATIO > 0.144"), "for": for_, "labels": labels}
    rules = {"groups": [{"name": "g", "interval": "10s", "rules": [rule]}]}
    (folder / "rules.yml").write_text(json.dumps(rules))
    series = 'http_requests_total{job="flask-app",instance="a",path="/",method="GET",status="%s"}'
    failed = " ".join(str(n * 30 + n * n) for n in range(61))
    good = " ".join(str(n * 60) for n in range(61))
    group = {
        "interval": "5s",
        "input_series": [
            {"series": series % "500", "values": failed},
            {"series": series % "200", "values": good},
        ],
        "alert_rule_test": [{"eval_time": "5m", "alertname": "A", "exp_alerts": []}],
    }
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "10s", "tests": [group]}
    (folder / "test.yml").write_text(json.dumps(test))
    command = [promtool(), "test", "rules", str(folder / "test.yml")]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0


@pytest.mark.parametrize(
    ("labels", "fires"),
    [
        (CURRENT, False),
        ({"current": "{{ $value | humanizePercentage }}"}, False),
        ({"severity": "page", "share": '{{ printf "%.3f" $value }}'}, False),
        ({"current": "{{ with $v := $value }}{{ $v }}{{ end }}"}, False),
        ({"severity": "page"}, True),
        ({"service": "{{ $labels.job }}"}, True),
        ({"band": "{{ if gt $value 0.1 }}high{{ else }}low{{ end }}"}, True),
    ],
)
def test_a_label_that_changes_never_lets_for_end(
    labels: dict[str, str], fires: bool, tmp_path: Path
) -> None:
    finding = labelled(labels)
    assert finding.tied is fires, finding.reason
    assert fires_while_the_share_grows(tmp_path, labels, "20s") is fires
    if not fires:
        assert finding.code is TieCode.LABEL_CHANGES
        assert "annotation is the place" in finding.reason
        assert finding.slo is None


def test_the_label_that_changes_is_named() -> None:
    found = labelled({"b": "{{ $labels.job }}", "current": "{{ $value }}"})
    assert "label current changes" in found.reason


def test_without_for_a_value_in_a_label_is_advice() -> None:
    finding = labelled(CURRENT, for_s=0)
    assert finding.code is TieCode.TIED
    assert "annotation is the place" in finding.advice


def test_an_alert_that_guards_nothing_is_told_that_first() -> None:
    rule = AlertRule("a", expanded("RATIO > 0.5"), 20, CURRENT)
    assert analyse(rule, SLOS).code is TieCode.TOO_LAX


def test_a_value_in_a_label_of_a_grafana_rule_is_found_by_its_text() -> None:
    threshold = {"evaluator": {"type": "gt", "params": [0.144]}}
    data = [
        {"refId": "A", "datasourceUid": "p", "model": {"expr": expanded("RATIO")}},
        {
            "refId": "C",
            "datasourceUid": "__expr__",
            "model": {"type": "threshold", "expression": "A", "conditions": [threshold]},
        },
    ]
    alert = {"title": "t", "uid": "u", "condition": "C", "data": data}
    entry = {"for": "30s", "labels": {"now": "{{ $values.A }}"}, "grafana_alert": alert}
    [rule] = read_ruler({"f": [{"name": "g", "rules": [entry]}]})
    [found] = analyse_grafana([rule], SLOS)
    assert found.code is TieCode.LABEL_CHANGES
