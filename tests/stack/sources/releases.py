"""A release server on loopback, and programs that only tell their version."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def program(name: str, version: str) -> bytes:
    return f"#!/bin/sh\necho '{name}, version {version} (branch: x)'\n".encode()


def put_program(path: Path, name: str, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(program(name, version))
    path.chmod(0o755)
    return path


def archive(top: str, files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class ReleaseServer:
    """Serves ``files`` by path. A path in ``cut`` is sent by half, one in ``stalled`` for ever."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.stalled: set[str] = set()
        self.asked: list[str] = []
        self._leave = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        content = self.files.get(request.path)
        request.send_response(404 if content is None else 200)
        request.send_header("Content-Length", str(len(content or b"")))
        request.end_headers()
        half = request.path in self.cut | self.stalled
        request.wfile.write((content or b"")[: len(content or b"") // 2 if half else None])
        if request.path in self.stalled:
            request.wfile.flush()
            self._leave.wait(120)
        request.close_connection = True

    def publish(self, path: str, content: bytes, sums: str, sums_for: bytes | None = None) -> None:
        """Put an archive there, and the file with its sum (or with that of other content)."""
        digest = hashlib.sha256(content if sums_for is None else sums_for).hexdigest()
        self.files[path] = content
        self.files[sums] = (
            f"{'0' * 64}  other.tar.gz\n{digest}  {path.rpartition('/')[2]}\n".encode()
        )

    def close(self) -> None:
        self._leave.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        time.sleep(0)
