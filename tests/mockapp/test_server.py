"""``python -m mockapp``: the real process on a real port."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.mockapp.process import MockappProcess, running_mockapp, wait_until

REQUEST = b"GET /search HTTP/1.1\r\nHost: shop\r\n\r\n"


@pytest.fixture
def mockapp() -> Iterator[MockappProcess]:
    with running_mockapp() as process:
        yield process


def connect(mockapp: MockappProcess) -> socket.socket:
    port = urlsplit(mockapp.url).port or 0
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def test_it_listens_on_loopback_unless_told_otherwise(mockapp: MockappProcess) -> None:
    assert urlsplit(mockapp.url).hostname == "127.0.0.1"


def test_it_can_listen_on_all_addresses() -> None:
    with running_mockapp("--host", "0.0.0.0") as mockapp, connect(mockapp) as connection:
        assert connection.getpeername()[1] == urlsplit(mockapp.url).port


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_requests_hang(number: signal.Signals) -> None:
    with running_mockapp() as mockapp:
        mockapp.set_fault(hang=True)
        with connect(mockapp) as hanging:
            hanging.sendall(REQUEST)
            wait_until(lambda: mockapp.hung_requests() == 1)
            mockapp.process.send_signal(number)
            assert mockapp.process.wait(30) == 0


def refusal(*arguments: str) -> str:
    """What a mock service says that can't start."""
    refused = subprocess.run(
        [sys.executable, "-m", "mockapp", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    return refused.stderr.strip()


def test_a_taken_port_is_one_sentence(mockapp: MockappProcess) -> None:
    port = str(urlsplit(mockapp.url).port)
    assert refusal("--port", port) == (
        f"The mock app can't listen on 127.0.0.1:{port}: Address already in use."
    )


@pytest.mark.parametrize("address", [("--host", "nowhere.invalid"), ("--port", "99999")])
def test_an_address_of_no_use_is_one_sentence(address: tuple[str, str]) -> None:
    said = refusal(*address)
    assert said.startswith("The mock app can't listen on ")
    assert len(said.splitlines()) == 1


def test_metrics_answer_while_requests_hang_and_the_hung_end_without_answer(
    mockapp: MockappProcess,
) -> None:
    mockapp.set_fault(hang=True)
    hanging = [connect(mockapp) for _ in range(200)]
    for connection in hanging:
        connection.sendall(REQUEST)
    wait_until(lambda: mockapp.hung_requests() == 200)
    assert mockapp.counts() == {}
    mockapp.clear_fault()
    assert {connection.recv(100) for connection in hanging} == {b""}
    assert mockapp.counts() == {}
    for connection in hanging:
        connection.close()


def test_metrics_answer_when_more_requests_hang_than_there_are_files() -> None:
    few_files = ("sh", "-c", 'ulimit -n 200 && exec "$@"', "sh")
    with running_mockapp(before=few_files) as mockapp:
        mockapp.set_fault(hang=True)
        hanging = []
        for _ in range(300):
            hanging.append(connect(mockapp))
            hanging[-1].sendall(REQUEST)
        assert mockapp.counts() == {}
        assert 0 < mockapp.hung_requests() <= 100
        for connection in hanging:
            connection.close()


def test_metrics_answer_while_requests_crawl(mockapp: MockappProcess) -> None:
    mockapp.set_fault(latency_seconds=5.0)
    crawling = [connect(mockapp) for _ in range(200)]
    for connection in crawling:
        connection.sendall(REQUEST)
    before = time.monotonic()
    assert mockapp.counts() == {}
    assert time.monotonic() - before < 4
    for connection in crawling:
        connection.close()


def test_a_kept_connection_has_no_delay_before_the_body(mockapp: MockappProcess) -> None:
    with requests.Session() as session:
        session.trust_env = False
        took = sorted(session.get(mockapp.url).elapsed.total_seconds() for _ in range(40))
    assert took[10] < 0.03


def test_each_metric_is_told_once(mockapp: MockappProcess) -> None:
    text = requests.get(f"{mockapp.url}/metrics", timeout=10).text
    assert "# HELP http_requests_total " in text
    assert "_created" not in text
