"""Reading one HTTP/1.1 answer from the bytes of a connection, as they come (RFC 9112).

Only what a load generator has to know: the status, where the answer ends, and whether the
connection can be used again. Bodies are counted, not kept.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_HEAD_BYTES = 16 << 10
MAX_ANSWER_BYTES = 1 << 20
MAX_CHUNK_LINE_BYTES = 256

_NO_BODY = (204, 304)


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
        "_buffer", "_headless", "_left", "_read", "_size", "_until_close",
        "is_complete", "reusable", "status",
    )  # fmt: skip

    def __init__(self, method: str = "GET") -> None:
        self.status = 0
        self.is_complete = False
        self.reusable = False
        self._headless = method == "HEAD"
        self._buffer = b""
        self._size = 0
        self._left = 0
        self._until_close = False
        self._read: Callable[[Reply], bool] = Reply._read_head

    @property
    def is_empty(self) -> bool:
        """Whether not a byte has come yet."""
        return self._size == 0

    def feed(self, data: bytes) -> bool:
        """Take what came; returns ``is_complete``. Raises GarbageError or TooLargeError."""
        self._size += len(data)
        if self._size > MAX_ANSWER_BYTES:
            raise TooLargeError
        self._buffer = self._buffer + data if self._buffer else data
        while not self.is_complete and self._read(self):
            pass
        if self.is_complete and self._buffer:
            self.reusable = False
        return self.is_complete

    def end(self) -> bool:
        """The connection was closed; returns whether the answer is complete with that."""
        self.reusable = False
        self.is_complete = self.is_complete or self._until_close
        return self.is_complete

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise GarbageError
            if not b"HTTP/1.".startswith(self._buffer[:7]):
                raise GarbageError
            return False
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        lines = head.split(b"\r\n")
        self.status, is_1_1 = _read_status_line(lines[0])
        if self.status == 101:
            raise GarbageError
        if self.status >= 200:
            self._frame(_read_headers(lines[1:]), is_1_1)
        return True

    def _frame(self, headers: dict[bytes, bytes], is_1_1: bool) -> None:
        """Decide where the body ends (RFC 9112, section 6.3)."""
        options = headers.get(b"connection", b"").lower()
        self.reusable = b"close" not in options if is_1_1 else b"keep-alive" in options
        coding = headers.get(b"transfer-encoding")
        length = headers.get(b"content-length")
        if self._headless or self.status in _NO_BODY:
            self.is_complete = True
        elif coding is not None:
            self.reusable = self.reusable and length is None
            self._read_until_close()
            if coding.lower().endswith(b"chunked"):
                self._until_close, self._read = False, Reply._read_chunk_line
        elif length is not None:
            self._left = _read_length(length)
            self._read = Reply._read_sized
        else:
            self._read_until_close()

    def _read_until_close(self) -> None:
        self._until_close, self._read = True, Reply._drop

    def _drop(self) -> bool:
        self._buffer = b""
        return False

    def _read_sized(self) -> bool:
        self._skip()
        self.is_complete = not self._left
        return False

    def _skip(self) -> None:
        taken = min(self._left, len(self._buffer))
        self._left -= taken
        self._buffer = self._buffer[taken:]

    def _read_chunk_line(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        self._left = _read_chunk_size(line)
        self._read = Reply._read_chunk if self._left else Reply._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._skip()
        if self._left:
            return False
        self._read = Reply._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        if line:
            raise GarbageError
        self._read = Reply._read_chunk_line
        return True

    def _read_trailer(self) -> bool:
        line = self._take_line()
        self.is_complete = line == b""
        return line is not None

    def _take_line(self) -> bytes | None:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            if len(line) > MAX_CHUNK_LINE_BYTES:
                raise GarbageError
            return None
        self._buffer = rest
        return line


def _read_status_line(line: bytes) -> tuple[int, bool]:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if (
        version not in (b"HTTP/1.1", b"HTTP/1.0")
        or not code.isdigit()
        or rest[3:4] not in (b"", b" ")
    ):
        raise GarbageError
    status = int(code)
    if not 100 <= status <= 599:
        raise GarbageError
    return status, version == b"HTTP/1.1"


def _read_headers(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name:
            raise GarbageError
        name, value = name.lower(), value.strip(b" \t")
        if name == b"content-length" and headers.get(name, value) != value:
            raise GarbageError
        headers[name] = value
    return headers


def _read_chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip(b" \t")
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise GarbageError
    return int(digits, 16)


def _read_length(value: bytes) -> int:
    if not value.isdigit():
        raise GarbageError
    if len(value) > 10 or int(value) > MAX_ANSWER_BYTES:
        raise TooLargeError
    return int(value)
