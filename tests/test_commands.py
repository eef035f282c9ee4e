"""Commands that open the lab's database let go of it when they are done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, event

from portal.cli import slo_lab
from portal.config import Settings


@contextmanager
def opened() -> Iterator[list[object]]:
    """The database connections that were opened and not closed meanwhile."""
    still: list[object] = []

    def connected(connection: object, record: object) -> None:
        still.append(connection)

    def closed(connection: object, record: object) -> None:
        still.remove(connection)

    event.listen(Engine, "connect", connected)
    event.listen(Engine, "close", closed)
    try:
        yield still
    finally:
        event.remove(Engine, "connect", connected)
        event.remove(Engine, "close", closed)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["reset"], 0),
        (["export"], 0),
        (["slo", "export"], 0),
        (["check"], 1),
    ],
)
def test_a_command_leaves_no_connection_open(
    app: Flask,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
) -> None:
    for name in ("DATA_DIR", "MOCKAPP_URL", "PROMETHEUS_URL"):
        monkeypatch.setenv(f"SLO_LAB_{name}", str(getattr(settings, name.lower())))
    with opened() as still:
        result = CliRunner().invoke(slo_lab, arguments)
    assert (result.exit_code, still) == (status, []), result.output
