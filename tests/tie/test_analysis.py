"""A table of alert rules, each with its verdict; what it claims of firing, promtool confirms."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.promql.context import Context, RecordingRule
from portal.promql.parser import parse
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from portal.tie import AlertFinding, AlertRule, TieCode
from portal.tie.idle import UnknownValueError, idle_value
from tests.patient import analyse, analyse_all
from tests.provision import promtool
from tests.tie import cases
from tests.tie.cases import AVAILABILITY, CASES, SLOS, Case, expanded
from tests.tie.disagreements import CHANGED, ELSEWHERE, PASSING, RECORDED

END_S = 300
BANDED = ("RATIO > 0.05 unless RATIO > 0.5", "RATIO > 0.05 and RATIO < 0.9999")
PATHS = ("/", "/search", "/checkout")
BOUNDS = ("0.005", "0.1", "0.3", "0.5", "1.0", "10.0", "+Inf")
FLOWING, STANDING = "0+10x100", "0+0x100"


def found(exprs: Iterable[str]) -> dict[str, AlertFinding]:
    """The finding of each expression, tried out together."""
    listed = list(exprs)
    return dict(zip(listed, analyse_all([AlertRule("a", e) for e in listed], SLOS), strict=True))


@pytest.fixture(scope="module")
def findings() -> dict[str, AlertFinding]:
    return found(case.expr for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.written)
def test_every_rule_of_the_table_gets_its_code(
    case: Case, findings: dict[str, AlertFinding]
) -> None:
    finding = findings[case.expr]
    code = CHANGED[case.written][0] if case.written in CHANGED else case.code
    assert finding.code == code, finding.reason
    assert finding.tied is (code in {TieCode.TIED, TieCode.STRICTER})
    assert (finding.slo is not None) is finding.tied
    assert finding.reason.endswith((".", "?"))


def test_only_rows_of_the_table_are_listed_as_changed() -> None:
    codes = {case.written: case.code for case in CASES}
    assert all(codes[written] is not code for written, (code, _) in CHANGED.items())


WIDER = expanded("FAST / COUNT").replace("0.3", "0.5")
OF_ANOTHER_SERVICE = [
    ("RATIO >= 0", TieCode.ALWAYS_FIRES),
    ("RATIO > 1.44", TieCode.NEVER_FIRES),
    ("RATIO < 0.01", TieCode.OTHER_SERVICE),
    ("RATIO > 0.5", TieCode.OTHER_SERVICE),
    ("RATIO > 0.001", TieCode.OTHER_SERVICE),
    ("max(RATIO) > 0.144 and up == 0", TieCode.NEVER_FIRES),
    (expanded("RATIO > 0.144").replace("5..", "[45].."), TieCode.NOT_AN_SLI),
    (f"{WIDER} < 0.95", TieCode.OTHER_SERVICE),
    ("histogram_quantile(0.95, BUCKETS) > 0.5", TieCode.OTHER_SERVICE),
    ("histogram_quantile(0.95, BUCKETS) < 0.3", TieCode.OTHER_SERVICE),
]


def elsewhere(written: str) -> str:
    return expanded(written).replace("flask-app", "other")


def test_of_several_faults_of_an_alert_on_another_service_the_first_is_told() -> None:
    said = found(elsewhere(written) for written, _ in OF_ANOTHER_SERVICE)
    codes = [(written, said[elsewhere(written)].code) for written, _ in OF_ANOTHER_SERVICE]
    changed = {written: code for written, (code, _) in ELSEWHERE.items()}
    assert codes == [(written, changed.get(written, code)) for written, code in OF_ANOTHER_SERVICE]


SEVERAL_FAULTS = [
    (f"{WIDER} > 0.95", TieCode.OTHER_THRESHOLD),
    (f"{WIDER} < 0.1", TieCode.OTHER_THRESHOLD),
    (f"{WIDER} <= 1", TieCode.ALWAYS_FIRES),
    ("histogram_quantile(0.95, BUCKETS) < 0.5", TieCode.OTHER_THRESHOLD),
    ("histogram_quantile(0.5, BUCKETS) > 0.5", TieCode.OTHER_THRESHOLD),
    ("RATIO < 0.5", TieCode.INVERTED),
    ("FAST / COUNT > 0.2", TieCode.INVERTED),
]


def test_of_several_faults_of_an_alert_the_first_is_told() -> None:
    said = found(expanded(written) for written, _ in SEVERAL_FAULTS)
    codes = [(written, said[expanded(written)].code) for written, _ in SEVERAL_FAULTS]
    assert codes == SEVERAL_FAULTS


def test_the_table_is_long_and_has_every_code() -> None:
    assert len(CASES) > 150
    beside = {TieCode.LABEL_CHANGES, TieCode.CANNOT_CHECK}  # no expression alone comes to these
    beside |= {TieCode.NO_SUCH_SOURCE, TieCode.OTHER_SOURCE}
    assert {case.code for case in CASES} == set(TieCode) - beside


def service(status: str, duration_s: float, growing: str) -> dict[str, str]:
    """The lab's series when every request ends with that status after that time."""
    series = {'up{job="flask-app",instance="a"}': "1+0x100"}
    for path in PATHS:
        labels = f'job="flask-app",instance="a",method="GET",path="{path}"'
        for each in ("200", "404", "500"):
            name = f'http_requests_total{{{labels},status="{each}"}}'
            series[name] = growing if each == status else STANDING
        family = "http_request_duration_seconds"
        series[f"{family}_count{{{labels}}}"] = growing
        for bound in BOUNDS:
            within = duration_s <= float(bound)
            series[f'{family}_bucket{{{labels},le="{bound}"}}'] = growing if within else STANDING
    return series


