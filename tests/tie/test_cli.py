"""``slo-lab check-alert``, as it is typed, also on what ``slo-lab rules`` prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from portal.cli import slo_lab
from portal.slo.objective import SLO, SLIKind
from portal.slo.openslo import dumps
from tests.fakes.boards import P95, classic_board
from tests.slo.promtest import check_rules
from tests.tie.cases import SLOS, expanded


@pytest.fixture
def slo_file(tmp_path: Path) -> Path:
    path = tmp_path / "slo.yaml"
    path.write_text(dumps(SLOS))
    return path


def rule_file(folder: Path, **exprs: str) -> Path:
    rules = [{"alert": name, "expr": expanded(written)} for name, written in exprs.items()]
    path = folder / "alerts.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    return path


def slo_lab_run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(slo_lab, [str(argument) for argument in arguments])


def checked(file: Path, slo_file: Path) -> tuple[int, dict[str, Any]]:
    done = slo_lab_run("check-alert", file, "--slo", slo_file, "--json")
    assert done.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, found


@pytest.mark.parametrize("listed", [False, True], ids=["one", "list"])
def test_a_prometheus_rule_of_kubernetes_is_read_like_its_groups(
    tmp_path: Path, slo_file: Path, listed: bool
) -> None:
    """By both commands that take a rule file."""
    groups = yaml.safe_load(rule_file(tmp_path, Burn="RATIO > 0.144").read_text())
    groups["groups"][0]["rules"].append({"record": "shop:errors", "expr": expanded("RATIO")})
    one = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "spec": groups}
    file = tmp_path / "object.yml"
    file.write_text(yaml.safe_dump({"kind": "List", "items": [one]} if listed else one))
    status, found = checked(file, slo_file)
    assert (status, [alert["name"] for alert in found["alerts"]]) == (0, ["Burn"])
    board = tmp_path / "board.json"
    board.write_text(json.dumps(classic_board("Mine", "1 - shop:errors", P95)))
    assert slo_lab_run("check-dashboard", board).exit_code == 1
    assert slo_lab_run("check-dashboard", "--rules", file, board).exit_code == 0


def test_one_tied_alert_is_enough(tmp_path: Path, slo_file: Path) -> None:
    file = rule_file(tmp_path, Cpu="up == 0", Burn="RATIO > 0.144", Strict="RATIO > 0.001")
    status, found = checked(file, slo_file)
    assert status == 0
    assert set(found) == {"verdict", "alerts"}
    assert found["verdict"] == "met"
    assert [list(alert) for alert in found["alerts"]] == [
        ["name", "tied", "slo", "code", "reason"]
    ] * 3
    assert [(a["name"], a["tied"], a["slo"], a["code"]) for a in found["alerts"]] == [
        ("Cpu", False, None, "not_an_sli"),
        ("Burn", True, "availability", "tied"),
        ("Strict", True, "availability", "stricter_than_objective"),
    ]


def test_without_a_tied_alert_it_is_not_met(tmp_path: Path, slo_file: Path) -> None:
    status, found = checked(rule_file(tmp_path, Lax="RATIO > 0.9"), slo_file)
    assert (status, found["verdict"]) == (1, "not_met")
    assert found["alerts"][0]["code"] == "too_lax"


def test_a_file_without_alerts_is_not_met(tmp_path: Path, slo_file: Path) -> None:
    assert checked(rule_file(tmp_path), slo_file) == (1, {"verdict": "not_met", "alerts": []})


def test_what_prometheus_refuses_is_unparsed(tmp_path: Path, slo_file: Path) -> None:
    file = rule_file(tmp_path, Scalars="1 > 0", Open="sum(rate(")
    _, found = checked(file, slo_file)
    assert [alert["code"] for alert in found["alerts"]] == ["unparsed", "unparsed"]
    assert "BOOL" in found["alerts"][0]["reason"]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("content", [b"groups: [", b"\xff\xfe\x00", b"- 1", None])
def test_a_file_that_cannot_be_read_is_status_two(
    content: bytes | None, as_json: bool, tmp_path: Path, slo_file: Path
) -> None:
    file = tmp_path / "broken.yml"
    if content is not None:
        file.write_bytes(content)
    done = slo_lab_run("check-alert", file, "--slo", slo_file, *(["--json"] if as_json else []))
    assert done.exit_code == 2
    assert "broken.yml" in done.stderr
    assert done.stderr.count("\n") == 1
    if as_json:
        assert json.loads(done.stdout)["verdict"] == "error"
    else:
        assert done.stdout == ""


def test_an_slo_file_that_cannot_be_read_is_status_two(tmp_path: Path) -> None:
    file = rule_file(tmp_path, Burn="RATIO > 0.144")
    assert slo_lab_run("check-alert", file, "--slo", file).exit_code == 2
    assert slo_lab_run("check-alert", file, "--slo", tmp_path).exit_code == 2
    assert slo_lab_run("rules", "--slo", file).exit_code == 2


def test_people_get_a_line_for_each_alert_and_the_verdict(tmp_path: Path, slo_file: Path) -> None:
    file = rule_file(tmp_path, Burn="RATIO > 0.144", Cpu="up == 0")
    done = slo_lab_run("check-alert", file, "--slo", slo_file)
    burn, cpu, verdict = done.stdout.splitlines()
    assert burn.startswith("Burn: tied (tied).")
    assert cpu.startswith("Cpu: not tied (not_an_sli).")
    assert verdict == "Met: an alert is tied to an SLO."


def test_the_rules_that_are_printed_are_valid_and_tied(tmp_path: Path, slo_file: Path) -> None:
    done = slo_lab_run("rules", "--slo", slo_file)
    assert done.exit_code == 0
    checked_rules = check_rules(tmp_path, done.stdout)
    assert checked_rules.returncode == 0, checked_rules.stderr
    file = tmp_path / "rules.yml"
    file.write_text(done.stdout)
    status, found = checked(file, slo_file)
    assert status == 0
    assert [alert["slo"] for alert in found["alerts"]] == ["availability"] * 4 + ["latency"] * 4
    assert {alert["code"] for alert in found["alerts"]} == {"tied"}


def test_an_alert_of_the_rules_that_can_never_fire_is_called_so(tmp_path: Path) -> None:
    slos = tmp_path / "slo.yaml"
    slos.write_text(dumps([SLO("low", SLIKind.AVAILABILITY, 0.9)]))
    file = tmp_path / "rules.yml"
    file.write_text(slo_lab_run("rules", "--slo", slos).stdout)
    _, found = checked(file, slos)
    codes = [alert["code"] for alert in found["alerts"]]
    assert codes == ["never_fires", "tied", "tied", "tied"]


def test_slos_may_come_from_several_files(tmp_path: Path) -> None:
    files = [tmp_path / f"{slo.name}.yaml" for slo in SLOS]
    for path, slo in zip(files, SLOS, strict=True):
        path.write_text(dumps([slo]))
    options = [option for path in files for option in ("--slo", path)]
    file = rule_file(tmp_path, Burn="RATIO > 0.144", Slow="SLOW > 0.05")
    done = slo_lab_run("check-alert", file, *options, "--json")
    assert [alert["slo"] for alert in json.loads(done.stdout)["alerts"]] == [
        "availability",
        "latency",
    ]
    twice = slo_lab_run("check-alert", file, "--slo", files[0], "--slo", files[0])
    assert twice.exit_code == 2
    assert "availability" in twice.stderr


def test_options_may_stand_before_the_file(tmp_path: Path, slo_file: Path) -> None:
    file = rule_file(tmp_path, Burn="RATIO > 0.144")
    done = slo_lab_run("check-alert", "--json", "--slo", slo_file, file)
    assert json.loads(done.stdout)["verdict"] == "met"


def test_checking_starts_no_web_server(tmp_path: Path, slo_file: Path) -> None:
    file = rule_file(tmp_path, Burn="RATIO > 0.144")
    program = (
        "import sys\n"
        "from portal.tie.cli import check_alert\n"
        f"check_alert([{str(file)!r}, '--slo', {str(slo_file)!r}], standalone_mode=False)\n"
    )
    code = "import runpy, sys\ntry:\n    exec(sys.argv[1])\nfinally:\n"
    code += "    sys.stderr.write(str('flask_sqlalchemy' in sys.modules))\n"
    done = subprocess.run(
        [sys.executable, "-c", code, program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "False"


def test_where_no_source_has_promtool_nothing_can_be_checked_and_it_says_why(
    tmp_path: Path, slo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SLO_LAB_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("SLO_LAB_PROMETHEUS_SOURCE", "path")
    status, found = checked(rule_file(tmp_path, Burn="RATIO > 0.144"), slo_file)
    assert (status, found["verdict"]) == (2, "cannot_check")
    assert "put promtool on PATH" in found["alerts"][0]["reason"]
    assert "no prometheus on PATH" in found["alerts"][0]["reason"]
