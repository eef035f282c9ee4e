"""Generated rules: valid for promtool, and firing when they should."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from portal.slo.objective import SLO, SLIKind
from portal.slo.rules import alert_name, rule_file, rule_groups, slo_id
from portal.slo.windows import Window, alert_pairs
from tests.slo.promtest import Expected, check_rules, firing, run

GOOD = 'http_requests_total{job="flask-app",method="GET",path="/",status="200"}'
BAD = 'http_requests_total{job="flask-app",method="GET",path="/",status="500"}'
COUNT = 'http_request_duration_seconds_count{job="flask-app",method="GET",path="/"}'
FAST = 'http_request_duration_seconds_bucket{job="flask-app",method="GET",path="/",le="0.3"}'
LAB = SLO("availability", SLIKind.AVAILABILITY, 0.99, Window.LAB)
MONTH = SLO("availability", SLIKind.AVAILABILITY, 0.99, Window.MONTH)
LATENCY = SLO("fast", SLIKind.LATENCY, 0.95, Window.LAB, threshold_s=0.3)

BURST_GOOD = "0+10x60 608+8x23 802+10x60"
BURST_BAD = "0+0x60 2+2x23 48+0x60"
"""A sample each 5 s: 2 requests/s all the time; from 300 s to 420 s a fifth of them fails."""


def every_slo() -> list[SLO]:
    return [
        SLO(f"{sli}-{window}", sli, objective, window, threshold_s=threshold_s)
        for window in Window
        for sli, threshold_s in ((SLIKind.AVAILABILITY, None), (SLIKind.LATENCY, 0.3))
        for objective in (0.9, 0.999)
        if objective == 0.999 or window is Window.MONTH
    ]


@pytest.mark.parametrize("slo", every_slo(), ids=lambda slo: f"{slo.name}-{slo.percent}")
def test_every_generated_file_passes_the_strictest_check(slo: SLO, tmp_path: Path) -> None:
    done = check_rules(tmp_path, rule_file([slo]))
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_an_alert_that_can_never_fire_has_a_comment() -> None:
    lax = SLO("lax", SLIKind.AVAILABILITY, 0.5, Window.LAB)
    assert "      # Can never fire" in rule_file([lax])
    assert "      #" not in rule_file([LAB])


def test_several_slos_fit_into_one_file(tmp_path: Path) -> None:
    twins = [SLO(f"slo-{n}", SLIKind.AVAILABILITY, 0.99) for n in range(5)]
    done = check_rules(tmp_path, rule_file(twins))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("job", ['a "quoted" job', "back\\slash", "ümlaut: #1", "- job", "{x}"])
def test_any_job_makes_a_valid_file(job: str, tmp_path: Path) -> None:
    slo = SLO("a", SLIKind.AVAILABILITY, 0.99, job=job)
    done = check_rules(tmp_path, rule_file([slo]))
    assert done.returncode == 0, done.stdout + done.stderr
    first = yaml.safe_load(rule_file([slo]))["groups"][0]["rules"][0]
    assert first["labels"]["sloth_service"] == job


def test_records_and_labels_are_sloths() -> None:
    groups = yaml.safe_load(rule_file([MONTH]))["groups"]
    assert [group["name"] for group in groups] == [
        "sloth-slo-sli-recordings-flask-app-availability",
        "sloth-slo-meta-recordings-flask-app-availability",
        "sloth-slo-alerts-flask-app-availability",
    ]
    records = [rule["record"] for group in groups[:2] for rule in group["rules"]]
    windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]
    assert records[:8] == [f"slo:sli_error:ratio_rate{window}" for window in windows]
    assert set(records[8:]) == {
        "slo:objective:ratio",
        "slo:error_budget:ratio",
        "slo:time_period:days",
        "slo:current_burn_rate:ratio",
        "slo:period_burn_rate:ratio",
        "slo:period_error_budget_remaining:ratio",
        "sloth_slo_info",
    }
    labels = groups[2]["rules"][0]["labels"]
    assert labels["sloth_id"] == slo_id(MONTH) == "flask-app-availability"
    assert labels["sloth_severity"] == "page"


def test_each_pair_has_an_alert_of_its_own() -> None:
    names = [rule.alert for rule in rule_groups(MONTH)[2].rules if hasattr(rule, "alert")]
    assert names == [
        "AvailabilityPage1h",
        "AvailabilityPage6h",
        "AvailabilityTicket1d",
        "AvailabilityTicket3d",
    ]


def test_an_alert_that_can_never_fire_says_so_in_the_file() -> None:
    text = rule_file([SLO("low", SLIKind.AVAILABILITY, 0.9)])
    assert "# Can never fire: 14.4 × 0.1 = 1.44" in text
    assert text.count("# Can never fire") == 1


@pytest.mark.parametrize("slo", [LAB, MONTH], ids=["lab", "month"])
def test_a_healthy_service_stays_silent(slo: SLO, tmp_path: Path) -> None:
    series = {GOOD: "0+10x360", BAD: "0+0x360"}
    run(tmp_path, rule_file([slo]), series, [firing(s, 0) for s in (60, 600, 1800)])


def test_a_healthy_fast_service_stays_silent(tmp_path: Path) -> None:
    series = {COUNT: "0+100x360", FAST: "0+99x360"}
    run(tmp_path, rule_file([LATENCY]), series, [firing(s, 0) for s in (60, 600, 1800)])


def test_the_labs_page_fires_within_a_minute_and_resolves_within_45_seconds(tmp_path: Path) -> None:
    series = {GOOD: BURST_GOOD, BAD: BURST_BAD}
    page = alert_name(LAB, alert_pairs(Window.LAB)[0])
    expected = [
        firing(300, 0, alertname=page),
        firing(315, 0, alertname=page),
        firing(360, 1, alertname=page),
        firing(420, 1, alertname=page),
        firing(465, 0, alertname=page),
    ]
    run(tmp_path, rule_file([LAB]), series, expected)


def test_errors_whose_series_is_born_with_the_burst_page_as_fast(tmp_path: Path) -> None:
    series = {GOOD: BURST_GOOD, BAD: "_x60 2+2x23 48+0x60"}
    run(
        tmp_path,
        rule_file([LAB]),
        series,
        [firing(300, 0), firing(360, 1, sloth_severity="page")],
    )


def test_slow_requests_page_like_errors(tmp_path: Path) -> None:
    series = {COUNT: "0+10x144", FAST: "0+10x60 606+6x23 754+10x60"}
    page = alert_name(LATENCY, alert_pairs(Window.LAB)[0])
    expected = [firing(300, 0), firing(420, 1, alertname=page), firing(465, 0, alertname=page)]
    run(tmp_path, rule_file([LATENCY]), series, expected)


@pytest.mark.parametrize(
    ("slo", "slow"), [(LAB, "AvailabilityTicket15m"), (MONTH, "AvailabilityTicket3d")]
)
def test_a_slow_burn_fires_the_slow_pair_only(slo: SLO, slow: str, tmp_path: Path) -> None:
    series = {GOOD: "0+9.8x360", BAD: "0+0.2x360"}
    run(
        tmp_path,
        rule_file([slo]),
        series,
        [firing(1800, 1), firing(1800, 1, alertname=slow)],
    )


def test_a_fast_burn_over_a_month_pages_on_minutes_of_data(tmp_path: Path) -> None:
    series = {GOOD: "0+10x60 608+5x60", BAD: "0+0x60 5+5x60"}
    run(tmp_path, rule_file([MONTH]), series, [firing(300, 0), firing(600, 4)])


@pytest.mark.parametrize("slo", [LAB, MONTH, LATENCY], ids=["lab", "month", "latency"])
def test_no_traffic_stays_silent_and_leaves_no_nan(slo: SLO, tmp_path: Path) -> None:
    series = {GOOD: "7+0x360", BAD: "3+0x360", COUNT: "10+0x360", FAST: "4+0x360"}
    recorded = 'count({__name__=~"slo:sli_error:.*"}) or vector(0)'
    expected = [firing(s, 0) for s in (60, 1800)] + [Expected(recorded, 1800, (0,))]
    run(tmp_path, rule_file([slo]), series, expected)


def test_no_data_at_all_stays_silent(tmp_path: Path) -> None:
    run(tmp_path, rule_file([LAB]), {"up": "1+0x60"}, [firing(300, 0)])


def test_no_5xx_series_yet_is_no_error_and_no_gap(tmp_path: Path) -> None:
    expected = [
        Expected("max(slo:sli_error:ratio_rate5m)", 300, (0,)),
        Expected("max(slo:period_error_budget_remaining:ratio)", 300, (1,)),
    ]
    run(tmp_path, rule_file([LAB]), {GOOD: "0+10x60"}, expected)


def near(expr: str, value: float, at_s: int) -> Expected:
    return Expected(f"abs({expr} - {value}) < bool 0.002", at_s, (1,))


def test_the_record_over_the_whole_window_is_weighted_by_events(tmp_path: Path) -> None:
    """Ten busy healthy minutes, then ten quiet ones in which half fails: 600 of 13,200."""
    series = {GOOD: "0+100x120 12005+5x119", BAD: "0+0x120 5+5x119"}
    expected = [near("max(slo:sli_error:ratio_rate1h)", 600 / 13_200, 1200)]
    run(tmp_path, rule_file([LAB]), series, expected)


def test_a_restart_of_the_service_loses_no_events(tmp_path: Path) -> None:
    series = {GOOD: "0+9x60 9+9x59", BAD: "0+1x60 1+1x59"}
    expected = [near("max(slo:sli_error:ratio_rate15m)", 0.1, 600)]
    run(tmp_path, rule_file([LAB]), series, expected)


@pytest.mark.parametrize(("slo", "ends_s"), [(LAB, 450), (MONTH, 725)])
def test_sloths_names_hold_what_they_hold_at_sloth(slo: SLO, ends_s: int, tmp_path: Path) -> None:
    """After two minutes of failures the current burn rate is 0 as soon as the short window is."""
    short, long = ("25s", "5m") if slo is LAB else ("5m", "1h")
    series = {GOOD: "0+10x60 608+8x23 802+10x80", BAD: "0+0x60 2+2x23 48+0x80"}
    budget = "max(slo:error_budget:ratio)"
    expected = [
        near("max(slo:current_burn_rate:ratio)", 0, ends_s),
        Expected(f"max(slo:sli_error:ratio_rate{long}) > bool 0.01", ends_s, (1,)),
        *(
            Expected(f"abs({left} - {right}) < bool 1e-9", 400, (1,))
            for left, right in (
                (
                    "max(slo:current_burn_rate:ratio)",
                    f"max(slo:sli_error:ratio_rate{short})/{budget}",
                ),
                (
                    "max(slo:period_burn_rate:ratio)",
                    f"max(slo:sli_error:ratio_rate{slo.window.value}) / {budget}",
                ),
                (
                    "max(slo:period_error_budget_remaining:ratio)",
                    "(1 - max(slo:period_burn_rate:ratio))",
                ),
                ("max(slo:time_period:days)", str(slo.window.seconds / 86_400)),
                ("max(slo:objective:ratio)", str(slo.objective)),
                (budget, str(slo.error_budget)),
                ('max(sloth_slo_info{sloth_objective="99"})', "1"),
            )
        ),
    ]
    run(tmp_path, rule_file([slo]), series, expected)


def test_burn_rates_and_what_is_left_follow_from_the_ratios(tmp_path: Path) -> None:
    series = {GOOD: "0+99x60", BAD: "0+1x60"}
    expected = [
        near("max(slo:current_burn_rate:ratio)", 1, 300),
        near("max(slo:period_burn_rate:ratio)", 1, 300),
        near("max(slo:period_error_budget_remaining:ratio)", 0, 300),
        Expected("max(slo:objective:ratio)", 300, (0.99,)),
    ]
    run(tmp_path, rule_file([LAB]), series, expected)