HEALTHY = service("200", 0.05, FLOWING)
OUTAGE = service("500", 60, FLOWING)
IDLE = service("200", 0.05, STANDING)


def firing(folder: Path, exprs: Iterable[str], series: dict[str, str]) -> set[str]:
    """Which expressions fire at the end, promtool says (by what it found instead of nothing)."""
    exprs = list(exprs)
    rules = [{"alert": f"A{n}", "expr": expr} for n, expr in enumerate(exprs)]
    document = {"groups": [{"name": "g", "interval": "15s", "rules": rules}]}
    (folder / "rules.yml").write_text(json.dumps(document))
    group = {
        "interval": "5s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="A{n}",alertstate="firing"}}) > bool 0',
                "eval_time": f"{END_S}s",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
            for n in range(len(exprs))
        ],
    }
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [group]}
    (folder / "test.yml").write_text(json.dumps(test))
    done = subprocess.run(
        [promtool(), "test", "rules", str(folder / "test.yml")],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "unable to" not in said, said
    silent = {int(n) for n in re.findall(r'alertname=\\?"A(\d+)', said)}
    return {expr for n, expr in enumerate(exprs) if n not in silent}


def exprs_of(*tables: list[Case]) -> list[str]:
    return [case.expr for table in tables for case in table]


def test_what_always_fires_fires_on_healthy_traffic(tmp_path: Path) -> None:
    exprs = exprs_of(cases.ALWAYS, cases.INVERTED)
    assert firing(tmp_path, exprs, HEALTHY) == set(exprs)


def test_what_never_fires_is_silent_even_when_everything_fails(tmp_path: Path) -> None:
    exprs = exprs_of(cases.NEVER)
    for series in (HEALTHY, OUTAGE, IDLE):
        assert firing(tmp_path, exprs, series) == set()


def test_what_is_tied_is_silent_while_all_is_well_and_fires_in_an_outage(tmp_path: Path) -> None:
    exprs = exprs_of(cases.TIED, cases.STRICTER)
    banded = {
        expanded("RATIO > 0.05 unless RATIO > 0.5"),
        expanded("RATIO > 0.05 and RATIO < 0.9999"),
    }
    assert firing(tmp_path, exprs, HEALTHY) == set()
    assert firing(tmp_path, exprs, OUTAGE) == set(exprs) - banded


ERRORS = 'http_requests_total{{job="flask-app",instance="a",method="GET",path="{}",status="500"}}'
BROKEN_LATELY = HEALTHY | {ERRORS.format("/"): "0+0x50 30+30x50"}
BROKEN_BEFORE = HEALTHY | {ERRORS.format("/"): "0+30x40 1200+0x60"}
GONE_QUIET = IDLE | {ERRORS.format("/"): "0+10x57 570+0x43"}
ONE_PATH = HEALTHY | {ERRORS.format("/"): FLOWING}
BY_PATH = (
    "(sum by (path) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total[1m])))"
)


@pytest.mark.parametrize(
    ("written", "code", "series"),
    [
        ("RATIO > 0.144 unless min_over_time((RATIO)[4m:15s]) > 0.1", TieCode.TIED, BROKEN_LATELY),
        ("max_over_time((RATIO)[4m:15s]) > 0.144 and RATIO < 0.01", TieCode.TIED, BROKEN_BEFORE),
        ("max_over_time((RATIO > bool 0.144)[4m:15s]) > 0 and RATIO < 0.01", TieCode.TIED,
         BROKEN_BEFORE),
        ("RATIO > 0.144 unless sum(rate(http_requests_total[10s])) > 0", TieCode.TIED, GONE_QUIET),
        ("RATIO > 0.144 unless (RATIO > 0.4 or RATIO < 0.2)", TieCode.TIED, ONE_PATH),
        ("RATIO > 0.144 and BAD > 0.5 unless BAD > 1e6", TieCode.TIED, ONE_PATH),
        ("RATIO > 0.144 unless RATIO != 0.25", TieCode.TIED, ONE_PATH),
        ("RATIO != 0 unless ALL > 0", TieCode.STRICTER, IDLE),
        (f"max({BY_PATH}) > 0.4 and min({BY_PATH}) < 0.1", TieCode.NOT_AN_SLI, ONE_PATH),
        (f"{BY_PATH} > 0.4 and on() {BY_PATH} < 0.1", TieCode.NOT_AN_SLI, ONE_PATH),
        (f"max({BY_PATH}) > 0.4 unless min({BY_PATH}) > 0.1", TieCode.NOT_AN_SLI, ONE_PATH),
        (f"({BY_PATH} > 0.4 or {BY_PATH} > 0.45) unless ALL > 0", TieCode.NOT_AN_SLI, ONE_PATH),
    ],
)  # fmt: skip
def test_what_can_fire_after_all_is_not_said_to_never_fire(
    written: str, code: TieCode, series: dict[str, str], tmp_path: Path
) -> None:
    finding = analyse(AlertRule("a", expanded(written)), SLOS)
    expected = PASSING[written][0] if written in PASSING else code
    assert finding.code is expected, finding.reason
    assert firing(tmp_path, [expanded(written)], series) == {expanded(written)}


def test_what_is_inverted_falls_silent_in_an_outage(tmp_path: Path) -> None:
    assert firing(tmp_path, exprs_of(cases.INVERTED), OUTAGE) == set()


def test_the_value_without_traffic_is_the_one_that_prometheus_computes(tmp_path: Path) -> None:
    told: dict[str, bool] = {}
    for case in CASES:
        if case.code is TieCode.UNPARSED:
            continue
        try:
            told[case.expr] = idle_value(parse(case.expr), Context()) is not None
        except UnknownValueError:
            continue
    assert len(told) > 100
    assert firing(tmp_path, told, IDLE) == {expr for expr, fires in told.items() if fires}


@pytest.mark.parametrize(
    "written",
    ["1 - GOOD / (ALL + 0.000001) > 0.01", "1 - GOOD / clamp_min(ALL, 0.001) > 0.01"],
)
def test_a_guard_against_zero_that_makes_silence_an_outage_fires_on_nothing(
    written: str, tmp_path: Path
) -> None:
    finding = analyse(AlertRule("a", expanded(written)), SLOS)
    assert finding.code is TieCode.TIED
    assert "fires on nothing" in finding.fires_on_nothing
    assert firing(tmp_path, [expanded(written)], IDLE) == {expanded(written)}


def test_an_honest_alert_does_not_fire_on_nothing() -> None:
    assert analyse(AlertRule("a", expanded("RATIO > 0.144")), SLOS).fires_on_nothing == ""


def test_the_slo_that_it_is_tied_to_is_named() -> None:
    assert analyse(AlertRule("a", expanded("RATIO > 0.144")), SLOS).slo == "availability"
    assert analyse(AlertRule("a", expanded("SLOW > 0.05")), SLOS).slo == "latency"


def test_the_factor_is_the_limit_in_units_of_the_error_budget() -> None:
    finding = analyse(AlertRule("a", expanded("GOOD / ALL < 0.94")), SLOS)
    assert finding.limit == pytest.approx(0.06)
    assert finding.factor == pytest.approx(6)


def test_of_two_slos_on_one_sli_the_one_whose_windows_know_the_factor_is_meant() -> None:
    lab = SLO("lab", SLIKind.AVAILABILITY, 0.95, Window.LAB)
    finding = analyse(AlertRule("a", expanded("RATIO > 0.144")), (AVAILABILITY, lab))
    assert finding.slo == "availability"
    assert analyse(AlertRule("a", expanded("RATIO > 0.144")), (lab, AVAILABILITY)).slo == (
        "availability"
    )


@pytest.mark.parametrize(("factor", "code"), [(0.9, TieCode.TIED), (20, TieCode.TIED)])
def test_the_bounds_of_the_factor_belong_to_tied(factor: float, code: TieCode) -> None:
    for objective in (0.9, 0.95, 0.99, 0.999):
        slo = SLO("a", SLIKind.AVAILABILITY, objective)
        limit = factor * slo.error_budget
        if limit < 1:
            rule = AlertRule("a", expanded(f"RATIO > {limit!r}"))
            assert analyse(rule, [slo]).code is code


def test_without_an_slo_nothing_is_tied() -> None:
    assert analyse(AlertRule("a", expanded("RATIO > 0.144")), []).code is TieCode.NOT_AN_SLI


def record(name: str, written: str, **labels: str) -> RecordingRule:
    return RecordingRule(name, expanded(written), labels)


ERROR_5M = record("job:errors:ratio5m", "RATIO")
BUDGET = record("slo:error_budget:ratio", "vector(1 - 0.99)")


@pytest.mark.parametrize(
    ("written", "rules", "code"),
    [
        ("job:errors:ratio5m > 0.144", [ERROR_5M], TieCode.TIED),
        ("max without (window) (job:errors:ratio5m > 0.144)", [ERROR_5M], TieCode.TIED),
        (
            "job:errors:ratio5m > on() 14.4 * slo:error_budget:ratio",
            [ERROR_5M, BUDGET],
            TieCode.TIED,
        ),
        ("job:errors:ratio5m / on() slo:error_budget:ratio > 6", [ERROR_5M, BUDGET], TieCode.TIED),
        ("job:errors:ratio5m > 1.44", [ERROR_5M], TieCode.NEVER_FIRES),
        ("job:errors:ratio5m > 0.144", [], TieCode.NOT_AN_SLI),
        (
            "job:burn > 14.4",
            [record("job:burn", "job:errors:ratio5m / 0.01"), ERROR_5M],
            TieCode.TIED,
        ),
        ("a:b:c > 0.1", [record("a:b:c", "a:b:c")], TieCode.NOT_AN_SLI),
        ("a:x:c > 0.1", [record("a:x:c", "a:y:c"), record("a:y:c", "a:x:c")], TieCode.NOT_AN_SLI),
        ("job:page > 0", [record("job:page", "RATIO > bool 0.144")], TieCode.TIED),
        ("job:page", [record("job:page", "RATIO > 0.144")], TieCode.TIED),
        ("job:page == 1", [record("job:page", "RATIO > bool 1.44")], TieCode.NEVER_FIRES),
        (
            "job:good:ratio{job='flask-app'} < 0.99",
            [record(
                "job:good:ratio",
                "sum by (job) (rate(http_requests_total{status!~'5..'}[5m]))"
                " / sum by (job) (rate(http_requests_total[5m]))",
            )],
            TieCode.TIED,
        ),
        (
            "job:good:ratio{job='other'} < 0.99",
            [record(
                "job:good:ratio",
                "sum by (job) (rate(http_requests_total{status!~'5..'}[5m]))"
                " / sum by (job) (rate(http_requests_total[5m]))",
            )],
            TieCode.OTHER_SERVICE,
        ),
        (
            "max(job:errors:path) > 0.144",
            [record(
                "job:errors:path",
                "sum by (path) (rate(http_requests_total{status=~'5..'}[5m]))"
                " / sum by (path) (rate(http_requests_total[5m]))",
            )],
            TieCode.NOT_AN_SLI,
        ),
    ],
)  # fmt: skip
def test_recording_rules_are_followed(
    written: str, rules: list[RecordingRule], code: TieCode
) -> None:
    finding = analyse(AlertRule("a", written), SLOS, rules)
    expected = RECORDED[written][0] if written in RECORDED else code
    assert finding.code == expected, finding.reason


SHORT = record("slo:ratio_rate5m", "RATIO", window="5m")
LONG = record("slo:ratio_rate1h", "RATIO", window="1h")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("slo:ratio_rate5m > 0.144 and slo:ratio_rate1h > 0.144", TieCode.NEVER_FIRES),
        ("slo:ratio_rate5m > 0.144 and on() slo:ratio_rate1h > 0.144", TieCode.TIED),
        ("slo:ratio_rate5m > 0.144 and ignoring(window) slo:ratio_rate1h > 0.144", TieCode.TIED),
        (
            "max without (window) (slo:ratio_rate5m > 0.144)"
            " and max without (window) (slo:ratio_rate1h > 0.144)",
            TieCode.TIED,
        ),
        ("slo:ratio_rate5m > 0.144 unless slo:ratio_rate1h > 0.01", TieCode.TIED),
    ],
)
def test_windows_with_labels_of_their_own_only_meet_when_those_are_left_out(
    written: str, code: TieCode, tmp_path: Path
) -> None:
    finding = analyse(AlertRule("a", written), SLOS, [SHORT, LONG])
    assert finding.code == code, finding.reason
    records: list[dict[str, object]] = [
        {"record": rule.name, "expr": rule.expr, "labels": dict(rule.labels)}
        for rule in (SHORT, LONG)
    ]
    assert fires_with_records(tmp_path, records, written) is (code is TieCode.TIED)


