"""What users saw beside what Prometheus counted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from portal.bursts.models import Burst
from portal.bursts.server_view import SLOW_SECONDS, ServerView
from portal.bursts.sides import ESTIMATED, SMALLEST, WAITED_OUTSIDE, WAITING, sides
from portal.shop.processes import SEVERAL
from portal.shop.queries import LATENCY_THRESHOLD


def a_burst(view: ServerView | None, **counts: Any) -> Burst:
    return Burst(counts=counts, server_counts=asdict(view) if view else None)


def row(burst: Burst, label: str) -> tuple[str, str]:
    return next((row.users, row.server) for row in sides(burst).rows if row.label == label)


def test_one_failure_in_three_hundred_thousand_is_not_a_hundred_percent() -> None:
    view = ServerView(by_status={"200": 299_999, "500": 1})
    burst = a_burst(view, sent=300_000, good=299_999, failed={"500": 1})
    assert row(burst, "availability") == ("99.9997 %", "99.9997 %")
    assert sides(burst).sentence == "Both counted the same requests and failures."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0.0, "0 ms"), (0.82, "820 ms"), (59.9, "59,900 ms"), (60.0, "1 min")],
)
def test_a_latency_is_told_in_milliseconds_and_what_is_none_any_more_as_a_duration(
    seconds: float | None, words: str
) -> None:
    view = ServerView({"200": 1}, quantiles={} if seconds is None else {"p95": seconds})
    assert row(a_burst(view, sent=1, good=1, p95=seconds), "p95") == (words, words)


def test_a_failure_that_the_service_did_not_see_is_no_agreement() -> None:
    burst = a_burst(ServerView({"200": 100}), sent=100, good=90, failed={"timeout": 10})
    assert "10 of them failed for users, 0 as the service" in sides(burst).sentence


@pytest.mark.parametrize(
    ("users", "server", "reason"),
    [
        (0.052, 0.005, f"{SMALLEST} At p95 {WAITED_OUTSIDE}"),
        (0.0049, 0.0025, SMALLEST),
        (0.0051, 0.0048, f"{SMALLEST} At p95 {WAITED_OUTSIDE}"),
        (0.024, 0.012, ESTIMATED),
        (0.2, 0.02, f"{ESTIMATED} At p95 {WAITED_OUTSIDE}"),
        (0.82, 0.98, ESTIMATED),
        (60.0, 12.0, ESTIMATED),
        (None, 0.005, SMALLEST),
    ],
)
def test_what_a_bucket_cannot_explain_was_waited_outside_of_the_service(
    users: float | None, server: float, reason: str
) -> None:
    view = ServerView({"200": 1}, quantiles={"p95": server})
    assert sides(a_burst(view, sent=1, good=1, p95=users)).note.startswith(f"{reason} Slow here")


def test_users_waited_longer_only_where_the_numbers_say_so() -> None:
    view = ServerView({"200": 1}, quantiles={"p50": 0.0025, "p95": 0.0048, "p99": 0.005})
    note = sides(a_burst(view, sent=1, good=1, p50=0.001, p95=0.013, p99=0.046)).note
    assert f"At p95 and p99 {WAITED_OUTSIDE}" in note


def test_a_request_that_was_never_counted_did_not_wait_before_the_service() -> None:
    view = ServerView({"200": 1}, quantiles={"p99": 0.005})
    burst = a_burst(view, sent=2, good=1, failed={"timeout": 1}, p99=5.0)
    assert WAITED_OUTSIDE not in sides(burst).note


def test_what_never_reached_the_counter_is_named() -> None:
    burst = a_burst(ServerView({"200": 90}), sent=100, good=90, failed={"timeout": 10})
    assert row(burst, "availability") == ("90 %", "100 %")
    assert "counted 10 fewer" in sides(burst).sentence
    assert "10 ended in a timeout" in sides(burst).sentence


def test_counters_that_began_anew_are_named() -> None:
    view = ServerView({"200": 60}, restarted=True)
    burst = a_burst(view, sent=100, good=90, failed={"connection": 10})
    assert "counted 40 fewer" in sides(burst).sentence
    assert "was started anew" in sides(burst).sentence


def test_several_processes_are_told_whatever_they_counted() -> None:
    burst = a_burst(ServerView({"200": 100}, several=True), sent=100, good=100)
    assert sides(burst).sentence == SEVERAL


def test_the_two_meanings_of_slow_are_told_where_both_meet() -> None:
    note = sides(a_burst(None, sent=1, good=1)).note
    assert f"over {SLOW_SECONDS:g} s" in note
    assert f"from {LATENCY_THRESHOLD:g} s" in note


def test_before_the_next_scrape_nothing_is_compared() -> None:
    assert row(a_burst(None, sent=1, good=1), "requests") == ("1", WAITING)
