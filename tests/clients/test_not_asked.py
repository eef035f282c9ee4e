"""Once the time that all calls of a page share is over, nobody is asked, and it says so."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.background import Background
from portal.clients.errors import ClientError, ErrorKind, NotAskedError
from portal.clients.grafana import Credentials, GrafanaClient
from portal.clients.http import Http
from portal.clients.prometheus import PrometheusClient
from portal.criteria.base import Status
from portal.criteria.checker import cannot_ask
from portal.deadline import Deadline, under
from tests.fakes.prometheus import DATA
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS


def here(request: Request) -> Reply:
    return Reply.of("here")


def test_after_the_deadline_nobody_is_asked() -> None:
    with LocalServer(here) as server, under(Deadline(0)) as page:
        page.waited_for("Grafana", 3)
        with pytest.raises(NotAskedError) as caught:
            Http("Prometheus", server.url).get_json("/x")
        assert server.requests == []
    assert str(caught.value) == (
        f"Prometheus at {server.url} was not asked: Grafana is too slow now."
    )
    assert (caught.value.system, caught.value.kind) == ("Prometheus", ErrorKind.NOT_ASKED)


def test_where_nobody_was_slow_there_was_no_time() -> None:
    with under(Deadline(0)), pytest.raises(NotAskedError, match="there was no time left"):
        Http("Prometheus", "http://127.0.0.1:9").get("/x")


def test_before_it_a_call_has_what_is_left_and_who_was_slow_is_remembered() -> None:
    with LocalServer(lambda _: Reply(delay_s=SECONDS)) as server, under(Deadline(0.05)) as page:
        with pytest.raises(NotAskedError) as caught:
            Http("Prometheus", server.url, timeout=SECONDS).get("/x")
        assert page.passed
        assert page.slowest == "Prometheus"
        assert server.url in str(caught.value)
        with pytest.raises(NotAskedError, match="was not asked: Prometheus is too slow now"):
            Http("Grafana", server.url).get("/x")


def test_a_call_of_its_own_time_says_that_it_was_silent() -> None:
    with (
        LocalServer(lambda _: Reply(delay_s=SECONDS)) as server,
        under(Deadline(SECONDS)),
        pytest.raises(ClientError) as caught,
    ):
        Http("Prometheus", server.url, timeout=0.05).get("/x")
    assert caught.value.kind is ErrorKind.TIMEOUT


def test_waiting_for_a_turn_at_grafana_ends_with_the_page() -> None:
    asked = threading.Event()

    def serve(request: Request) -> Reply:
        asked.set()
        return Reply(delay_s=SECONDS)

    with LocalServer(serve) as server:
        login = Credentials(user="admin", password="admin")
        client = GrafanaClient(server.url, login, timeout=2)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(client.datasources)
            assert asked.wait(SECONDS)
            with under(Deadline(0.05)), pytest.raises(NotAskedError):
                client.datasources()
            assert len(server.requests) == 1
            assert isinstance(first.exception(SECONDS), ClientError)


def test_nobody_asked_is_cannot_check() -> None:
    error = NotAskedError("Prometheus at x was not asked.", system="Prometheus")
    verdict = cannot_ask(error)
    assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "prometheus_not_asked")


class Together(LocalServer):
    """Answers no query until so many are asked at once."""

    def __init__(self, parties: int) -> None:
        self.barrier = threading.Barrier(parties)
        super().__init__(self._serve)

    def _serve(self, request: Request) -> Reply:
        self.barrier.wait(SECONDS)
        return Reply.of({"status": "success", "data": DATA["query"]})


def test_several_queries_are_asked_side_by_side_where_there_is_a_pool() -> None:
    background = Background()
    with Together(3) as server:
        pool = background.pool("question", 2)
        client = PrometheusClient(server.url, timeout=SECONDS, pool=pool)
        assert client.all_numbers(["a", "b", "c"]) == [[], [], []]
        apart = client.apart(max_bytes=1 << 20, refuse=lambda _: "")
        assert apart.all_numbers(["a", "b", "c"]) == [[], [], []]
    assert background.stop(SECONDS) == []


def test_without_a_pool_they_are_asked_one_after_the_other() -> None:
    with Together(1) as server:
        client = PrometheusClient(server.url, timeout=SECONDS)
        assert client.all_numbers(["a", "b", "c"]) == [[], [], []]
    assert [request.form["query"] for request in server.requests] == ["a", "b", "c"]
