from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.config import Settings
from stack.doctor import Diagnosis, Health, diagnose
from stack.layout import Layout
from stack.lock import Lock
from stack.state import ServerState, ServerStatus, State
from tests.fakes.grafana import FakeGrafana
from tests.fakes.prometheus import DATA, EmptyPrometheus
from tests.fakes.server import LocalServer, Reply
from tests.stack.labs import PATIENCE, free_ports, wait_until
from tests.stack.tiny_lab import TINY

NAMES = [
    "lab",
    "portal",
    "mock app",
    "Prometheus",
    "scrape of flask-app",
    "Grafana",
    "data folder",
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    ports = free_ports(4)
    return replace(
        settings,
        port=ports[0],
        mockapp_port=ports[1],
        prometheus_port=ports[2],
        grafana_port=ports[3],
    )


@pytest.fixture
def running(layout: Layout) -> Iterator[State]:
    """A supervisor runs; the test says what it knows."""
    with Lock(layout.lock):
        yield State()


def by_name(settings: Settings) -> dict[str, Diagnosis]:
    return {finding.name: finding for finding in diagnose(settings)}


def know(layout: Layout, state: State, name: str, status: ServerStatus, detail: str) -> None:
    state.servers[name] = ServerState(name, name, status, "http://x", time.time(), detail=detail)
    state.write(layout.state)


def test_a_lab_that_does_not_run_is_told_with_what_to_do(settings: Settings) -> None:
    found = by_name(settings)
    assert list(found) == NAMES
    assert found["lab"].status is Health.DOWN
    assert "slo-lab up" in found["lab"].todo
    assert found["portal"].status is Health.DOWN
    assert found["Grafana"].status is Health.ABSENT


def test_a_server_that_answers_is_up(settings: Settings, layout: Layout, running: State) -> None:
    command = [sys.executable, str(TINY), str(settings.port)]
    with subprocess.Popen(command) as server:
        wait_until(lambda: by_name(settings)["portal"].status is Health.UP)
        found = by_name(settings)
        server.terminate()
    assert found["lab"].status is Health.UP
    assert found["mock app"].status is Health.DOWN


def test_why_a_server_was_given_up_is_told(
    settings: Settings, layout: Layout, running: State
) -> None:
    know(layout, running, "mockapp", ServerStatus.FAILED, "ended by itself (exit status 1) 6 times")
    found = by_name(settings)["mock app"]
    assert (found.status, found.detail) == (Health.DOWN, "ended by itself (exit status 1) 6 times")
    assert "slo-lab logs mockapp" in found.todo


def test_a_server_that_starts_again_is_starting(
    settings: Settings, layout: Layout, running: State
) -> None:
    know(layout, running, "portal", ServerStatus.RESTARTING, "ended by itself (SIGKILL)")
    assert by_name(settings)["portal"].status is Health.STARTING


def test_an_absent_grafana_is_no_failure_and_says_why(
    settings: Settings, layout: Layout, running: State
) -> None:
    know(layout, running, "grafana", ServerStatus.ABSENT, "dl.grafana.com can't be reached.")
    found = by_name(settings)["Grafana"]
    assert (found.status, found.detail) == (Health.ABSENT, "dl.grafana.com can't be reached.")


def test_a_grafana_that_is_being_downloaded_is_starting(
    settings: Settings, layout: Layout, running: State
) -> None:
    know(
        layout, running, "grafana", ServerStatus.GETTING, "downloading Grafana 12.4.11: 3 of 99 MB"
    )
    found = by_name(settings)["Grafana"]
    assert found.status is Health.STARTING
    assert "3 of 99 MB" in found.detail


def test_the_mock_app_is_linked_where_the_browser_finds_it(settings: Settings) -> None:
    elsewhere = replace(settings, mockapp_url="http://127.0.0.1:9", mockapp_public_url="http://x")
    assert by_name(elsewhere)["mock app"].url == "http://x"


def test_a_named_grafana_that_does_not_answer_is_down(settings: Settings) -> None:
    named = replace(settings, grafana_url=f"http://127.0.0.1:{settings.grafana_port}")
    assert by_name(named)["Grafana"].status is Health.DOWN


def test_the_state_of_a_supervisor_that_is_gone_counts_for_nothing(
    settings: Settings, layout: Layout
) -> None:
    know(layout, State(), "mockapp", ServerStatus.UP, "")
    assert by_name(settings)["mock app"].status is Health.DOWN


def test_a_full_disk_is_told(
    settings: Settings, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.doctor.LEAST_FREE", 10**18)
    found = by_name(settings)["data folder"]
    assert found.status is Health.DOWN
    assert "Free some space" in found.todo


@pytest.mark.parametrize(
    ("age", "health"), [(2, Health.STARTING), (60, Health.DOWN), (-3600, Health.DOWN)]
)
def test_a_new_prometheus_is_given_time_to_find_its_targets(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, age: int, health: Health
) -> None:
    started = datetime.now(UTC) - timedelta(seconds=age)
    monkeypatch.setitem(DATA, "status/runtimeinfo", {"startTime": started.isoformat()})
    with EmptyPrometheus() as prometheus:
        found = by_name(replace(settings, prometheus_url=prometheus.url))
    assert found["scrape of flask-app"].status is health


@pytest.mark.parametrize(("every", "health"), [("5s", Health.UP), ("15s", Health.DOWN)])
def test_a_prometheus_that_scrapes_at_another_pace_than_the_lab_knows_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, every: str, health: Health
) -> None:
    labels = {"job": "flask-app", "instance": "shop:80"}
    target = {"labels": labels, "health": "up", "scrapeInterval": every}
    monkeypatch.setitem(DATA, "targets", {"activeTargets": [target]})
    with EmptyPrometheus() as prometheus:
        found = by_name(replace(settings, prometheus_url=prometheus.url))["scrape of flask-app"]
    assert found.status is health
    if health is Health.DOWN:
        assert found.detail == "shop:80 is scraped every 15 s, and the lab reckons with 5 s."
        assert "SLO_LAB_SCRAPE_INTERVAL" in found.todo


def test_a_prometheus_that_is_coming_is_no_fault_of_the_scrape(
    settings: Settings, layout: Layout, running: State
) -> None:
    know(layout, running, "prometheus", ServerStatus.STARTING, "")
    assert by_name(settings)["scrape of flask-app"].status is Health.STARTING


@pytest.mark.parametrize(
    ("name", "setting", "body"),
    [
        ("mock app", "mockapp_url", b"\x89PNG"),
        ("Grafana", "grafana_url", b'{"status": "ok"}'),
        ("Grafana", "grafana_url", b'{"database": 7}'),
        ("Grafana", "grafana_url", b"ok"),
    ],
)
def test_another_program_at_that_address_is_not_up(
    settings: Settings, name: str, setting: str, body: bytes
) -> None:
    with LocalServer(lambda _: Reply(body=body)) as stranger:
        there: dict[str, Any] = {setting: stranger.url}
        found = by_name(replace(settings, **there))[name]
    assert found.status is Health.DOWN
    assert "is this another program?" in found.detail


def test_all_is_asked_at_once(settings: Settings) -> None:
    with ThreadPoolExecutor(1) as pool:
        with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections, never answers
            deaf.settimeout(PATIENCE / 2)
            number = deaf.getsockname()[1]
            ports = dict.fromkeys(
                ("port", "mockapp_port", "prometheus_port", "grafana_port"), number
            )
            found = pool.submit(diagnose, replace(settings, **ports))
            asked = [deaf.accept()[0] for _ in range(5)]
        for one in asked:
            one.close()
        assert [finding.name for finding in found.result()] == NAMES


WRONG = "refused the portal's"
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a token": ({"grafana_token": "glsa_gone"}, f"{WRONG} token", "set SLO_LAB_GRAFANA_TOKEN"),
    "a password": (
        {"grafana_user": "editor", "grafana_password": "guess"},
        f"{WRONG} user and password",
        "Set SLO_LAB_GRAFANA_USER and SLO_LAB_GRAFANA_PASSWORD",
    ),
    "nothing": ({}, "the portal has none", "set SLO_LAB_GRAFANA_TOKEN"),
    "a file that is gone": (
        {"grafana_token_file": "gone"},
        "the portal has none",
        "Write a token that works into gone.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_login_that_grafana_refuses_is_told_with_where_to_put_one(
    settings: Settings, case: str
) -> None:
    given, detail, todo = CASES[case]
    with FakeGrafana(anonymous=None) as grafana:
        found = by_name(replace(settings, grafana_url=grafana.url, **given))
    assert found["Grafana"].status is Health.UP
    assert found["Grafana login"].status is Health.DOWN
    assert detail in found["Grafana login"].detail
    assert todo in found["Grafana login"].todo


def test_doctor_locks_nobody_out(settings: Settings) -> None:
    with FakeGrafana() as grafana:
        wrong = replace(
            settings, grafana_url=grafana.url, grafana_user="editor", grafana_password="guess"
        )
        for _ in range(6):
            assert by_name(wrong)["Grafana login"].status is Health.DOWN
        assert grafana.wrong_passwords["editor"] == 1


def test_a_login_that_works_is_told_with_its_kind(settings: Settings) -> None:
    with FakeGrafana() as grafana:
        named = replace(settings, grafana_url=grafana.url)
        with_token = replace(named, grafana_token=grafana.make_token())
        assert "to anybody" in by_name(named)["Grafana login"].detail
        found = by_name(with_token)["Grafana login"]
    assert (found.status, found.detail, found.todo) == (Health.UP, "with a token", "")


def test_the_labs_own_login_is_told_with_where_the_password_lies(
    settings: Settings, layout: Layout, running: State
) -> None:
    with FakeGrafana(anonymous=None) as grafana:
        own = replace(settings, grafana_port=int(grafana.url.rpartition(":")[2]))
        know(layout, running, "grafana", ServerStatus.UP, "")
        found = by_name(own)["Grafana login"]
    assert found.status is Health.DOWN
    assert found.todo.endswith(f"write the new one into {layout.secrets / 'grafana-password'}.")
