"""The real Grafana: started from its folder, or given by its address."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from tests.ports import take_port

READY_S = 180
ADMIN = ("admin", "of-this-walk-alone")
QUIET = {
    "GF_LOG_MODE": "file",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_SECURITY_ADMIN_USER": ADMIN[0],
    "GF_SECURITY_ADMIN_PASSWORD": ADMIN[1],
}


@dataclass
class RealGrafana:
    """A Grafana, and its administrator's way to it. ``home`` None: it was there before us."""

    url: str
    admin: tuple[str, str]
    home: Path | None = None
    data: Path | None = None
    more: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def call(self, method: str, path: str, content: object = None, **params: Any) -> Any:
        """The JSON of an answer to the administrator, whatever its status is."""
        answer = self.ask(method, path, content, **params)
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, content: object = None, **params: Any) -> Any:
        url, login = f"{self.url}{path}", self.admin
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, json=content, params=params, auth=login, timeout=60)

    @property
    def version(self) -> str:
        return str(self.call("GET", "/api/health")["version"])

    def restart(self, **more: str) -> None:
        """Start it anew, with these of Grafana's settings besides."""
        self.stop()
        self.more = more
        self.start()

    def start(self) -> None:
        assert self.home
        assert self.data
        parts = urlsplit(self.url)
        environ = {
            **os.environ,
            **QUIET,
            "GF_PATHS_DATA": str(self.data),
            "GF_PATHS_LOGS": str(self.data / "log"),
            "GF_PATHS_PLUGINS": str(self.data / "plugins"),
            "GF_PATHS_PROVISIONING": str(self.data / "provisioning"),
            "GF_SERVER_HTTP_ADDR": str(parts.hostname),
            "GF_SERVER_HTTP_PORT": str(parts.port),
            **self.more,
        }
        program = [str(self.home / "bin" / "grafana"), "server", "--homepath", str(self.home)]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            program, cwd=self.home, env=environ, stdout=quiet, stderr=quiet
        )
        deadline = time.monotonic() + READY_S
        while not self._answers():
            assert time.monotonic() < deadline, "Grafana did not start"
            assert self.process.poll() is None, "Grafana ended"
            time.sleep(0.2)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        try:
            return bool(self.ask("GET", "/api/org").ok)
        except requests.ConnectionError:
            return False


@contextmanager
def real_grafana(where: str, folder: Path) -> Iterator[RealGrafana]:
    """The Grafana at an address (``http://user:password@host:port``), or one from its folder."""
    if where.startswith("http"):
        parts = urlsplit(where)
        host = parts.netloc.rpartition("@")[2]
        url = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        yield RealGrafana(url, (parts.username or "", parts.password or ""))
        return
    place = take_port()
    url = f"http://127.0.0.1:{place.getsockname()[1]}"
    (folder / "provisioning").mkdir(parents=True)
    grafana = RealGrafana(url, ADMIN, Path(where).resolve(), folder)
    try:
        grafana.start()
        yield grafana
    finally:
        grafana.stop()
        place.close()
