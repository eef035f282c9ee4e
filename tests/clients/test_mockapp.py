"""The client against the real mock service, served by a small server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from mockapp.app import create_app
from portal.clients import ClientError, ErrorKind
from portal.clients.mockapp import FaultState, MockappClient
from tests.clients.test_http import EXPECTED, SLOW
from tests.fakes.hostile import HostileServer, Misbehaviour
from tests.patience import SECONDS


@pytest.fixture
def url() -> Iterator[str]:
    """Where a new mock service answers; its fault token is "token"."""
    server = make_server("127.0.0.1", 0, create_app("token"), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_fault_is_set_read_and_cleared(url: str) -> None:
    client = MockappClient(url, "token", timeout=SECONDS)
    assert client.fault() == FaultState()
    set_now = client.set_fault(error_ratio=0.25, latency_seconds=0.5, lifetime_seconds=600)
    assert (set_now.error_ratio, set_now.latency_seconds, set_now.hang) == (0.25, 0.5, False)
    assert set_now.is_set
    assert set_now.lifetime_seconds is not None
    assert 500 < set_now.lifetime_seconds <= 600
    assert client.fault().error_ratio == 0.25
    client.clear_fault()
    assert not client.fault().is_set


def test_a_hanging_service_still_tells_its_fault(url: str) -> None:
    client = MockappClient(url, "token", timeout=SECONDS)
    client.set_fault(hang=True, lifetime_seconds=600)
    assert client.fault().hang
    assert client.metrics_text()
    client.clear_fault()


def test_without_the_token_faults_are_read_and_not_set(url: str) -> None:
    client = MockappClient(url, timeout=SECONDS)
    with pytest.raises(ClientError) as caught:
        client.set_fault(error_ratio=1, lifetime_seconds=5)
    assert caught.value.kind is ErrorKind.UNAUTHORIZED
    assert caught.value.system == "mock app"
    with pytest.raises(ClientError):
        client.clear_fault()
    assert not client.fault().is_set


def test_a_fault_beyond_reason_is_refused_in_the_services_words(url: str) -> None:
    with pytest.raises(ClientError) as caught:
        MockappClient(url, "token", timeout=SECONDS).set_fault(error_ratio=7, lifetime_seconds=5)
    assert caught.value.kind is ErrorKind.REFUSED
    assert "error_ratio" in str(caught.value)


def test_metrics_hold_both_families(url: str) -> None:
    metrics = MockappClient(url, timeout=SECONDS).metrics_text()
    assert "# TYPE http_requests_total counter" in metrics
    assert "# TYPE http_request_duration_seconds histogram" in metrics


@pytest.mark.parametrize("how", sorted(EXPECTED))
def test_each_misbehaviour_is_told_by_its_kind(how: Misbehaviour) -> None:
    with HostileServer(how) as server:
        client = MockappClient(server.url, "token", timeout=0.3 if how in SLOW else 60)
        with pytest.raises(ClientError) as caught:
            client.fault()
    assert caught.value.kind is EXPECTED[how]


def test_an_answer_of_another_shape_is_garbage() -> None:
    with HostileServer(Misbehaviour.WRONG_SHAPE) as server, pytest.raises(ClientError) as caught:
        MockappClient(server.url, timeout=SECONDS).fault()
    assert caught.value.kind is ErrorKind.GARBAGE
