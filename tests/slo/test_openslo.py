"""OpenSLO v1 in and out."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portal.slo.objective import SLO, SLIKind
from portal.slo.openslo import OpenSLOError, document, dumps, loads
from portal.slo.windows import Window

GOOD = 'http_requests_total{job="flask-app",status!~"5.."}'
BAD = 'http_requests_total{job="flask-app",status=~"5.."}'
ALL = 'http_requests_total{job="flask-app"}'
FAST = 'http_request_duration_seconds_bucket{job="flask-app",le="0.3"}'
COUNT = 'http_request_duration_seconds_count{job="flask-app"}'


def source(query: str, kind: str = "Prometheus") -> dict[str, Any]:
    return {"metricSource": {"type": kind, "spec": {"query": query}}}


def ratio(**sides: str) -> dict[str, Any]:
    return {"counter": True, **{side: source(query) for side, query in sides.items()}}


def spec(metric: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "service": "flask-app",
        "indicator": {
            "metadata": {"name": "i"},
            "spec": {"ratioMetric": metric or ratio(good=GOOD, total=ALL)},
        },
        "timeWindow": [{"duration": "28d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.99}],
    } | changes


def slo(name: str = "a", **changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": name},
        "spec": spec(**changes),
    }


def read(*documents: dict[str, Any]) -> list[SLO]:
    return loads(yaml.safe_dump_all(documents))


slos = st.builds(
    SLO,
    name=st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True),
    sli=st.just(SLIKind.AVAILABILITY),
    objective=st.integers(1, 99999).map(lambda n: n / 100000),
    window=st.sampled_from(Window),
    job=st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=30).filter(
        lambda job: job.isprintable() and "{{" not in job
    ),
    why=st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=1500),
    title=st.text(st.characters(categories=["L", "N"]), max_size=63),
) | st.builds(
    SLO,
    name=st.just("fast"),
    sli=st.just(SLIKind.LATENCY),
    objective=st.just(0.95),
    window=st.sampled_from(Window),
    threshold_s=st.sampled_from([0.005, 0.1, 0.3, 1.0, 2.5, 10.0]),
)


@given(slos)
def test_what_goes_out_comes_back_the_same(one: SLO) -> None:
    assert loads(dumps([one])) == [one]


def test_several_documents_keep_their_order() -> None:
    several = [SLO(f"s-{n}", SLIKind.AVAILABILITY, 0.99) for n in range(5)]
    text = dumps(several)
    assert text.count("\n---\n") == 4
    assert loads(text) == several


def test_a_document_follows_the_specification() -> None:
    found = document(SLO("a", SLIKind.LATENCY, 0.95, Window.FOUR_WEEKS, threshold_s=0.3, why="w"))
    assert found["apiVersion"] == "openslo/v1"
    inside = found["spec"]
    assert inside["timeWindow"] == [{"duration": "28d", "isRolling": True}]
    assert inside["budgetingMethod"] == "Occurrences"
    [objective] = inside["objectives"]
    assert objective["target"] == 0.95
    assert not {"op", "value"} & set(objective)
    assert len(objective["displayName"]) <= 63
    metric = inside["indicator"]["spec"]["ratioMetric"]
    assert metric["good"]["metricSource"]["spec"]["query"] == FAST
    assert metric["total"]["metricSource"]["spec"]["query"] == COUNT


def test_a_reason_longer_than_a_description_survives() -> None:
    why = "because " * 400
    found = document(SLO("a", SLIKind.AVAILABILITY, 0.99, why=why))
    assert len(found["spec"]["description"]) == 1050
    assert loads(yaml.safe_dump(found))[0].why == why


@pytest.mark.parametrize(
    ("metric", "threshold_s"),
    [
        (ratio(good=GOOD, total=ALL), None),
        (ratio(bad=BAD, total=ALL), None),
        (ratio(good='http_requests_total{job="flask-app",code=~"[1-4].."}', total=ALL), None),
        (ratio(good=f"sum(rate({GOOD}[5m]))", total=f"sum(rate({ALL}[5m]))"), None),
        (ratio(good=f"sum(rate({GOOD}[{{{{.window}}}}]))", total=ALL), None),
        (ratio(good=FAST, total=COUNT), 0.3),
        (ratio(good=FAST.replace("0.3", "1"), total=COUNT), 1.0),
        (ratio(good=FAST, total=FAST.replace("0.3", "+Inf")), 0.3),
        (ratio(good=FAST, total=ALL), 0.3),
    ],
)
def test_the_labs_indicators_are_recognised(
    metric: dict[str, Any], threshold_s: float | None
) -> None:
    [found] = read(slo(metric=metric))
    assert found.threshold_s == threshold_s
    assert found.job == "flask-app"


def test_without_a_job_in_the_queries_the_service_is_the_job() -> None:
    metric = ratio(good='http_requests_total{status!~"5.."}', total="http_requests_total")
    [found] = read(slo(metric=metric, service="cart"))
    assert found.job == "cart"


@pytest.mark.parametrize(
    ("objective", "ratio_found"),
    [({"target": 0.99}, 0.99), ({"targetPercent": 99.9}, 0.999), ({"targetPercent": 99}, 0.99)],
)
def test_a_target_is_a_ratio_or_a_percentage(objective: dict[str, Any], ratio_found: float) -> None:
    assert read(slo(objectives=[objective]))[0].objective == ratio_found


@pytest.mark.parametrize(
    ("duration", "window"),
    [("28d", "28d"), ("4w", "28d"), ("1w", "7d"), ("30d", "30d"), ("1h", "1h"), ("60m", "1h")],
)
def test_windows_may_be_written_in_any_unit(duration: str, window: str) -> None:
    found = read(slo(timeWindow=[{"duration": duration, "isRolling": True}]))
    assert found[0].window == window


def test_an_indicator_may_stand_in_a_document_of_its_own() -> None:
    indicator = {
        "apiVersion": "openslo/v1",
        "kind": "SLI",
        "metadata": {"name": "i"},
        "spec": {"ratioMetric": ratio(good=FAST, total=COUNT)},
    }
    service = {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "flask-app"}}
    entry = slo(indicatorRef="i")
    del entry["spec"]["indicator"]
    assert read(service, entry, indicator)[0].threshold_s == 0.3


def changed(**changes: Any) -> dict[str, Any]:
    return slo(**changes)


def without(key: str) -> dict[str, Any]:
    entry = copy.deepcopy(slo())
    del entry["spec"][key]
    return entry


def metric_source(**changes: Any) -> dict[str, Any]:
    metric = ratio(good=GOOD, total=ALL)
    metric["good"]["metricSource"] |= changes
    return slo(metric=metric)


REFUSED: list[tuple[dict[str, Any], str]] = [
    (slo() | {"apiVersion": "openslo/v1alpha"}, "openslo/v1alpha"),
    (slo() | {"kind": "Alert"}, "kind Alert"),
    (slo() | {"kind": "AlertPolicy"}, "AlertPolicy a"),
    (slo() | {"kind": "DataSource"}, "DataSource a"),
    (slo() | {"metadata": {}}, "metadata.name"),
    (slo() | {"spec": None}, "spec"),
    (slo("Upper_Case"), "Upper_Case"),
    (without("service"), "service"),
    (without("timeWindow"), "timeWindow"),
    (without("objectives"), "objective"),
    (without("budgetingMethod"), "budgetingMethod"),
    (without("indicator"), "indicator"),
    (changed(alertPolicies=["p"]), "alertPolicies"),
    (changed(budgetingMethod="Timeslices"), "Timeslices"),
    (changed(budgetingMethod="RatioTimeslices"), "RatioTimeslices"),
    (changed(indicatorRef="i"), "exactly one of indicator and indicatorRef"),
    (changed(surprise=1), "surprise"),
    (changed(objectives=[{"target": 0.9}, {"target": 0.99}]), "exactly one objective"),
    (changed(objectives=[{"target": 1}]), "100 %"),
    (changed(objectives=[{"target": 1.0}]), "100 %"),
    (changed(objectives=[{"targetPercent": 100}]), "100 %"),
    (changed(objectives=[{"target": 0}]), "0 %"),
    (changed(objectives=[{"target": 99}]), "less than 100 %"),
    (changed(objectives=[{"target": -0.5}]), "negative"),
    (changed(objectives=[{"target": "0.99"}]), "number"),
    (changed(objectives=[{"target": True}]), "number"),
    (changed(objectives=[{"target": float("nan")}]), "number"),
    (changed(objectives=[{"target": float("inf")}]), "less than 100 %"),
    (changed(objectives=[{"target": 0.9, "targetPercent": 90}]), "exactly one of target"),
    (changed(objectives=[{}]), "exactly one of target"),
    (changed(objectives=[{"target": 0.9, "op": "lt", "value": 1}]), "op"),
    (changed(objectives=[{"target": 0.9, "timeSliceTarget": 0.9}]), "timeSliceTarget"),
    (changed(objectives=[{"target": 0.9, "compositeWeight": 1}]), "compositeWeight"),
    (changed(timeWindow=[{"duration": "90d", "isRolling": True}]), "90d"),
    (changed(timeWindow=[{"duration": "1M", "isRolling": True}]), "1M"),
    (changed(timeWindow=[{"duration": "9" * 5000 + "d", "isRolling": True}]), "has the windows"),
    (changed(timeWindow=[{"duration": "28d", "isRolling": False}]), "calendar"),
    (
        changed(timeWindow=[{"duration": "28d", "isRolling": True, "calendar": {}}]),
        "calendar",
    ),
    (changed(indicator={"spec": {"thresholdMetric": source(ALL)}}), "thresholdMetric"),
    (changed(metric=ratio(good=GOOD)), "total"),
    (changed(metric=ratio(total=ALL)), "good and bad"),
    (changed(metric=ratio(good=GOOD, bad=BAD, total=ALL)), "good and bad"),
    (changed(metric={"counter": True, "raw": source(ALL), "rawType": "success"}), "raw"),
    (changed(metric=ratio(good=GOOD, total=ALL) | {"counter": False}), "counter"),
    (metric_source(type="Datadog"), "Prometheus"),
    (metric_source(metricSourceRef="x"), "metricSourceRef"),
    (metric_source(spec={}), "query"),
    (changed(metric=ratio(good="http_requests_total{", total=ALL)), "good"),
    (changed(metric=ratio(good="up", total=ALL)), "up"),
    (changed(metric=ratio(good=f"{GOOD} offset 1h", total=ALL)), "offset"),
    (changed(metric=ratio(good=f"{GOOD} + 1", total=ALL)), "selector"),
    (changed(metric=ratio(good=f"sum by (path) ({GOOD})", total=ALL)), "selector"),
    (changed(metric=ratio(good=f"sum without (path) ({GOOD})", total=ALL)), "selector"),
    (changed(metric=ratio(good=f"avg({GOOD})", total=ALL)), "selector"),
    (changed(metric=ratio(good=FAST.replace("0.3", "0.31"), total=COUNT)), "0.31"),
    (changed(metric=ratio(bad=FAST, total=COUNT)), "bucket"),
    (
        changed(metric=ratio(good='http_requests_total{job="flask-app",status=~"2.."}', total=ALL)),
        "3xx, 4xx and 5xx",
    ),
    (
        changed(metric=ratio(bad='http_requests_total{job="flask-app",status="404"}', total=ALL)),
        "404",
    ),
    (changed(metric=ratio(good='http_requests_total{job="other"}', total=ALL)), "same requests"),
    (
        changed(
            metric=ratio(
                good='http_requests_total{path="/checkout",status!~"5.."}',
                total='http_requests_total{path="/checkout"}',
            )
        ),
        "path",
    ),
]


@pytest.mark.parametrize(
    ("entry", "named"), REFUSED, ids=[f"{n} {named}" for n, (_, named) in enumerate(REFUSED)]
)
def test_what_is_not_supported_is_refused_by_name(entry: dict[str, Any], named: str) -> None:
    with pytest.raises(OpenSLOError) as refused:
        read(entry)
    assert named in str(refused.value)


def test_two_slos_of_one_name_are_refused() -> None:
    with pytest.raises(OpenSLOError, match="more than once"):
        read(slo(), slo())


@pytest.mark.parametrize(
    "text", ["", "just text", "- 1", "a: [", "\x00", "kind: SLO", "!!python/name:os.system x"]
)
def test_what_is_no_openslo_gets_a_sentence(text: str) -> None:
    with pytest.raises(OpenSLOError) as refused:
        loads(text)
    assert "\n" not in str(refused.value)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def survives(entry: dict[str, Any]) -> bool:
    """Read, or refused with a sentence; any other exception fails the test."""
    try:
        return bool(read(entry))
    except OpenSLOError as error:
        return bool(str(error))


@given(anything, st.sampled_from(["metadata", "spec", "kind", "apiVersion"]))
def test_any_value_anywhere_is_refused_with_a_sentence_or_read(value: Any, key: str) -> None:
    assert survives(slo() | {key: value})


@given(anything, st.sampled_from(sorted(spec())))
def test_any_value_in_the_spec_is_refused_with_a_sentence_or_read(value: Any, key: str) -> None:
    assert survives(slo(**{key: value}))