def fires_with_records(folder: Path, records: list[dict[str, object]], expr: str) -> bool:
    """Whether the alert fires in an outage, with the records evaluated before it."""
    document = {"groups": [{"name": "g", "rules": [*records, {"alert": "A", "expr": expr}]}]}
    (folder / "rules.yml").write_text(json.dumps(document))
    group = {
        "interval": "5s",
        "input_series": [{"series": name, "values": values} for name, values in OUTAGE.items()],
        "alert_rule_test": [{"eval_time": f"{END_S}s", "alertname": "A", "exp_alerts": []}],
    }
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [group]}
    (folder / "test.yml").write_text(json.dumps(test))
    command = [promtool(), "test", "rules", str(folder / "test.yml")]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0


def test_two_slos_may_record_under_one_name() -> None:
    rules = [
        record("slo:ratio_rate5m", "RATIO", slo="availability"),
        record("slo:ratio_rate5m", "SLOW", slo="latency"),
    ]
    mine = analyse(AlertRule("a", 'slo:ratio_rate5m{slo="latency"} > 0.3'), SLOS, rules)
    assert (mine.slo, mine.code) == ("latency", TieCode.TIED)
    either = analyse(AlertRule("a", "slo:ratio_rate5m > 0.7"), SLOS, rules)
    assert (either.slo, either.code) == ("latency", TieCode.TIED)


