"""Alerts are tried in one process, once each, and what one of them breaks stays its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from portal.clients.promtool import PromtoolPath, Validity
from portal.limits import PromtoolLimits
from portal.promql.context import RecordingRule
from portal.rulefile.contents import RuleFile
from portal.rulefile.reader import RuleFileError
from portal.shop import BUCKETS
from portal.slo.objective import SLO, SLIKind
from portal.tie import AlertRule, TieCode
from portal.tie.check import FileVerdict
from portal.trial.alerts import trials
from portal.trial.climb import AlertTrial
from portal.trial.engine import TrialEngine
from portal.trial.ladder import Allowance, Way
from portal.trial.memory import Asked, TrialMemory
from tests.patience import PATIENT
from tests.patient import analyse, analyse_all, check_file
from tests.promtool import promtool_at_hand
from tests.tie.cases import AVAILABILITY, SLOS, expanded

HONEST = AlertRule("honest", expanded("RATIO > 0.1234"))
MANY_TO_MANY = AlertRule(
    "broken",
    "rate(http_requests_total{status=~'5..'}[1m]) / on (job) rate(http_requests_total[1m]) > 0.1",
)


class FreshMemory(TrialMemory):
    """No memory of other tests; ``counted``: the alerts of each process."""

    def __init__(
        self,
        limits: PromtoolLimits = PATIENT.promtool,
        promtool: PromtoolPath = promtool_at_hand,
        scrape_interval_s: float = 5,
    ) -> None:
        super().__init__(TrialEngine(limits, promtool, scrape_interval_s))
        self.counted: list[int] = []


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> FreshMemory:
    memory = FreshMemory()

    def counting(asked: Sequence[Asked], engine: TrialEngine) -> list[AlertTrial]:
        memory.counted.append(len(asked))
        return trials(asked, engine)

    monkeypatch.setattr("portal.trial.memory.trials", counting)
    return memory


def test_the_rungs_above_everything_fall_together() -> None:
    assert [rung.factor for rung in Allowance(0.1).rungs] == pytest.approx([0, 0.2, 0.85, 1, 5, 10])
    assert Allowance(0.01).rungs[-1].share == 1.0


def test_a_latency_slo_has_a_ladder_close_to_its_threshold() -> None:
    assert Way.BARELY in Allowance(0.05, 0.3).ways
    assert Way.BARELY not in Allowance(0.05).ways


def test_an_alert_is_tried_once(fresh: FreshMemory) -> None:
    analyse_all([HONEST, AlertRule("again", HONEST.expr)], SLOS, memory=fresh)
    analyse(HONEST, SLOS, memory=fresh)
    assert [count for count in fresh.counted if count] == [1]


def test_several_alerts_are_tried_in_one_process(fresh: FreshMemory) -> None:
    limits = (0.11, 0.12, 0.13)
    analyse_all(
        [AlertRule("a", expanded(f"RATIO > {limit}")) for limit in limits], SLOS, memory=fresh
    )
    assert fresh.counted == [3]


def test_a_broken_expression_spoils_no_other(fresh: FreshMemory) -> None:
    broken, honest, unread = analyse_all(
        [MANY_TO_MANY, HONEST, AlertRule("u", "sum(")], SLOS, memory=fresh
    )
    assert (honest.slo, honest.code) == ("availability", TieCode.TIED)
    assert not broken.tied
    assert unread.code is TieCode.UNPARSED


def test_a_recording_rule_that_fails_spoils_only_what_reads_it(fresh: FreshMemory) -> None:
    fails = RecordingRule("job:broken:ratio", MANY_TO_MANY.expr.removesuffix(" > 0.1"))
    reads = AlertRule("reads", "job:broken:ratio > 0.1")
    honest, broken = analyse_all([HONEST, reads], SLOS, [fails], memory=fresh)
    assert honest.code is TieCode.TIED
    assert not broken.tied


def without_promtool(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("PATH", "HOME", "SLO_LAB_CACHE_DIR", "SLO_LAB_DATA_DIR"):
        monkeypatch.setenv(name, str(folder))


def test_without_promtool_nobody_knows(
    fresh: FreshMemory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_promtool(monkeypatch, tmp_path)
    finding = analyse(HONEST, SLOS, memory=fresh)
    assert finding.code is TieCode.CANNOT_CHECK
    assert "promtool was not found" in finding.reason
    assert not finding.tied
    assert (
        check_file(RuleFile((HONEST,), ()), SLOS, memory=fresh).verdict is FileVerdict.CANNOT_CHECK
    )


def test_what_nobody_knew_is_asked_again(
    fresh: FreshMemory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as poor:
        without_promtool(poor, tmp_path)
        assert analyse(HONEST, SLOS, memory=fresh).code is TieCode.CANNOT_CHECK
    assert analyse(HONEST, SLOS, memory=fresh).code is TieCode.TIED


def test_a_crash_is_remembered_for_a_while(tmp_path: Path) -> None:
    tool = tmp_path / "promtool"
    tool.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\nexit 2\n")
    tool.chmod(0o755)
    memory = FreshMemory(promtool=lambda: tool)
    first = analyse(HONEST, SLOS, memory=memory)
    runs = (tmp_path / "runs").read_text()
    assert analyse(HONEST, SLOS, memory=memory) == first
    assert (tmp_path / "runs").read_text() == runs != ""


@pytest.mark.parametrize(
    "script", ["exit 2", "kill -9 $$", "echo nonsense"], ids=["crash", "killed", "nonsense"]
)
def test_a_promtool_that_breaks_leaves_the_question_open(script: str, tmp_path: Path) -> None:
    tool = tmp_path / "promtool"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    finding = analyse(HONEST, SLOS, memory=FreshMemory(promtool=lambda: tool))
    assert finding.code is TieCode.CANNOT_CHECK
    assert "promtool" in finding.reason


def test_other_peoples_metrics_need_no_promtool(
    fresh: FreshMemory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_promtool(monkeypatch, tmp_path)
    assert analyse(AlertRule("a", "node_load1 > 5"), SLOS, memory=fresh).code is TieCode.NOT_AN_SLI
    assert fresh.counted == [0]


def test_more_alerts_than_are_judged_at_a_time_are_refused_in_one_sentence() -> None:
    rules = tuple(AlertRule(f"a{n}", f"up > {n}") for n in range(5000))
    with pytest.raises(RuleFileError, match=r"5,000 alerts; 300 at most"):
        check_file(RuleFile(rules, ()), SLOS)


def test_an_expression_that_is_too_long_is_refused_before_promtool_reads_it() -> None:
    asked: list[str] = []

    def validity(exprs: Sequence[str]) -> list[Validity]:
        asked.extend(exprs)
        return [Validity(True)] * len(exprs)

    long = AlertRule("long", " or ".join(["up == 0"] * 40_000))
    found = check_file(RuleFile((long, HONEST), ()), SLOS, validity)
    assert asked == [HONEST.expr]
    assert [alert.code for alert in found.alerts] == [TieCode.UNPARSED, TieCode.TIED]
    assert "longer than 4096 characters" in found.alerts[0].reason


def test_beyond_the_most_nobody_knows() -> None:
    fresh = FreshMemory(replace(PATIENT.promtool, alerts_at_once=2))
    rules = [AlertRule("a", expanded(f"RATIO > {limit}")) for limit in (0.11, 0.12, 0.13)]
    codes = [finding.code for finding in analyse_all(rules, SLOS, memory=fresh)]
    assert codes == [TieCode.TIED, TieCode.TIED, TieCode.CANNOT_CHECK]


def test_slos_of_several_jobs_are_tried_in_worlds_of_their_own(fresh: FreshMemory) -> None:
    other = SLO("other", SLIKind.AVAILABILITY, 0.99, job="shop")
    rule = AlertRule("a", expanded("RATIO > 0.144").replace("flask-app", "shop"))
    finding = analyse(rule, [AVAILABILITY, other], memory=fresh)
    assert (finding.slo, finding.code) == ("other", TieCode.TIED)


@pytest.mark.parametrize("threshold_s", BUCKETS)
def test_an_average_is_no_share_of_slow_requests(threshold_s: float) -> None:
    slo = SLO("latency", SLIKind.LATENCY, 0.95, threshold_s=threshold_s)
    total = "sum(rate(http_request_duration_seconds_sum{job='flask-app'}[1m]))"
    averages = [expanded(f"{total} / COUNT > {threshold_s * part}") for part in (0.9, 1, 1.5)]
    fast = expanded("FAST").replace('"0.3"', f'"{threshold_s}"')
    share = expanded(f"1 - {fast} / COUNT > 0.05")
    rules = [AlertRule("a", expr) for expr in (*averages, share)]
    assert [found.tied for found in analyse_all(rules, [slo])] == [False, False, False, True]


@pytest.mark.parametrize("limit", ["ALL < 500", "BAD < 30", "ALL < 3000"])
def test_an_alert_that_falls_silent_in_a_rush_is_not_tied(limit: str) -> None:
    rule = AlertRule("a", expanded(f"RATIO > 0.05 and {limit}"))
    assert not analyse(rule, [AVAILABILITY]).tied
    assert not analyse(AlertRule("a", expanded("RATIO > 0.05 or ALL > 1000")), [AVAILABILITY]).tied


@pytest.mark.parametrize(
    ("short", "long", "code"),
    [("5m", "1h", TieCode.TIED), ("2h", "1d", TieCode.TIED), ("6h", "30d", TieCode.TIED)],
)
def test_windows_of_any_length_are_tried(short: str, long: str, code: TieCode) -> None:
    ratio = expanded("RATIO > 0.144")
    both = f"{ratio.replace('1m', short)} and {ratio.replace('1m', long)}"
    assert analyse(AlertRule("a", both), [AVAILABILITY]).code is code
    mixed = expanded("BAD").replace("1m", short) + " / " + expanded("ALL").replace("1m", long)
    assert not analyse(AlertRule("a", f"{mixed} > 0.144"), [AVAILABILITY]).tied


@pytest.mark.parametrize("span", ["1d:5m", "30d:1h", "10m:"])
def test_subqueries_see_as_many_steps_as_they_need(span: str) -> None:
    rule = AlertRule("a", f"avg_over_time(({expanded('RATIO')})[{span}]) > 0.05")
    assert analyse(rule, [AVAILABILITY]).code is TieCode.TIED


def test_a_subquery_of_half_a_million_steps_is_not_even_tried(fresh: FreshMemory) -> None:
    rule = AlertRule("a", f"max_over_time(({expanded('RATIO')})[30d:5s]) > 0.05")
    hostile, honest = analyse_all([rule, HONEST], SLOS, memory=fresh)
    assert hostile.code is TieCode.CANNOT_CHECK
    assert "518,400 steps" in hostile.reason
    assert honest.code is TieCode.TIED


def test_an_alert_is_tried_with_the_scrapes_of_its_lab() -> None:
    rule = AlertRule("a", expanded("RATIO > 0.144").replace("1m", "4s"))
    slow, fast = (FreshMemory(scrape_interval_s=every_s) for every_s in (5, 1))
    assert not analyse_all([rule], SLOS, memory=slow)[0].tied
    assert analyse_all([rule], SLOS, memory=fast)[0].tied


def test_the_surprising_day_is_told() -> None:
    rule = AlertRule("a", expanded("RATIO > 0.144 or on () up == 0"))
    assert "on the day on which the service could not be scraped" in analyse(rule, SLOS).reason
