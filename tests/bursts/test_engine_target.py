"""The one service a burst may ask."""

from __future__ import annotations

import socket
from collections import Counter
from itertools import islice

import pytest

from portal.bursts.engine.target import endless_mix, find_target, make_request
from portal.bursts.messages import MessageError, Part


def test_a_base_url_with_a_path_keeps_it() -> None:
    target = find_target("http://127.0.0.1:8000/shop/")
    request = make_request(target, Part("/search?q=1"))
    assert request.data.startswith(b"GET /shop/search?q=1 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")
    assert request.data.endswith(b"\r\n\r\n")


def test_a_post_has_an_empty_body() -> None:
    request = make_request(find_target("http://127.0.0.1"), Part("/checkout", method="POST"))
    assert b"\r\nContent-Length: 0\r\n" in request.data
    assert b"Host: 127.0.0.1\r\n" in request.data


def test_of_several_addresses_the_one_that_listens_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert find_target(f"http://localhost:{port}").address[:2] == ("127.0.0.1", port)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "https://localhost:8000",
        "ftp://localhost",
        "http://",
        "http://localhost:99999",
        "http://user@localhost",
        "http://localhost/?q=1",
        "http://[::1",
    ],
)
def test_a_target_of_no_use_is_refused(url: str) -> None:
    with pytest.raises(MessageError, match="target"):
        find_target(url)


def test_an_unknown_host_is_one_sentence() -> None:
    with pytest.raises(MessageError, match="nowhere"):
        find_target("http://nowhere.invalid:8000")


def test_a_mix_is_exact_over_each_round_and_not_periodic() -> None:
    target = find_target("http://127.0.0.1")
    mix = (Part("/", 6), Part("/search", 3), Part("/checkout", 1))
    paths = [request.data.split()[1] for request in islice(endless_mix(target, mix), 600)]
    assert Counter(paths) == {b"/": 360, b"/search": 180, b"/checkout": 60}
    assert Counter(paths[:10]) == {b"/": 6, b"/search": 3, b"/checkout": 1}
    fifths = Counter(paths[4::5])
    assert set(fifths) == {b"/", b"/search", b"/checkout"}