def test_a_reason_for_a_burn_rate_shows_its_arithmetic() -> None:
    finding = analyse(AlertRule("a", expanded("RATIO > 0.06")), [AVAILABILITY])
    assert "6 % / 1 % = 6" in finding.reason


def test_a_percentage_in_place_of_a_share_is_told() -> None:
    finding = analyse(AlertRule("a", expanded("1 - RATIO < 90")), [AVAILABILITY])
    assert finding.code is TieCode.ALWAYS_FIRES
    assert "90 % is written 0.9" in finding.reason
    assert "-89" not in finding.reason


@pytest.mark.parametrize("alert", ["RATIO > 0.005", "1 - RATIO < 0.995"])
def test_an_alert_before_the_objective_is_in_danger_comes_with_advice(alert: str) -> None:
    finding = analyse(AlertRule("a", expanded(alert)), [AVAILABILITY])
    assert finding.code is TieCode.STRICTER
    assert "fires before the objective is in danger" in finding.reason
    assert "until 1 % of the requests are bad" in finding.advice


def test_nan_is_no_number_to_compare_with() -> None:
    assert not analyse(AlertRule("a", expanded("RATIO > NaN")), SLOS).tied


def doubling(joint: str) -> list[RecordingRule]:
    rules = [
        RecordingRule(f"a:r{n}:x", f"a:r{n + 1}:x {joint} a:r{n + 1}:x > 1") for n in range(40)
    ]
    return [*rules, record("a:r40:x", "RATIO")]


