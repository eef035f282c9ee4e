"""The example of the lesson: its routes and its two metrics."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client import CONTENT_TYPE_LATEST

import mockapp.app
from mockapp import BUCKETS
from mockapp.app import create_app
from mockapp.metrics import UNMATCHED


def metric(shop: FlaskClient, line: str) -> float:
    """The value of a series, spelled as in the text of /metrics."""
    for text in shop.get("/metrics").text.splitlines():
        if text.startswith(line + " "):
            return float(text.rpartition(" ")[2])
    raise AssertionError(f"no series {line}")


def counted(shop: FlaskClient, path: str, status: int, method: str = "GET") -> float:
    return metric(shop, f'http_requests_total{{method="{method}",path="{path}",status="{status}"}}')


@pytest.mark.parametrize("path", ["/", "/search", "/checkout"])
def test_each_route_answers_and_is_counted_once(shop: FlaskClient, path: str) -> None:
    assert shop.get(path + "?q=a").status_code == 200
    assert counted(shop, path, 200) == 1
    assert metric(shop, f'http_request_duration_seconds_count{{method="GET",path="{path}"}}') == 1


@pytest.mark.parametrize(
    ("path", "status"),
    list(product(["/", "/search", "/checkout", UNMATCHED], [200, 404, 500])),
)
def test_every_series_exists_before_the_first_request(
    shop: FlaskClient, path: str, status: int
) -> None:
    assert counted(shop, path, status) == 0
    bucket = f'http_request_duration_seconds_bucket{{le="0.3",method="GET",path="{path}"}}'
    assert metric(shop, bucket) == 0


@pytest.mark.parametrize("threshold", [0.1, 0.2, 0.3, 0.5, 1.0])
def test_the_thresholds_of_the_lab_are_buckets(shop: FlaskClient, threshold: float) -> None:
    assert threshold in BUCKETS
    name = "http_request_duration_seconds_bucket"
    assert metric(shop, f'{name}{{le="{threshold}",method="GET",path="/"}}') == 0


def test_unknown_addresses_share_one_path(shop: FlaskClient) -> None:
    shop.get("/users/1")
    shop.get("/users/2")
    assert counted(shop, UNMATCHED, 404) == 2
    assert "/users" not in shop.get("/metrics").text


def test_made_up_methods_share_one_label(shop: FlaskClient) -> None:
    shop.open("/", method="SMASH")
    shop.open("/", method="GRAB")
    assert counted(shop, UNMATCHED, 405, "OTHER") == 2


@pytest.mark.parametrize("path", ["/metrics", "/fault", "/healthz"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_machine_pages_are_not_counted(shop: FlaskClient, path: str, method: str) -> None:
    before = [line for line in shop.get("/metrics").text.splitlines() if "_created" not in line]
    shop.open(path, method=method)
    after = [line for line in shop.get("/metrics").text.splitlines() if "_created" not in line]
    assert after == before


def test_metrics_have_the_content_type_of_prometheus(shop: FlaskClient) -> None:
    assert shop.get("/metrics").content_type == CONTENT_TYPE_LATEST


def test_two_services_in_one_process_count_for_themselves(shop: FlaskClient) -> None:
    other = create_app().test_client()
    shop.get("/")
    assert counted(shop, "/", 200) == 1
    assert counted(other, "/", 200) == 0


def test_the_example_is_short_enough_for_a_lesson() -> None:
    assert len(Path(mockapp.app.__file__).read_text().splitlines()) <= 80


def test_no_line_of_the_example_is_wider_than_the_lesson() -> None:
    heart = Path(mockapp.app.__file__).read_text().partition("def create_app")[2]
    assert max(map(len, heart.splitlines())) <= 76
