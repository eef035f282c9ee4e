"""One HTTP/1.1 answer from the bytes of a connection, as they come.

httptools (llhttp) reads the protocol. Here is what a load generator has to know of it: the
status, where the answer ends, and whether the connection can be used again. Bodies are counted,
not kept.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD_BYTES = 16 << 10
MAX_ANSWER_BYTES = 1 << 20

_NO_BODY = (204, 304)
_VERSIONS = ("1.0", "1.1")


class GarbageError(Exception):
    """The bytes are no HTTP answer."""


class TooLargeError(Exception):
    """The answer is longer than anybody has to read."""


class Reply:
    """The answer to one request: ``feed`` it until it ``is_complete``.

    ``status`` is known once the head has been read. ``reusable`` says whether the connection
    can carry another request afterwards.
    """

    __slots__ = (
        "_headless", "_in_head", "_parser", "_size", "_until_close",
        "is_complete", "reusable", "status",
    )  # fmt: skip

    def __init__(self, method: str = "GET") -> None:
        self.status = 0
        self.is_complete = False
        self.reusable = False
        self._headless = method == "HEAD"
        self._size = 0
        self._in_head = True
        self._until_close = True
        self._parser = HttpResponseParser(self)

    @property
    def is_empty(self) -> bool:
        """Whether not a byte has come yet."""
        return self._size == 0

    def feed(self, data: bytes) -> bool:
        """Take what came; returns ``is_complete``. Raises GarbageError or TooLargeError."""
        self._size += len(data)
        if self._size > MAX_ANSWER_BYTES:
            raise TooLargeError
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as error:
            raise GarbageError from error
        except HttpParserError as error:
            self._fail(error)
        if self._in_head and self._size > MAX_HEAD_BYTES:
            raise GarbageError
        return self.is_complete

    def _fail(self, error: HttpParserError) -> None:
        """What comes after the answer's end breaks the connection, not the answer."""
        if not self.is_complete:
            cause = error.__context__
            raise (cause if isinstance(cause, TooLargeError) else GarbageError()) from error
        self.reusable = False

    def end(self) -> bool:
        """The connection was closed; returns whether the answer is complete with that."""
        self.reusable = False
        self.is_complete = self.is_complete or (self._until_close and not self._in_head)
        return self.is_complete

    def on_message_begin(self) -> None:
        """Called by the parser: the first byte of an answer, also of one that nobody asked for."""
        self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser with each line of a head."""
        if name.lower() == b"content-length":
            self._until_close = False
            if len(value) > 10 or int(value) > MAX_ANSWER_BYTES:
                raise TooLargeError
        elif name.lower() == b"transfer-encoding":
            self._until_close = not value.lower().endswith(b"chunked")

    def on_headers_complete(self) -> None:
        """Called by the parser: the head has been read; one of 1xx is followed by another."""
        if self.is_complete:
            return
        self.status = self._parser.get_status_code()
        if not self._is_spoken():
            raise GarbageError
        self._in_head = self.status < 200
        if self._headless or self.status in _NO_BODY:
            self.on_message_complete()

    def _is_spoken(self) -> bool:
        """Whether this is HTTP/1 still, with a status that exists."""
        version = self._parser.get_http_version()
        return version in _VERSIONS and 100 <= self.status <= 599

    def on_body(self, body: bytes = b"") -> None:
        """Called by the parser: to HEAD there must be none."""
        if self.is_complete:
            self.reusable = False

    def on_chunk_header(self) -> None:
        """Called by the parser where a piece of a body begins."""
        self.on_body()

    def on_message_complete(self) -> None:
        """Called by the parser at the end of each answer."""
        if not self._in_head and not self.is_complete:
            self.is_complete = True
            self.reusable = self._parser.should_keep_alive()
