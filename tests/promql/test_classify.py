"""Every expression of the table gets the finding it deserves, and Prometheus agrees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.promql import Context, RecordingRule, analyse, bucket_labels, classify, constant, parse
from portal.promql.findings import Code, Measure, Sli
from portal.promql.nodes import Binary
from tests.promql.cases import ALL, BY_LE, CASES, FAST, P95, B, G, H, T
from tests.promtool import validate


@pytest.mark.parametrize(("expr", "code", "sli"), CASES)
def test_expression_gets_its_code(expr: str, code: str, sli: str | None) -> None:
    finding = classify(expr)
    assert (finding.code, finding.sli) == (code, sli), finding.reason
    assert finding.reason
    if sli is not None:
        assert finding.indicator is not None
        assert finding.indicator.sli == sli


def test_prometheus_accepts_every_expression_that_shows_an_sli() -> None:
    shown = [expr for expr, _, _ in CASES if classify(expr).sli is not None]
    newer = {expr for expr in shown if "histogram_fraction" in expr}
    refused = [
        (expr, answer.why)
        for expr, answer in zip(shown, validate(shown), strict=True)
        if answer.valid is not True and expr not in newer
    ]
    assert refused == []


def test_every_code_of_an_expression_is_in_the_table() -> None:
    elsewhere = {
        *("invalid", "hidden", "other_datasource", "library_panel", "repeated_copy"),
        *("no_such_datasource", "datasource_placeholder", "other_prometheus", "silent_datasource"),
        *("rule_cycle", "no_such_label"),
        *("not_drawn", "reduced", "unsure", "surprise", "untried"),
    }
    assert {code for _, code, _ in CASES} | elsewhere == set(Code)


def rules(**exprs: str) -> Context:
    """A context with recording rules; ``__`` stands for a colon."""
    named = {name.replace("__", ":"): expr for name, expr in exprs.items()}
    return Context(rules={n: (RecordingRule(n, e),) for n, e in named.items()})


@pytest.mark.parametrize(
    ("expr", "context", "code"),
    [
        ("a:b", rules(a__b=f"{B} / {T}"), "bad_ratio"),
        ("1 - a:b", rules(a__b=f"{B} / {T}"), "good_ratio"),
        ("plain_name", rules(plain_name=f"{B} / {T}"), "bad_ratio"),
        ("a:b", rules(a__b="c:c / d:d", c__c="e:e", e__e=B, d__d=T), "bad_ratio"),
        ("avg_over_time(a:b[1h])", rules(a__b=f"{B} / {T}"), "bad_ratio"),
        ("max(a:b)", rules(a__b=P95), "quantile"),
        ("histogram_quantile(0.9, a:b)", rules(a__b=BY_LE), "quantile"),
        ("histogram_quantile(0.9, sum(a:b))", rules(a__b=BY_LE), "quantile_without_le"),
        ('a:b{status="500"}', rules(a__b=f"{B} / {T}"), "bad_ratio"),
        (
            'sum(a:b{status=~"5.."}) / sum(a:b)',
            rules(a__b="sum by (status) (rate(http_requests_total[1m]))"),
            "bad_ratio",
        ),
        (
            'sum(a:b{status=~"5..",path="/"}) / sum(a:b)',
            rules(a__b="sum by (status, path) (rate(http_requests_total[1m]))"),
            "different_events",
        ),
        ("a:b", rules(a__b="a:b + 1"), "rule_cycle"),
        ("a:b", rules(a__b="c:d", c__d="a:b"), "rule_cycle"),
        ("a:b", rules(a__b="sum(rate("), "unknown_recording_rule"),
        ("a:b", rules(a__b=T), "request_rate"),
        ("sum_over_time(a:b[1h])", rules(a__b=f"{B} / {T}"), "sum_of_ratios"),
    ],
)
def test_recording_rules_are_followed(expr: str, context: Context, code: str) -> None:
    assert classify(expr, context).code == code


def test_many_levels_of_doubling_rules_end_soon() -> None:
    chain = {f"r__{n}": f"r:{n + 1} + r:{n + 1}" for n in range(50)}
    assert classify("r:0", rules(**chain)).sli is None


def test_a_rule_of_the_same_name_is_picked_by_its_labels() -> None:
    both = (
        RecordingRule("sli:ratio", T, {"kind": "traffic"}),
        RecordingRule("sli:ratio", f"{B} / {T}", {"kind": "errors"}),
    )
    context = Context(rules={"sli:ratio": both})
    assert classify('sli:ratio{kind="errors"}', context).sli is Sli.AVAILABILITY
    assert classify('sli:ratio{kind="traffic"}', context).sli is None


KNOWN = Context(
    labels={
        "http_requests_total": {
            "job": frozenset({"flask-app"}),
            "instance": frozenset({"127.0.0.1:8000"}),
            "method": frozenset({"GET"}),
            "path": frozenset({"/", "/search"}),
            "status": frozenset({"200", "500"}),
        }
    }
)


@pytest.mark.parametrize(
    ("expr", "code"),
    [
        (f'sum(rate(http_requests_total{{code=~"5.."}}[5m])) / {T}', "no_such_label"),
        (f'sum(rate(http_requests_total{{code!~"5.."}}[5m])) / {T}', "no_such_label"),
        (f'sum(rate(http_requests_total{{code=~".*"}}[5m])) - {B}', "request_rate"),
        (f"{B} / {T}", "bad_ratio"),
        (
            f'sum(rate(http_requests_total{{job="flask-app",status=~"5.."}}[5m])) / {T}',
            "bad_ratio",
        ),
        (
            f'sum(rate(http_requests_total{{path=~"/|/search",status=~"5.."}}[5m])) / {T}',
            "bad_ratio",
        ),
        (f'sum(rate(http_requests_total{{path="/",status=~"5.."}}[5m])) / {T}', "different_events"),
    ],
)
def test_a_running_prometheus_knows_the_labels(expr: str, code: str) -> None:
    assert classify(expr, KNOWN).code == code


def test_thresholds_are_the_buckets_of_the_context() -> None:
    context = Context(buckets=bucket_labels((0.35, 1)))
    assert context.buckets == ("0.35", "1.0")
    assert classify(f'sum(rate({H}_bucket{{le="0.35"}}[5m])) / {ALL}', context).sli == "latency"
    assert classify(f"{FAST} / {ALL}", context).code is Code.THRESHOLD_NO_BUCKET


def test_ranges_are_measured_in_scrapes() -> None:
    expr = (
        'sum(rate(http_requests_total{status=~"5.."}[20s])) / sum(rate(http_requests_total[20s]))'
    )
    assert classify(expr).sli == "availability"
    assert classify(expr, Context(scrape_interval_s=15)).code is Code.RANGE_TOO_SHORT


def test_an_own_error_counter_comes_with_advice() -> None:
    assert "one metric" in classify(f"sum(rate(http_errors_total[5m])) / {T}").advice


def test_the_reason_names_where_other_statuses_fall() -> None:
    reason = classify(f'sum(rate(http_requests_total{{status=~"[45].."}}[5m])) / {T}').reason
    assert "4xx and 5xx count as failed" in reason


def test_the_reduced_form_says_what_is_measured() -> None:
    expr = (
        '100 * (1 - sum(rate(http_requests_total{job="flask-app",path="/",code=~"5.."}[1m]))'
        ' / sum(rate(http_requests_total{job="flask-app",path="/"}[1m])))'
    )
    found = classify(expr).indicator
    assert found is not None
    assert (found.measure, found.scale, found.windows_s) == (Measure.GOOD, 100, (60,))
    assert [str(matcher) for matcher in found.scope] == ['job="flask-app"', 'path="/"']
    assert 500 in found.statuses
    assert 200 not in found.statuses


def test_the_reduced_form_of_a_quantile() -> None:
    found = classify(f"1000 * {P95}").indicator
    assert found is not None
    assert (found.measure, found.quantile, found.scale) == (Measure.QUANTILE, 0.95, 1000)


def test_the_reduced_form_of_a_bucket_share() -> None:
    found = classify(f"1 - {FAST} / {ALL}").indicator
    assert found is not None
    assert (found.measure, found.thresholds) == (Measure.BAD, (0.3,))


def test_the_sides_of_an_alert_are_read_apart() -> None:
    tree = parse(f"{B} / {T} > (14.4 * 0.01)")
    assert isinstance(tree, Binary)
    assert analyse(tree.left).sli is Sli.AVAILABILITY
    assert constant(tree.right) == pytest.approx(0.144)
    assert constant(tree.left) is None


PARTS = st.sampled_from([B, G, T, FAST, ALL, BY_LE, P95, "up", "1", "vector(0)", "a:b"])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "or", "and", ">", "> bool", "^", "unless"])
WRAPPERS = st.sampled_from(
    ["({})", "-({})", "sum({})", "avg_over_time(({})[5m:])", "clamp_max({}, 1)", "1 - ({})"]
)
EXPRESSIONS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(WRAPPERS, inner).map(lambda t: t[0].format(t[1])),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_any_combination_gets_a_finding(expr: str) -> None:
    finding = classify(expr, rules(a__b=f"{B} / {T}"))
    assert (finding.sli is None) or finding.indicator is not None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_finding(text: str) -> None:
    assert classify(text).code in Code


SHARES = st.sampled_from([f"{B} / {T}", f"{G} / {T}", f"{FAST} / {ALL}"])


@settings(max_examples=100, deadline=None)
@given(SHARES, st.lists(st.sampled_from(["1 - ({})", "({}) * 1", "avg_over_time(({})[5m:])"])))
def test_what_leaves_a_share_a_share_keeps_its_kind(share: str, steps: list[str]) -> None:
    expr = share
    for step in steps[:6]:
        expr = step.format(expr)
    assert classify(expr).sli is classify(share).sli
