"""``slo-lab check`` prints the verdicts, also where no lab runs."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from portal.features import CRITERIA
from tests.stack.labs import environment

FIELDS = {"id", "status", "code", "observed", "expected", "where", "optional", "first_met_at"}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "from portal.cli import main; main()", "check", *options]
    environ = {**os.environ, **environment(folder)}
    return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60)


def test_without_a_lab_what_needs_it_cannot_be_checked_and_the_rest_is_judged(
    tmp_path: Path,
) -> None:
    answer = run(tmp_path, "--json")
    assert answer.returncode == 1, answer.stderr
    (line,) = answer.stdout.splitlines()
    said: dict[str, Any] = json.loads(line)
    assert said["complete"] is False
    assert all(set(one) == FIELDS for one in said["criteria"])
    assert [one["id"] for one in said["criteria"]] == [criterion.id for criterion in CRITERIA]
    assert {one["status"] for one in said["criteria"]} == {"cannot_check", "not_met"}
    for one in said["criteria"]:
        silent = one["code"].endswith("_unreachable")
        assert one["status"] == ("cannot_check" if silent else "not_met"), one
    optional = [criterion.id for criterion in CRITERIA if criterion.optional]
    assert [one["id"] for one in said["criteria"] if one["optional"]] == optional
    assert "alert" in optional


def test_for_people_it_is_a_line_each_with_what_is_needed(tmp_path: Path) -> None:
    answer = run(tmp_path)
    assert answer.returncode == 1, answer.stderr
    assert "? traffic: Prometheus can't be reached" in answer.stdout
    assert "✗ slo: No SLO is saved." in answer.stdout
    assert answer.stdout.endswith("Not complete yet.\n")


def test_what_was_met_before_is_not_called_unfinished(tmp_path: Path) -> None:
    run(tmp_path)
    [database] = tmp_path.rglob("*.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE stored_verdict SET first_met_at = checked_at")
    answer = run(tmp_path)
    assert answer.returncode == 1
    assert "    met before: first at 20" in answer.stdout
    end = answer.stdout.splitlines()[-1]
    assert end == (
        "You finished the lab. Not met any more at this moment: slo, impact, reflection. "
        "Can’t be checked now: preflight, traffic, dashboard."
    )
