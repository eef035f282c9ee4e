"""What queries show on the invented days, and where that is not what reading them says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from portal.limits import TrialLimits
from portal.promql import Code, Context, Finding, RecordingRule, classify
from portal.promql.findings import Measure, Sli
from portal.trial import verdict
from portal.trial.engine import BUSY, TrialEngine
from portal.trial.memory import TrialMemory
from portal.trial.scene import Scene, TrialAnswer
from tests.patience import PATIENT
from tests.patient import ENGINE, findings
from tests.promql.cases import BY_LE, CASES
from tests.promtool import no_promtool
from tests.trial.cases import (
    ALL,
    ALL_BY_PATH,
    BAD_BY_PATH,
    DISAGREEMENTS,
    FAST,
    HOSTILE,
    P95,
    B,
    G,
    H,
    R,
    T,
)

HOSTILE_ROWS = [row for kind in HOSTILE.values() for row in kind.rows]
MISREAD = {expr for kind in HOSTILE.values() for expr, _ in kind.misread} | DISAGREEMENTS.keys()


@pytest.fixture(scope="module")
def found() -> dict[str, Finding]:
    """The findings for all tables, tried together."""
    return findings([expr for expr, _ in HOSTILE_ROWS] + [case[0] for case in CASES])


@pytest.mark.parametrize(("expr", "sli"), HOSTILE_ROWS)
def test_a_hostile_query_is_seen_through(
    expr: str, sli: str | None, found: dict[str, Finding]
) -> None:
    assert found[expr].sli == sli, found[expr].reason
    assert found[expr].indicator is not None or sli is None


@pytest.mark.parametrize(("expr", "code", "sli"), CASES)
def test_the_trial_agrees_with_the_table(
    expr: str, code: str, sli: str | None, found: dict[str, Finding]
) -> None:
    if expr in DISAGREEMENTS:
        assert found[expr].sli != sli
    else:
        assert (found[expr].sli, found[expr].code) == (sli, code), found[expr].reason


def test_there_is_no_disagreement_without_a_reason(found: dict[str, Finding]) -> None:
    differing = {expr for expr, finding in found.items() if finding.sli != classify(expr).sli}
    assert differing == MISREAD
    assert all(kind.why or not kind.misread for kind in HOSTILE.values())
    assert all(DISAGREEMENTS.values())


# Sentences


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        (f"clamp_max({R}, 0.01)", "60 % failed it showed 1 %; 60 % would have been true"),
        (f"clamp_min({R}, 0.5)", "no request failed and all were quick it showed 50 %; 0 % would"),
        (f"{R} and {R} < 0.01", "60 % failed it showed nothing; 60 % would"),
        (f"clamp_max(1000 * {P95}, 50)", "it showed 0.05 s; 0.185 s would"),
        (f"1 - clamp_max({R}, 0.05) / 0.01", "showed −400 %; −5,900 % would"),
        (f"{R} unless ({R} > 0.7 < 0.72)", "71 % of all requests failed and were slow it showed"),
        (f"clamp_max({FAST} / {ALL}, 0.9)", "were quick it showed 90 %; 100 % would"),
    ],
)
def test_the_first_surprising_day_is_the_sentence(expr: str, words: str) -> None:
    [finding] = findings([expr]).values()
    assert finding.code is Code.SURPRISE
    assert words in finding.reason, finding.reason


@pytest.mark.parametrize(
    ("expr", "code", "words"),
    [
        (f"60 * {B} / {T}", Code.ODD_SCALE, "The scale is odd"),
        (f"deriv(({R})[10m:1m])", Code.DISTORTED, "how fast the value changes"),
        ("deriv(http_requests_total[10m])", Code.GAUGE_FUNCTION, "counters need rate"),
    ],
)
def test_what_is_no_surprise_is_told_by_its_own_cause(expr: str, code: Code, words: str) -> None:
    [finding] = findings([expr]).values()
    assert finding.code is code
    assert words in finding.reason


def test_the_series_that_makes_an_average_no_number_is_named() -> None:
    by_path = f"{BAD_BY_PATH} / {ALL_BY_PATH}"
    for finding in findings([f"avg({by_path})", f"sum({by_path}) / count({by_path})"]).values():
        assert finding.sli is None
        assert 'path="unmatched"' in finding.reason
    guarded = f"avg({BAD_BY_PATH} / ({ALL_BY_PATH} > 0))"
    assert findings([guarded])[guarded].sli is Sli.AVAILABILITY


def test_a_refusal_is_told_in_prometheus_words() -> None:
    expr = f"{B} / on () sum by (path) (rate(http_requests_total[5m]))"
    finding = findings([expr])[expr]
    assert finding.code is Code.MANY_TO_MANY
    assert "duplicate series" in finding.reason


def test_what_was_never_refused_is_not_called_refused() -> None:
    expr = f"{R} * on () group_left () (up + 1)"
    assert "refuses" not in findings([expr])[expr].reason


# What the trial alone knows


def test_a_finding_of_the_trial_alone_says_what_is_measured() -> None:
    expr = f"1 - ({R} * on () up)"
    finding = findings([expr])[expr]
    assert (finding.sli, finding.code) == (Sli.AVAILABILITY, Code.GOOD_RATIO)
    assert finding.indicator is not None
    assert (finding.indicator.measure, finding.indicator.scale) == (Measure.GOOD, 1)
    assert 500 in finding.indicator.statuses
    assert 404 not in finding.indicator.statuses
    assert finding.indicator.windows_s == (300,)


def test_the_threshold_and_the_quantile_are_found() -> None:
    share, quantile = f"{FAST} / {ALL} * on () up", f"1000 * {P95} * on () up"
    found = findings([share, quantile])
    under, at = found[share].indicator, found[quantile].indicator
    assert under is not None
    assert under.thresholds == (0.3,)
    assert at is not None
    assert (at.quantile, at.scale) == (0.95, 1000)


@pytest.mark.parametrize("window", ["10s", "30s", "1m", "5m", "30m", "1h", "6h", "1d", "3d", "30d"])
@pytest.mark.parametrize("kind", ["share", "quantile"])
def test_every_window_can_be_tried(window: str, kind: str) -> None:
    share = R.replace("5m", window)
    expr = {"share": f"1 - ({share}) / 0.01", "quantile": P95.replace("5m", window)}[kind]
    assert findings([expr])[expr].sli == {"share": "availability", "quantile": "latency"}[kind]


@pytest.mark.parametrize(
    ("expr", "sli"),
    [
        (f"avg_over_time(({R})[30d:5m])", "availability"),
        (f"max_over_time(({R})[1d:])", "availability"),
        (f"avg_over_time(({R} <= bool 0.01)[30d:5m])", "availability"),
        (R.replace("[5m]", "[5m] offset 1w"), "availability"),
        (R.replace("[5m]", "[5m] offset 1w", 1), None),
        (R.replace("[5m]", "[1m]", 1), None),
        (R.replace("5m", "6s"), None),
    ],
)
def test_long_ranges_subqueries_and_offsets(expr: str, sli: str | None) -> None:
    assert findings([expr])[expr].sli == sli


def recorded(**exprs: str) -> Context:
    """A context with recording rules; ``__`` stands for a colon."""
    named = {name.replace("__", ":"): expr for name, expr in exprs.items()}
    return Context(rules={n: (RecordingRule(n, e),) for n, e in named.items()})


@pytest.mark.parametrize(
    ("expr", "context", "sli"),
    [
        ("a:b", recorded(a__b=R), "availability"),
        ("1 - a:b", recorded(a__b=R), "availability"),
        ("a:b", recorded(a__b="c:c / d:d", c__c="e:e", e__e=B, d__d=T), "availability"),
        ("avg_over_time(a:b[1h])", recorded(a__b=R), "availability"),
        ("avg_over_time(a:b[30d])", recorded(a__b=R), "availability"),
        ("histogram_quantile(0.9, a:b)", recorded(a__b=BY_LE), "latency"),
        ("a:b", recorded(a__b=f"clamp_max({R}, 0.01)"), None),
        ("a:b", recorded(a__b=f"({G} > 10) / {T}"), None),
        ("a:b / d:d", recorded(a__b=B, d__d=T), "availability"),
        (f"a:b / {T}", recorded(a__b=B), "availability"),
    ],
)  # fmt: skip
def test_recording_rules_are_loaded_into_the_trial(
    expr: str, context: Context, sli: str | None
) -> None:
    finding = findings([expr], context)[expr]
    assert finding.sli == sli, finding.reason


def test_the_lab_that_runs_names_the_series() -> None:
    labels = {
        "job": frozenset({"shop-7"}),
        "instance": frozenset({"127.0.0.1:8107"}),
        "method": frozenset({"GET"}),
        "path": frozenset({"/", "/search", "/checkout", "unmatched"}),
        "code": frozenset({"200", "404", "500"}),
    }
    context = Context(labels={"http_requests_total": labels})
    target = 'job="shop-7",instance=~"127.*"'
    bad = f'sum(rate(http_requests_total{{{target},code=~"5.."}}[5m]))'
    expr = f"1 - {bad} / sum(rate(http_requests_total{{{target}}}[5m]))"
    assert findings([expr], context)[expr].sli is Sli.AVAILABILITY
    assert findings([R], context)[R].sli is None


@pytest.mark.parametrize("matcher", ['job="other"', 'instance="a:1"', 'env="prod"'])
def test_a_limit_on_one_side_only_is_no_share(matcher: str) -> None:
    bad = f'sum(rate(http_requests_total{{{matcher},status=~"5.."}}[5m]))'
    total = f"sum(rate(http_requests_total{{{matcher}}}[5m]))"
    found = findings([f"{bad} / {total}", f"{bad} / {T}", f"1 * {bad} / {T}"])
    assert [finding.sli for finding in found.values()] == ["availability", None, None]


# What can't be tried


def test_what_is_no_metric_of_the_lab_is_no_sli_of_it() -> None:
    expr = f"{R} and on () queue_length > 0"
    finding = findings([expr])[expr]
    assert finding.code is Code.OTHER_METRIC
    assert "queue_length" in finding.reason


def test_a_native_histogram_is_read_and_that_is_said() -> None:
    expr = f"histogram_quantile(0.95, sum(rate({H}[5m])))"
    finding = findings([expr])[expr]
    assert finding.sli is Sli.LATENCY
    assert "not tried" in finding.reason


class FakeEngine(TrialEngine):
    """Answers nothing, or why not; ``asked``: the scenes that it was asked to try."""

    def __init__(self, untried: str = "", *, passing: bool = False) -> None:
        super().__init__(PATIENT.promtool, no_promtool)
        self.untried = TrialAnswer(untried=untried, passing=passing)
        self.asked: list[Scene] = []

    def answers(
        self, scenes: Sequence[Scene], limits: TrialLimits
    ) -> list[tuple[TrialAnswer, ...]]:
        self.asked += scenes
        return [tuple(self.untried for _ in scene.questions) for scene in scenes]


def test_what_could_not_be_tried_is_neither_met_nor_not_met() -> None:
    expr = f"{B} / {T} * 1"
    finding = verdict.findings([expr], memory=TrialMemory(FakeEngine("It crashed.")))[expr]
    assert (finding.sli, finding.code) == (None, Code.UNTRIED)
    assert "It crashed." in finding.reason


def test_a_verdict_is_remembered() -> None:
    expr = f"{B} / {T} + 0"
    memory = TrialMemory(ENGINE)
    first = verdict.findings([expr], memory=memory)
    memory.engine = engine = FakeEngine()
    assert verdict.findings([expr], memory=memory) == first
    assert engine.asked == []


def test_a_crash_is_remembered_for_a_while() -> None:
    memory = TrialMemory(FakeEngine("It crashed."))
    first = verdict.findings([f"{B} / {T}"], memory=memory)
    memory.engine = engine = FakeEngine()
    assert verdict.findings([f"{B} / {T}"], memory=memory) == first
    assert engine.asked == []


def test_what_had_no_turn_is_tried_the_next_time() -> None:
    expr = f"{B} / {T}"
    memory = TrialMemory(FakeEngine(BUSY, passing=True))
    assert BUSY in verdict.findings([expr], memory=memory)[expr].reason
    memory.engine = ENGINE
    assert verdict.findings([expr], memory=memory)[expr].sli is Sli.AVAILABILITY


def test_other_rules_under_the_same_name_are_another_query() -> None:
    assert findings(["x:y"], recorded(x__y=R))["x:y"].sli is Sli.AVAILABILITY
    assert findings(["x:y"], recorded(x__y=f"clamp_max({R}, 0.01)"))["x:y"].sli is None


def test_a_subquery_of_millions_of_steps_is_not_begun() -> None:
    engine = FakeEngine()
    expr = (
        'avg_over_time((sum(rate(http_requests_total{status=~"5.."}[1m]))'
        " / sum(rate(http_requests_total[1m])))[30d:1s])"
    )
    finding = verdict.findings([expr], memory=TrialMemory(engine))[expr]
    assert (finding.sli, finding.code) == (None, Code.UNTRIED)
    assert "2,592,000 steps" in finding.reason
    assert engine.asked == []
