"""What a live Grafana 9.4 answered about alert rules, and a fake that answers the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fakes.grafana import FakeGrafana

FILE = Path(__file__).with_name("grafana-9.4.json")
ANSWERS: dict[str, Any] = json.loads(FILE.read_text())
THRESHOLD = "Error budget burn (threshold node)"
MATH = "Error budget burn (math node)"


def define_recorded_rules(grafana: FakeGrafana, *titles: str) -> None:
    """Have the fake tell the recorded rules; of these titles alone, where some are given."""
    for folder, groups in ANSWERS["ruler_get_admin"].items():
        grafana.rule_groups[folder] = {
            group["name"]: [
                rule
                for rule in group["rules"]
                if not titles or rule["grafana_alert"]["title"] in titles
            ]
            for group in groups
        }


def tell_recorded_states(grafana: FakeGrafana, answer: str) -> None:
    """Have the fake tell the states of a recorded answer: ``prometheus_rules_firing``..."""
    grafana.rule_states = {
        f"{group['name']}/{rule['name']}": rule
        for group in ANSWERS[answer]["data"]["groups"]
        for rule in group["rules"]
    }
