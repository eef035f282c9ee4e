from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from portal.config import Settings
from stack.layout import Layout
from stack.prometheus_config import SHIPPED, fingerprint, mockapp_targets, write_config
from tests.provision import prometheus


@pytest.fixture(scope="module")
def promtool() -> Path:
    return prometheus().promtool


def check_config(promtool: Path, config: Path) -> str:
    run = subprocess.run(
        [promtool, "check", "config", config], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_what_is_shipped_scrapes_and_evaluates_each_5_s() -> None:
    shipped = yaml.safe_load(SHIPPED.read_text())
    assert shipped["global"] == {"scrape_interval": "5s", "evaluation_interval": "5s"}
    assert [job["job_name"] for job in shipped["scrape_configs"]] == ["flask-app"]


def test_promtool_accepts_it_with_targets_and_rules(
    settings: Settings, layout: Layout, promtool: Path
) -> None:
    config = write_config(settings, layout)
    rules = "groups: [{name: g, rules: [{record: 'a:b', expr: vector(1)}]}]"
    for name in ("one.yml", "two.yaml"):
        (settings.rules_path / name).write_text(rules)
    assert check_config(promtool, config).count("1 rules found") == 2


def test_another_interval_is_put_in(settings: Settings, layout: Layout) -> None:
    config = write_config(replace(settings, scrape_interval=1), layout)
    written = yaml.safe_load(config.read_text())
    assert written["global"] == {"scrape_interval": "1s", "evaluation_interval": "1s"}


def test_rules_may_be_elsewhere(
    settings: Settings, layout: Layout, tmp_path: Path, promtool: Path
) -> None:
    elsewhere = replace(settings, rules_dir=str(tmp_path / "rules"))
    config = write_config(elsewhere, layout)
    assert yaml.safe_load(config.read_text())["rule_files"] == [
        f"{tmp_path}/rules/*.yml",
        f"{tmp_path}/rules/*.yaml",
    ]
    check_config(promtool, config)


@pytest.mark.parametrize(
    ("address", "target", "labels"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", {}),
        ("http://mockapp", "mockapp:80", {}),
        ("http://[::1]:8000", "[::1]:8000", {}),
        ("https://demo.example", "demo.example:443", {"__scheme__": "https"}),
        ("http://demo:1/shop", "demo:1", {"__metrics_path__": "/shop/metrics"}),
    ],
)
def test_the_target_is_the_mock_app(address: str, target: str, labels: dict[str, str]) -> None:
    assert mockapp_targets(address) == [{"targets": [target], "labels": labels}]


def test_a_later_start_keeps_the_learners_rules_and_further_targets(
    settings: Settings, layout: Layout
) -> None:
    write_config(settings, layout)
    rule = settings.rules_path / "slo.yml"
    other = layout.prometheus / "targets" / "other.json"
    rule.write_text("groups: []")
    other.write_text("[]")
    write_config(replace(settings, mockapp_port=8001), layout)
    assert (rule.read_text(), other.read_text()) == ("groups: []", "[]")
    ours = json.loads((layout.prometheus / "targets" / "flask-app.json").read_text())
    assert ours[0]["targets"] == ["127.0.0.1:8001"]


def test_the_fingerprint_changes_with_each_rule_file(settings: Settings, layout: Layout) -> None:
    config = write_config(settings, layout)
    seen = {fingerprint(config, settings.rules_path)}
    rule = settings.rules_path / "slo.yml"
    rule.write_text("groups: []")
    seen.add(fingerprint(config, settings.rules_path))
    os.utime(rule, (1, 1))
    seen.add(fingerprint(config, settings.rules_path))
    rule.unlink()
    last = fingerprint(config, settings.rules_path)
    assert len(seen) == 3
    assert last in seen
