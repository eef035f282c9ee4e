"""What the portal knows of the shop is what the mock app really exposes."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

import mockapp
from mockapp.app import create_app
from portal.promql.context import DEFAULT_BUCKETS
from portal.promql.context import JOB as READ_JOB
from portal.promql.events import DURATIONS as READ_DURATIONS
from portal.promql.events import REQUESTS as READ_REQUESTS
from portal.shop import BUCKETS, DURATIONS, JOB, METHODS, PATHS, REQUESTS, STATUS, UNMATCHED


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """What /metrics of a new shop says."""
    text = create_app().test_client().get("/metrics").text
    families = text_string_to_metric_families(text)
    return [sample for family in families for sample in family.samples]


def of(samples: list[Sample], name: str) -> list[dict[str, str]]:
    return [sample.labels for sample in samples if sample.name == name]


def test_the_counter_has_the_labels_paths_and_methods(samples: list[Sample]) -> None:
    labels = of(samples, REQUESTS)
    assert {frozenset(found) for found in labels} == {frozenset({"path", "method", STATUS})}
    assert {found["path"] for found in labels} == {*PATHS, UNMATCHED}
    assert {found["method"] for found in labels} == set(METHODS)


def test_the_histogram_has_the_buckets(samples: list[Sample]) -> None:
    bounds = {found["le"] for found in of(samples, f"{DURATIONS}_bucket")}
    assert bounds == {*(repr(bound) for bound in BUCKETS), "+Inf"}
    assert mockapp.BUCKETS == BUCKETS
    assert of(samples, f"{DURATIONS}_count")


def test_the_reading_and_the_trial_know_the_same_shop() -> None:
    assert (READ_JOB, READ_REQUESTS, READ_DURATIONS) == (JOB, REQUESTS, DURATIONS)
    assert DEFAULT_BUCKETS == BUCKETS
