"""Reading HTTP answers, however they are cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.bursts.engine.answers import MAX_ANSWER_BYTES, GarbageError, Reply, TooLargeError

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n10;name=value\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"
)
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nas much as there is"


def feed_all(*pieces: bytes) -> Reply:
    answer = Reply()
    for piece in pieces:
        answer.feed(piece)
    return answer


@given(
    whole=st.sampled_from([(SIZED, 200), (CHUNKED, 200), (CONTINUED, 200), (EMPTY, 204)]),
    data=st.data(),
)
def test_an_answer_is_complete_with_its_last_byte_however_it_is_cut(
    whole: tuple[bytes, int], data: st.DataObject
) -> None:
    text, status = whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    answer = Reply()
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        assert not answer.is_complete
        if start < end:
            answer.feed(text[start:end])
        if end == len(text):
            break
    assert answer.is_complete
    assert answer.status == status
    assert answer.reusable


@pytest.mark.parametrize("text", [SIZED, CHUNKED, CONTINUED, EMPTY])
def test_an_answer_that_is_cut_off_is_not_complete(text: bytes) -> None:
    answer = Reply()
    assert not answer.feed(text[:-1])
    assert not answer.end()


def test_an_answer_without_length_ends_with_the_connection() -> None:
    answer = Reply()
    assert not answer.feed(UNTIL_CLOSE)
    assert answer.end()
    assert answer.status == 200
    assert not answer.reusable


def test_an_answer_to_head_has_no_body() -> None:
    answer = Reply("HEAD")
    assert answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert answer.reusable


@pytest.mark.parametrize(
    ("text", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", True),
        (SIZED + b"and more than was promised", False),
        (SIZED + SIZED, False),
        (CHUNKED + b"\r\nand more", False),
        (EMPTY + b"and more", False),
    ],
)
def test_a_connection_is_kept_only_where_that_is_safe(text: bytes, reusable: bool) -> None:
    answer = Reply()
    assert answer.feed(text)
    assert answer.reusable is reusable


@pytest.mark.parametrize(
    "text",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x00\x05",
        b"<html>\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX5\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;\x00\r\na\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000,
    ],
)
def test_what_is_no_http_is_garbage(text: bytes) -> None:
    with pytest.raises(GarbageError):
        Reply().feed(text)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_ANSWER_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
    ],
)
def test_nobody_reads_an_endless_answer(head: bytes) -> None:
    with pytest.raises(TooLargeError):
        feed_all(head, *[b"x" * 65536] * 17)


def test_nobody_reads_an_endless_length_of_a_chunk() -> None:
    with pytest.raises(TooLargeError):
        feed_all(CHUNKED[: CHUNKED.index(b"5")], *[b"0" * 65536] * 17)


def test_heads_that_announce_another_are_not_the_answer() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    answer = feed_all(hints, CONTINUED[:-1])
    assert (answer.status, answer.is_complete) == (200, False)
    assert answer.feed(b"o")
    assert not feed_all(hints).end()


NOTHING = CHUNKED[: CHUNKED.index(b"5")] + b"0\r\n\r\n"


@pytest.mark.parametrize("text", [SIZED, CHUNKED, NOTHING])
def test_a_body_that_nobody_asked_for_ends_the_connection(text: bytes) -> None:
    answer = Reply("HEAD")
    assert answer.feed(text)
    assert not answer.reusable


def test_what_comes_after_the_end_breaks_no_answer() -> None:
    answer = feed_all(SIZED, b"SSH-2.0-OpenSSH_9.2\r\n")
    assert answer.is_complete
    assert not answer.reusable


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(text: bytes) -> None:
    answer = Reply()
    try:
        answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + text)
        answer.end()
    except (GarbageError, TooLargeError):
        pass
