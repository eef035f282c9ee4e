"""The portal's server, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.reflections.portal_process import PortalProcess

OPEN_PAGES = 200


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalProcess]:
    """A portal with nothing around it."""
    process = PortalProcess(tmp_path)
    try:
        process.start()
        yield process
    finally:
        process.close()


def test_each_of_two_hundred_open_pages_keeps_its_connection_and_is_answered(
    portal: PortalProcess,
) -> None:
    with ExitStack() as pages:
        for _ in range(OPEN_PAGES):
            page = HTTPConnection("127.0.0.1", portal.port, timeout=60)
            pages.enter_context(closing(page))
            page.request("GET", "/healthz")
            answer = page.getresponse()
            assert answer.status == 200
            answer.read()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SLO_LAB_DATABASE_URL", "nonsense", "must be like postgresql+psycopg://"),
        ("SLO_LAB_DATABASE_URL", "nosuch://u:hunter2@h/x", "must be like postgresql+psycopg://"),
        ("SLO_LAB_DATABASE_URL", "postgresql+psycopg://u:hunter2@127.0.0.1:1/x", "Is it running"),
        ("SLO_LAB_DATABASE_URL", "sqlite:////proc/nowhere/lab.db", "/proc/nowhere can't be used"),
        ("SLO_LAB_DATA_DIR", "/proc/nowhere", "SLO_LAB_DATA_DIR"),
        ("SLO_LAB_HOST", "203.0.113.9", "203.0.113.9:18080 (SLO_LAB_HOST"),
        ("SLO_LAB_HOST", "nosuch.invalid", "no address of this machine"),
    ],
)
def test_what_can_not_be_used_is_said_in_one_sentence(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "SLO_LAB_DATA_DIR": str(tmp_path),
        "SLO_LAB_PORT": "18080",
        variable: value,
    }
    command = [sys.executable, "-m", "portal.wsgi"]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("portal: ")
    assert said in last
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
