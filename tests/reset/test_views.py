"""The reset page: asks first, then does what was asked."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.bursts.models import Burst, BurstState
from portal.kit.db import db
from portal.reflections import store
from portal.reflections.store import Draft
from tests.conftest import START

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def written(app: Flask) -> None:
    """One answer that can be lost."""
    with app.app_context():
        store.save_answer(1, Draft.of("slis", "An answer"), START)


def answer(app: Flask) -> str:
    with app.app_context():
        return store.answers(1)["slis"]


def test_the_page_says_what_each_reset_deletes(client: FlaskClient) -> None:
    page = client.get("/reset")
    assert page.status_code == 200
    assert page.text.count("1 answer") == 2
    assert "its tick alone" in page.text


def test_looking_at_the_confirmation_deletes_nothing(app: Flask, client: FlaskClient) -> None:
    page = client.get("/reset/reflections")
    assert "1 answer" in page.text
    assert "/reflections/export.md" in page.text
    assert answer(app) == "An answer"


def test_without_the_tick_nothing_is_deleted(app: Flask, client: FlaskClient) -> None:
    page = client.post("/reset/reflections")
    assert page.status_code == 422
    assert "Tick the box" in page.text
    assert answer(app) == "An answer"


def test_with_the_tick_it_is_reset(app: Flask, client: FlaskClient) -> None:
    for _ in range(2):
        done = client.post("/reset/reflections", data={"sure": "yes"})
        assert (done.status_code, done.location) == (303, "/reset")
    assert answer(app) == ""
    assert "Your reflections: reset" in client.get("/reset").text


def test_a_running_burst_is_named_as_the_reason(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        burst = Burst(
            learner_id=1,
            key="k",
            preset="steady",
            title="Steady",
            spec={"duration": 60},
            state=BurstState.RUNNING,
            requested_at=START,
            heartbeat_at=START,
        )
        db.session.add(burst)
        db.session.commit()
    page = client.post("/reset/lab", data={"sure": "yes"})
    assert page.status_code == 409
    assert "A burst is running" in page.text
    assert answer(app) == "An answer"


def test_an_unknown_name_is_a_404(client: FlaskClient) -> None:
    assert client.get("/reset/everything").status_code == 404


def test_another_site_can_not_reset(app: Flask, client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    done = client.post("/reset/lab", data={"sure": "yes"}, headers=headers)
    assert done.status_code == 403
    assert answer(app) == "An answer"
