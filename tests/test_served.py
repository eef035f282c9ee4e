"""The portal that a browser visits in a test."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.served import Served


def test_it_is_stopped_though_an_answer_wakes_the_server_meanwhile(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(app)
    wake = served._server.trigger._physical_pull

    def wake_after_somebody_else() -> None:
        wake()
        served._thread.join(timeout=0.5)
        wake()

    monkeypatch.setattr(served._server.trigger, "_physical_pull", wake_after_somebody_else)
    served.stop()
    assert not served._thread.is_alive()