@pytest.mark.parametrize("joint", ["+", "and", "or", "unless", "> bool"])
def test_rules_that_name_each_other_twice_cost_no_exponential_time(joint: str) -> None:
    started = time.thread_time()
    analyse(AlertRule("a", "a:r0:x > 1"), SLOS, doubling(joint))
    assert time.thread_time() - started < 5


expressions = st.recursive(
    st.sampled_from(["BAD", "ALL", "GOOD", "RATIO", "SLOW", "vector(1)", "0.1", "2", "up"]),
    lambda inner: st.builds(
        "({} {} {})".format,
        inner,
        st.sampled_from(
            ["+", "-", "*", "/", ">", "<", "> bool", "==", "and", "or", "unless", "and on()"]
        ),
        inner,
    ),
    max_leaves=6,
)


@given(st.lists(expressions, min_size=10, max_size=60, unique=True))
@settings(max_examples=3, deadline=None)
def test_any_expression_gets_a_finding_with_a_reason(written: list[str]) -> None:
    for finding in found(map(expanded, written)).values():
        assert finding.reason
        assert (finding.slo is not None) is finding.tied


@pytest.mark.parametrize(
    "expr",
    [expanded("RATIO"), expanded("ALL"), "time()", 'up{job="flask-app"}'],
)
def test_an_alert_that_compares_nothing_is_told_so(expr: str) -> None:
    finding = analyse(AlertRule("a", expr), SLOS)
    assert finding.code is TieCode.ALWAYS_FIRES
    assert finding.reason == (
        "Nothing in it is compared with a limit, so it fires on any result, 0 too."
    )


def test_an_average_that_is_never_a_number_names_the_series_that_makes_it() -> None:
    by_path = "sum by (path) (rate(http_requests_total{status=~'5..'}[1m])) / %s"
    total = "sum by (path) (rate(http_requests_total[1m]))"
    bare, guarded = (
        analyse(AlertRule("a", f"avg({by_path % divisor}) > 0.01"), SLOS)
        for divisor in (total, f"({total} > 0)")
    )
    assert not bare.tied
    assert 'path="unmatched"' in bare.reason
    assert 'path="unmatched"' not in guarded.reason
    recorded = RecordingRule("path:errors", by_path % total)
    [found] = analyse_all([AlertRule("a", "avg(path:errors) > 0.01")], SLOS, [recorded])
    assert 'path="unmatched"' in found.reason
