"""``promtool test rules`` for rule files made in a test: is an alert firing at a given second?"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.provision import promtool

STEP_S = 5


@dataclass(frozen=True)
class Expected:
    """At ``at_s`` seconds the expression has these values (one per series), in any order."""

    expr: str
    at_s: int
    values: tuple[float, ...]


def firing(at_s: int, count: int, **labels: str) -> Expected:
    """So many alerts (with these labels) fire then."""
    picked = "".join(f',{name}="{value}"' for name, value in labels.items())
    expr = f'count(ALERTS{{alertstate="firing"{picked}}}) or vector(0)'
    return Expected(expr, at_s, (count,))


def check_rules(folder: Path, rules: str) -> subprocess.CompletedProcess[str]:
    """``promtool check rules`` at its strictest."""
    file = folder / "checked.yml"
    file.write_text(rules)
    command = [promtool(), "check", "rules", "--lint=all", "--lint-fatal", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def run(
    folder: Path,
    rules: str,
    series: Mapping[str, str],
    expected: Iterable[Expected],
    *,
    step_s: int = STEP_S,
    evaluated_s: int = STEP_S,
) -> None:
    """Assert that promtool finds the expected values; ``series`` have a value each ``step_s``."""
    (folder / "rules.yml").write_text(rules)
    tests = {
        "rule_files": ["rules.yml"],
        "group_eval_order": [group["name"] for group in yaml.safe_load(rules)["groups"]],
        "evaluation_interval": f"{evaluated_s}s",
        "tests": [
            {
                "interval": f"{step_s}s",
                "input_series": [
                    {"series": name, "values": values} for name, values in series.items()
                ],
                "promql_expr_test": [_expr_test(one) for one in expected],
            }
        ],
    }
    file = folder / "test.yml"
    file.write_text(json.dumps(tests))
    done = subprocess.run(
        [promtool(), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _expr_test(one: Expected) -> dict[str, Any]:
    samples = [{"labels": "{}", "value": value} for value in one.values]
    return {"expr": one.expr, "eval_time": f"{one.at_s}s", "exp_samples": samples}
