"""``slo-lab check-dashboard``: output, exit status, options."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.dashboards.cli import check_dashboard
from portal.slo.objective import SLO, SLIKind
from portal.slo.openslo import dumps
from tests.dashboards.build import AVAILABILITY, P95, TOTAL, classic, panel

MET = classic(panel("Availability", AVAILABILITY), panel("p95", P95))
NOT_MET = classic(panel("Availability", AVAILABILITY), panel("Rate", TOTAL))


def run(*args: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(check_dashboard, [str(arg) for arg in args])


def slo_of(objective: float) -> SLO:
    """An availability SLO."""
    return SLO(f"availability-{round(1000 * objective)}", SLIKind.AVAILABILITY, objective)


def save(folder: Path, name: str, document: Any) -> Path:
    """Write a file; text goes in as it is."""
    path = folder / name
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    return path


def objects(result: Result) -> list[dict[str, Any]]:
    """The JSON objects on stdout, one a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_all_met_is_zero(tmp_path: Path) -> None:
    result = run("--json", save(tmp_path, "a.json", MET))
    assert result.exit_code == 0
    (found,) = objects(result)
    assert (found["verdict"], found["sli_panels"]) == ("met", 2)
    assert [(p["title"], p["sli"], p["code"]) for p in found["panels"]] == [
        ("Availability", "availability", "good_ratio"),
        ("p95", "latency", "quantile"),
    ]
    assert found["panels"][0]["queries"] == [AVAILABILITY]
    assert all(p["reason"] for p in found["panels"])


def test_one_not_met_is_one(tmp_path: Path) -> None:
    result = run(save(tmp_path, "a.json", MET), save(tmp_path, "b.json", NOT_MET), "--json")
    assert result.exit_code == 1
    assert [found["verdict"] for found in objects(result)] == ["met", "not_met"]


def test_a_file_that_cannot_be_read_is_two_and_the_others_are_judged(tmp_path: Path) -> None:
    files = [
        save(tmp_path, "a.json", "not json"),
        save(tmp_path, "b.json", NOT_MET),
        tmp_path / "missing.json",
        save(tmp_path, "c.json", MET),
        save(tmp_path, "d.json", [1]),
    ]
    result = run("--json", *files)
    assert result.exit_code == 2
    verdicts = [found["verdict"] for found in objects(result)]
    assert verdicts == ["error", "not_met", "error", "met", "error"]
    assert len(result.stderr.splitlines()) == 3


def test_people_read_sentences(tmp_path: Path) -> None:
    result = run(save(tmp_path, "a.json", NOT_MET))
    assert result.exit_code == 1
    assert "not met. 1 of 2 panels shows an SLI" in result.stdout
    assert "Rate: no SLI [request_rate]" in result.stdout


def test_rules_are_followed_and_may_be_repeated(tmp_path: Path) -> None:
    ratio = "errors:rate5m / requests:rate5m"
    one = f"groups: [{{name: g, rules: [{{record: 'sli:errors', expr: '{ratio}'}}]}}]"
    two = """
groups:
- name: g
  rules:
  - {record: "errors:rate5m", expr: 'sum(rate(http_requests_total{status=~"5.."}[5m]))'}
  - {record: "requests:rate5m", expr: 'sum(rate(http_requests_total[5m]))'}
  - {alert: A, expr: up == 0}
"""
    file = save(tmp_path, "a.json", classic(panel("x", "sli:errors"), panel("p95", P95)))
    rules = [save(tmp_path, "1.yml", one), save(tmp_path, "2.yml", two)]
    assert run(file).exit_code == 1
    assert run("--rules", rules[0], file, "--rules", rules[1]).exit_code == 0


@pytest.mark.parametrize("text", ["groups: {", "a: b", "[]", "groups: 1", "\x00"])
def test_a_rule_file_without_rules_is_a_clear_line(tmp_path: Path, text: str) -> None:
    result = run("--rules", save(tmp_path, "r.yml", text), save(tmp_path, "a.json", MET))
    assert result.exit_code == 2
    assert "rule file" in result.stderr
    assert "Availability" in result.stdout


def test_buckets_and_scrape_interval_are_options(tmp_path: Path) -> None:
    share = (
        'sum(rate(http_request_duration_seconds_bucket{le="0.35"}[1m]))'
        " / sum(rate(http_request_duration_seconds_count[1m]))"
    )
    file = save(tmp_path, "a.json", classic(panel("x", share), panel("y", share)))
    assert run(file).exit_code == 1
    assert run(file, "--buckets", "0.1,0.35").exit_code == 0
    assert run(file, "--buckets", "0.1,0.35,+Inf", "--scrape-interval", "1m").exit_code == 1


