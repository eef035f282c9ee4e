from __future__ import annotations

from bench.visitors import Visit, polls, visit
from tests.fakes.server import LocalServer, Reply


def port_of(server: LocalServer) -> int:
    return int(server.url.rpartition(":")[2])


def test_an_open_page_polls_what_its_elements_ask_for_again_and_again() -> None:
    page = """
      <div hx-get="/rail" hx-trigger="every 10s, burst-changed from:body"></div>
      <p hx-get="/live?a=1&amp;b=2" hx-trigger="load, every 1s"></p>
      <p hx-get="/once" hx-trigger="load"></p><p hx-trigger="every 2s"></p>
    """
    assert polls(page) == [Visit("/rail", 10.0), Visit("/live?a=1&b=2", 1.0)]


def test_visitors_come_on_schedule() -> None:
    with LocalServer(lambda request: Reply(body=b"page")) as server:
        waits = visit(port_of(server), [Visit("/a", 0.1), Visit("/b", 0.1, phase=0.25)], 0.42)
    assert sorted(server.paths()) == ["GET /a"] * 5 + ["GET /b"] * 2
    assert [len(waits.by_path[path]) for path in ("/a", "/b")] == [5, 2]
    assert not waits.failures


def test_waits_count_from_the_moment_that_a_visit_was_due() -> None:
    with LocalServer(lambda request: Reply(body=b"page", delay_s=0.3)) as server:
        waits = visit(port_of(server), [Visit("/a", 0.1)], 0.25)
    first, second, third = waits.all
    assert first >= 0.3
    assert second >= 0.5
    assert third >= 0.7


def test_an_answer_that_is_no_page_is_a_failure() -> None:
    with LocalServer(lambda request: Reply(status=503)) as server:
        waits = visit(port_of(server), [Visit("/a", 1.0)], 0.5)
    assert len(waits.failures) == 1
    assert "503" in waits.failures[0]
