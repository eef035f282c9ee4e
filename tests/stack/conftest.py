from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import pytest

from portal.config import Settings
from stack import doctor
from stack.layout import Layout
from tests.stack.labs import PATIENCE, Lab, start_lab
from tests.stack.sources.releases import ReleaseServer


@pytest.fixture(autouse=True)
def patient_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A doctor who takes no busy machine for a server that is down."""
    monkeypatch.setattr(doctor, "PROBE_SECONDS", PATIENCE)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


@pytest.fixture
def layout(settings: Settings) -> Layout:
    layout = Layout(settings.data_dir)
    layout.make()
    return layout


@pytest.fixture
def releases() -> Iterator[ReleaseServer]:
    """A release server without a release."""
    server = ReleaseServer()
    yield server
    server.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start a lab with ``lab(...)``; at the end of the test none is left."""
    started: list[Lab] = []

    def start(**options: Any) -> Lab:
        started.append(start_lab(tmp_path, **options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            with suppress(TimeoutExpired):
                one.process.wait(PATIENCE)
            one.process.kill()
            one.process.wait()
