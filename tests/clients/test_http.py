"""Asking a system that misbehaves gives one kind of error, one sentence, and in time."""

from __future__ import annotations

import base64
import errno
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.http import Http, basic
from tests.fakes.hostile import HostileServer, Misbehaviour
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS

EXPECTED = {
    Misbehaviour.DOWN: ErrorKind.UNREACHABLE,
    Misbehaviour.SLOW: ErrorKind.TIMEOUT,
    Misbehaviour.DRIP_HEADERS: ErrorKind.TIMEOUT,
    Misbehaviour.DRIP_BODY: ErrorKind.TIMEOUT,
    Misbehaviour.DROP: ErrorKind.UNREACHABLE,
    Misbehaviour.ERROR_500: ErrorKind.SERVER_ERROR,
    Misbehaviour.UNAUTHORIZED: ErrorKind.UNAUTHORIZED,
    Misbehaviour.FORBIDDEN: ErrorKind.FORBIDDEN,
    Misbehaviour.GARBAGE: ErrorKind.GARBAGE,
    Misbehaviour.NO_HTTP: ErrorKind.GARBAGE,
    Misbehaviour.HTML: ErrorKind.LOGIN_PAGE,
    Misbehaviour.LOGIN_REDIRECT: ErrorKind.LOGIN_PAGE,
    Misbehaviour.REDIRECT: ErrorKind.REDIRECT,
    Misbehaviour.TOO_LARGE: ErrorKind.TOO_LARGE,
    Misbehaviour.DEEP_JSON: ErrorKind.GARBAGE,
    Misbehaviour.NAN_JSON: ErrorKind.GARBAGE,
    Misbehaviour.HUGE_NUMBER: ErrorKind.GARBAGE,
}
SLOW = (Misbehaviour.SLOW, Misbehaviour.DRIP_HEADERS, Misbehaviour.DRIP_BODY)
TIMEOUT_S = 0.4
WATCHDOG_S = 15.0
"""Far from what the call may take, and from the 30 s and more that the slow ones take."""


def failure(url: str, **options: Any) -> ClientError:
    http = Http("Thing", url, timeout=SECONDS)
    with closing(http), pytest.raises(ClientError) as caught:
        http.get_json("/x", **options)
    return caught.value


@pytest.mark.parametrize("how", EXPECTED)
def test_each_misbehaviour_has_its_kind_and_ends_in_time(how: Misbehaviour) -> None:
    with HostileServer(how) as server:
        start = time.monotonic()
        error = failure(server.url, **({"timeout": TIMEOUT_S} if how in SLOW else {}))
        took = time.monotonic() - start
    assert error.kind is EXPECTED[how]
    assert error.system == "Thing"
    assert took < WATCHDOG_S
    assert server.url in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 500


def test_texts_from_outside_are_cut_and_lose_their_control_characters() -> None:
    with HostileServer(Misbehaviour.ERROR_500) as server:
        error = failure(server.url)
    assert error.status == 500
    assert error.detail.startswith("it broke [31m yyy")
    assert len(error.detail) == 300


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.REFUSED),
        (404, ErrorKind.NOT_FOUND),
        (406, ErrorKind.NOT_ACCEPTABLE),
        (412, ErrorKind.REFUSED),
        (502, ErrorKind.SERVER_ERROR),
        (304, ErrorKind.REDIRECT),
    ],
)
def test_each_status_has_its_kind(status: int, kind: ErrorKind) -> None:
    with LocalServer(lambda _: Reply(status, b"", None)) as server:
        error = failure(server.url)
    assert (error.kind, error.status) == (kind, status)


def test_a_bare_text_that_calls_itself_html_is_no_web_page() -> None:
    with LocalServer(lambda _: Reply(body=b"ok", content_type="text/html")) as server:
        assert Http("Thing", server.url, timeout=SECONDS).get("/healthz").text == "ok"


def test_a_web_page_that_calls_itself_json_is_one() -> None:
    with LocalServer(lambda _: Reply(body=b"\n<!doctype HTML><p>")) as server:
        assert failure(server.url).kind is ErrorKind.LOGIN_PAGE


def test_a_redirect_is_not_followed() -> None:
    with LocalServer(lambda _: Reply(302, b"", None, {"Location": "/next"})) as server:
        failure(server.url)
        assert server.paths() == ["GET /x"]


def test_an_unknown_name_and_a_nonsensical_address_are_unreachable() -> None:
    for url in ("http://no-such-host.invalid", "http://exa mple", "http://" + "a" * 70 + ".x"):
        assert failure(url).kind is ErrorKind.UNREACHABLE


def test_a_call_can_have_a_time_limit_of_its_own() -> None:
    with HostileServer(Misbehaviour.SLOW) as server:
        error = failure(server.url, timeout=0.1)
    assert "within 0.1 s" in str(error)


