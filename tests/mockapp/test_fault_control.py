"""/fault: who may set what, and what it does to users' requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mockapp.app import create_app
from mockapp.fault_control import HungUpError
from mockapp.faults import Fault, Faults
from tests.mockapp.conftest import Ticker
from tests.mockapp.process import HEADERS, wait_until
from tests.mockapp.test_app import counted, metric

GOOD = {"error_ratio": 0.2, "latency_seconds": 0.8, "hang": False, "lifetime_seconds": 5}


def put(shop: FlaskClient, content: object) -> TestResponse:
    return shop.put("/fault", json=content, headers=HEADERS)


def test_a_healthy_service_says_so(shop: FlaskClient) -> None:
    assert shop.get("/fault").json == {
        "error_ratio": 0.0,
        "latency_seconds": 0.0,
        "hang": False,
        "lifetime_seconds": None,
        "hung_requests": 0,
        "newest_fence": 0,
    }


def test_a_fault_that_was_set_is_the_effective_one(shop: FlaskClient, ticker: Ticker) -> None:
    assert put(shop, GOOD).status_code == 200
    ticker.now += 2
    state = shop.get("/fault").json
    assert state == {**GOOD, "lifetime_seconds": 3.0, "hung_requests": 0, "newest_fence": 0}
    ticker.now += 3
    assert shop.get("/fault").json == create_app().test_client().get("/fault").json


def test_a_new_fault_replaces_all_axes_of_the_old_one(shop: FlaskClient, faults: Faults) -> None:
    put(shop, GOOD)
    put(shop, {"latency_seconds": 0.1, "lifetime_seconds": 5})
    assert faults.effective == Fault(latency_seconds=0.1)


def test_delete_mends(shop: FlaskClient, faults: Faults) -> None:
    put(shop, GOOD)
    assert shop.delete("/fault", headers=HEADERS).status_code == 200
    assert faults.effective == Fault()


def fenced(shop: FlaskClient, method: str, fence: object) -> int:
    answer = shop.open(f"/fault?fence={fence}", method=method, json=GOOD, headers=HEADERS)
    assert answer.json
    return answer.status_code


@pytest.mark.parametrize("newer", ["PUT", "DELETE"])
def test_an_older_burst_changes_nothing_once_a_newer_one_was_here(
    shop: FlaskClient, faults: Faults, newer: str
) -> None:
    assert fenced(shop, "PUT", 7) == fenced(shop, "PUT", 7) == 200
    assert fenced(shop, newer, 8) == 200
    there = faults.effective
    assert (there == Fault()) is (newer == "DELETE")
    assert fenced(shop, "PUT", 7) == fenced(shop, "DELETE", 7) == 409
    assert faults.effective == there
    assert shop.get("/fault").json["newest_fence"] == 8  # type: ignore[index]


def test_a_burst_leaves_what_was_set_by_hand(shop: FlaskClient, faults: Faults) -> None:
    put(shop, GOOD)
    assert fenced(shop, "DELETE", 9) == 200
    assert faults.effective.error_ratio == 0.2
    assert fenced(shop, "PUT", 9) == 200
    assert fenced(shop, "DELETE", 9) == 200
    assert faults.effective == Fault()


@pytest.mark.parametrize("fence", ["-1", "x", "1.5", "", "9" * 30, "١"])
def test_a_fence_is_a_whole_number(shop: FlaskClient, faults: Faults, fence: str) -> None:
    assert fenced(shop, "PUT", fence) == 422
    assert faults.effective == Fault()


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic eA==", "Bearer ñ"])
def test_without_the_token_nothing_changes(
    shop: FlaskClient, faults: Faults, method: str, given: str
) -> None:
    put(shop, GOOD)
    headers = {"Authorization": given} if given else {}
    answer = shop.open("/fault", method=method, json={"lifetime_seconds": 1}, headers=headers)
    assert answer.status_code == 401
    assert answer.json
    assert "token" in answer.json["error"]
    assert faults.effective.error_ratio == 0.2


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer x"])
def test_a_service_without_a_token_takes_no_faults(given: str) -> None:
    shop = create_app("").test_client()
    answer = shop.put("/fault", json=GOOD, headers={"Authorization": given})
    assert answer.status_code == 401


def test_the_token_file_may_be_made_later(tmp_path: Path) -> None:
    file = tmp_path / "fault-token"
    shop = create_app(file).test_client()
    assert put(shop, GOOD).status_code == 401
    file.write_text(HEADERS["Authorization"].removeprefix("Bearer ") + "\n")
    assert put(shop, GOOD).status_code == 200


@pytest.mark.parametrize("body", ["", "nonsense", "[]", "7", '"x"', "[" * 500, "x" * 100_000])
def test_what_is_no_json_object_is_refused(shop: FlaskClient, body: str) -> None:
    answer = shop.put("/fault", data=body, headers=HEADERS)
    assert answer.status_code == 400
    assert answer.json
    assert answer.json["error"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"error_ratio": 1.1}, "error_ratio"),
        ({"error_ratio": -0.1}, "error_ratio"),
        ({"error_ratio": "0.2"}, "error_ratio"),
        ({"error_ratio": True}, "error_ratio"),
        ({"error_ratio": None}, "error_ratio"),
        ({"error_ratio": float("nan")}, "error_ratio"),
        ({"latency_seconds": 5.1}, "latency_seconds"),
        ({"latency_seconds": float("inf")}, "latency_seconds"),
        ({"hang": 1}, "hang"),
        ({"lifetime_seconds": 0}, "lifetime_seconds"),
        ({"lifetime_seconds": 601}, "lifetime_seconds"),
        ({"color": "red"}, "color"),
    ],
)
def test_a_value_beyond_its_limit_is_named(
    shop: FlaskClient, faults: Faults, change: dict[str, Any], named: str
) -> None:
    answer = put(shop, {**GOOD, **change})
    assert answer.status_code == 422
    assert answer.json
    assert named in answer.json["error"]
    assert faults.effective == Fault()


def test_a_fault_without_an_end_is_refused(shop: FlaskClient) -> None:
    answer = put(shop, {"error_ratio": 0.2})
    assert answer.status_code == 422
    assert answer.json
    assert "lifetime_seconds" in answer.json["error"]


def test_the_share_of_errors_is_served_and_counted(shop: FlaskClient, faults: Faults) -> None:
    faults.set(Fault(error_ratio=0.2), 600)
    statuses = [shop.get("/checkout").status_code for _ in range(50)]
    assert (statuses.count(500), statuses.count(200)) == (10, 40)
    assert counted(shop, "/checkout", 500) == 10
    assert counted(shop, "/checkout", 200) == 40


def test_added_latency_is_in_the_histogram(shop: FlaskClient, faults: Faults) -> None:
    faults.set(Fault(latency_seconds=0.12), 600)
    shop.get("/")
    series = 'http_request_duration_seconds_{}{{{}method="GET",path="/"}}'
    assert metric(shop, series.format("bucket", 'le="0.1",')) == 0
    assert metric(shop, series.format("count", "")) == 1


def test_errors_and_latency_come_together(shop: FlaskClient, faults: Faults) -> None:
    faults.set(Fault(error_ratio=1.0, latency_seconds=0.06), 600)
    assert shop.get("/").status_code == 500
    assert metric(shop, 'http_request_duration_seconds_sum{method="GET",path="/"}') >= 0.06


def test_a_hung_request_ends_without_answer_and_uncounted(tmp_path: Path) -> None:
    faults = Faults()
    shop = create_app("", faults).test_client()
    faults.set(Fault(hang=True), 600)
    with ThreadPoolExecutor(1) as pool:
        hung = pool.submit(shop.get, "/")
        wait_until(lambda: faults.hung_requests == 1)
        faults.clear()
        assert isinstance(hung.exception(60), HungUpError)
    assert counted(shop, "/", 200) == 0
    assert shop.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/fault", "/healthz"])
def test_machine_pages_answer_whatever_the_fault(
    shop: FlaskClient, faults: Faults, path: str
) -> None:
    faults.set(Fault(error_ratio=1.0, latency_seconds=5.0, hang=True), 600)
    assert shop.get(path).status_code == 200
