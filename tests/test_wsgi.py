"""The portal's server, as a process."""

from __future__ import annotations

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
            page = HTTPConnection("127.0.0.1", portal.port, timeout=10)
            pages.enter_context(closing(page))
            page.request("GET", "/healthz")
            answer = page.getresponse()
            assert answer.status == 200
            answer.read()