def test_the_proxy_and_netrc_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with LocalServer(lambda _: Reply.of({"ok": True})) as server:
        assert Http("Thing", server.url, timeout=SECONDS).get_json("/x") == {"ok": True}


def test_a_login_in_the_address_is_sent_and_never_shown() -> None:
    with LocalServer(lambda _: Reply(401, b"", None)) as server:
        address = server.url.replace("http://", "http://anna:gehe%40im@")
        error = failure(address)
        assert server.requests[0].headers["authorization"] == basic("anna", "gehe@im")
    assert "anna" not in str(error)
    assert "im@" not in str(error)


def test_a_path_in_the_address_stays_in_front() -> None:
    with LocalServer(lambda _: Reply.of(1)) as server:
        Http("Thing", server.url + "/grafana/", timeout=SECONDS).get_json("/api/org")
        assert server.paths() == ["GET /grafana/api/org"]


def test_cookies_are_not_kept() -> None:
    with LocalServer(lambda _: Reply.of(1, headers={"Set-Cookie": "session=1"})) as server:
        http = Http("Thing", server.url, timeout=SECONDS)
        http.get_json("/a")
        http.get_json("/b")
        assert "cookie" not in server.requests[1].headers


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    with LocalServer(lambda _: Reply(body=b'{"title": "a\\ud800b"}')) as server:
        assert Http("Thing", server.url, timeout=SECONDS).get_json("/x") == {"title": "a?b"}


def test_connections_are_kept_and_threads_share_them() -> None:
    with counting_server() as (url, connections):
        http = Http("Thing", url, timeout=SECONDS)
        for _ in range(20):
            http.get("/x")
        assert len(connections) == 1
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: http.get("/x").body, range(80)))
        assert answers == [b"1"] * 80
        assert len(connections) <= 9


def test_a_connection_reset_while_it_is_made_is_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reset(*_: object, **__: object) -> socket.socket:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setattr("portal.clients.connections.socket.create_connection", reset)
    with pytest.raises(ClientError) as caught:
        Http("Grafana", "http://127.0.0.1:9").get("/")
    assert caught.value.kind is ErrorKind.UNREACHABLE


def test_a_connection_closed_meanwhile_is_no_failure() -> None:
    with LocalServer(lambda _: Reply.of("here")) as server:
        http = Http("Thing", server.url, timeout=SECONDS)
        http.get("/x")
        server.stop()
        server.start()
        assert http.get_json("/x") == "here"


def test_a_call_that_changes_something_is_never_made_twice() -> None:
    with LocalServer(lambda _: Reply(drop=True)) as server:
        with pytest.raises(ClientError):
            Http("Thing", server.url, timeout=SECONDS).send("POST", "/x", json={})
        assert server.paths() == ["POST /x"]


def test_a_status_can_be_accepted() -> None:
    with LocalServer(lambda _: Reply.of({"error": "no"}, 400)) as server:
        assert Http("Thing", server.url, timeout=SECONDS).get("/x", accept=(400,)).status == 400


def test_a_form_is_sent_as_a_form() -> None:
    with LocalServer(lambda _: Reply.of(1)) as server:
        Http("Thing", server.url, timeout=SECONDS).send("POST", "/x", form={"query": "a b&c=ä"})
        assert server.requests[0].form == {"query": "a b&c=ä"}


@contextmanager
def counting_server() -> Iterator[tuple[str, list[object]]]:
    """A server that keeps connections open, and the list of those that were opened."""
    opened: list[object] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            opened.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", opened
    finally:
        listener.close()


def test_the_request_is_what_was_meant() -> None:
    def answer(request: Request) -> Reply:
        return Reply.of([request.method, request.path, request.query, request.headers["x-a"]])

    with LocalServer(answer) as server:
        sent = Http("Thing", server.url, timeout=SECONDS).send(
            "PUT", "/p", params={"a": "1"}, headers={"X-A": "b"}
        )
    assert sent.text == '["PUT", "/p", {"a": "1"}, "b"]'


@pytest.mark.parametrize("secret", ["geheim\ngeheim", "geheim\r", "geheim\u2026", "geheim\udc80"])
def test_a_login_that_no_header_can_hold_is_told_without_it(secret: str) -> None:
    with HostileServer(Misbehaviour.ERROR_500) as server:
        error = failure(server.url, headers={"Authorization": f"Bearer {secret}"})
    assert error.kind is ErrorKind.UNAUTHORIZED
    assert "was not asked: the portal's login for it has a line end" in str(error)
    shown = "".join(traceback.format_exception(error))
    assert "geheim" not in shown.replace("test_a_login", "") + error.detail


def test_a_password_of_any_bytes_can_be_sent() -> None:
    password = b"\xff\xfe".decode(errors="surrogateescape")
    assert base64.b64decode(basic("u", password).removeprefix("Basic ")) == b"u:\xff\xfe"