def test_a_bucket_may_be_spelled_as_its_label(tmp_path: Path) -> None:
    share = (
        'sum(rate(http_request_duration_seconds_bucket{le="1"}[1m]))'
        " / sum(rate(http_request_duration_seconds_count[1m]))"
    )
    file = save(tmp_path, "a.json", classic(panel("x", share), panel("y", share)))
    assert run(file).exit_code == 1
    assert run(file, "--buckets", "0.1,1").exit_code == 0


@pytest.mark.parametrize("option", [("--buckets", "a,b"), ("--scrape-interval", "soon")])
def test_options_without_sense_are_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    assert run(*option, save(tmp_path, "a.json", MET)).exit_code == 2


def test_what_promtool_refuses_shows_nothing(tmp_path: Path) -> None:
    newer = AVAILABILITY.replace("[$__rate_interval]", "[300]")
    file = save(tmp_path, "a.json", classic(panel("x", newer), panel("y", P95)))
    found = objects(run("--json", file))[0]
    assert found["panels"][0]["code"] == "invalid"
    assert found["verdict"] == "not_met"


def test_without_promtool_nothing_can_be_checked_and_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SLO_LAB_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("SLO_LAB_PROMETHEUS_SOURCE", "path")
    new = classic(panel("x", f"{AVAILABILITY} + 0"), panel("y", f"0 + {P95}"))
    result = run("--json", save(tmp_path, "a.json", new))
    assert result.exit_code == 2
    (found,) = objects(result)
    assert found["verdict"] == "cannot_check"
    assert [one["code"] for one in found["panels"]] == ["untried", "untried"]
    assert "start the lab once" in found["panels"][0]["reason"]
    assert "no prometheus on PATH" in found["panels"][0]["reason"]
    assert "cannot check" in run(save(tmp_path, "a.json", new)).stdout


def test_a_rule_file_nested_deeply_is_one_sentence(tmp_path: Path) -> None:
    deep = "[" * 50_000 + "]" * 50_000
    rules = save(tmp_path, "r.yml", f"groups:\n- name: x\n  rules: {deep}\n")
    result = run("--rules", rules, "--json", save(tmp_path, "a.json", MET))
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "nested deeper" in result.stderr


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    started = time.thread_time()
    result = run("--json", save(tmp_path, "a.json", "[" + "1," * 10_000_000 + "1]"))
    assert result.exit_code == 2
    assert "19.1 MB" in result.stderr
    assert time.thread_time() - started < 10


def test_fifty_files_are_judged_in_time(tmp_path: Path) -> None:
    expr = AVAILABILITY.replace("5..", "5[0-9]{}")
    files = [
        save(
            tmp_path,
            f"{n}.json",
            classic(*(panel(f"{m}", expr.replace("{}", f"{n % 10}")) for m in range(20))),
        )
        for n in range(50)
    ]
    started = time.monotonic()
    result = run("--json", *files)
    assert len(objects(result)) == 50
    assert time.monotonic() - started < 120


def test_a_rule_file_without_an_end_is_read_as_far_as_its_limit(tmp_path: Path) -> None:
    result = run("--rules", "/dev/zero", save(tmp_path, "a.json", MET))
    assert result.exit_code == 2
    assert "is larger than" in result.stderr


@pytest.mark.parametrize("content", ["groups: [", None])
def test_with_a_rule_file_that_cannot_be_read_nobody_knows_what_is_not_met(
    tmp_path: Path, content: str | None
) -> None:
    rules = tmp_path / "r.yml"
    if content is not None:
        rules.write_text(content)
    one = save(tmp_path, "a.json", classic(panel("x", AVAILABILITY), panel("y", "job:mine:ratio")))
    met = save(tmp_path, "b.json", MET)
    result = run("--rules", rules, "--json", one, met)
    assert result.exit_code == 2
    assert [found["verdict"] for found in objects(result)] == ["cannot_check", "met"]
    assert "1 rule file could not be read" in objects(result)[0]["reason"]


def test_slos_say_how_fine_a_number_has_to_be(tmp_path: Path) -> None:
    coarse = {"fieldConfig": {"defaults": {"unit": "percentunit", "decimals": 0}}}
    document = classic(panel("a", AVAILABILITY, type="stat", **coarse), panel("p95", P95))
    file = save(tmp_path, "a.json", document)
    files = {
        objective: save(tmp_path, f"{objective}.yaml", dumps([slo_of(objective)]))
        for objective in (0.99, 0.995)
    }
    assert run(file).exit_code == 1
    assert run("--slo", files[0.995], file).exit_code == 1
    assert run("--slo", files[0.99], file).exit_code == 0
    assert run("--slo", files[0.99], "--slo", files[0.995], file).exit_code == 1


def test_an_slo_file_that_cannot_be_read_is_two(tmp_path: Path) -> None:
    file = save(tmp_path, "a.json", MET)
    broken = run("--slo", save(tmp_path, "slo.yaml", "kind: {"), file)
    assert broken.exit_code == 2
    assert "slo.yaml" in broken.stderr
    assert run("--slo", tmp_path / "none.yaml", file).exit_code == 2
