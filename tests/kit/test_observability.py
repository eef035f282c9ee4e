"""The portal watched."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_made_up_methods_make_no_new_series(client: FlaskClient) -> None:
    for number in range(5):
        client.open("/healthz", method=f"MADE-UP-{number}")
    counted = client.get("/metrics").text
    assert "MADE-UP" not in counted
    assert 'endpoint="none",method="other",status="405"} 5.0' in counted
