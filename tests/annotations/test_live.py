"""The same in a live Grafana: SLO_LAB_GRAFANA_URL names it, with a login that may edit.

What is made there is deleted again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from portal.annotations.annotator import look
from portal.annotations.region import burst_tag
from portal.bursts.models import BurstState
from portal.clients import ClientError
from portal.clients.grafana import GrafanaClient
from portal.clients.grafana.credentials import from_settings
from portal.config import Settings
from portal.kit.db import db
from portal.learners.beginnings import LAB
from portal.reset.scopes import find_scope, reset
from portal.services import Services, utc_now
from portal.workbench import store as workbench
from tests.annotations.test_annotator import ME, begun
from tests.apps import portal_app
from tests.fakes.boards import classic_board
from tests.patience import SECONDS

URL = os.environ.get("SLO_LAB_GRAFANA_URL", "")
pytestmark = [
    pytest.mark.live_grafana,
    pytest.mark.skipif(not URL, reason="no live Grafana: SLO_LAB_GRAFANA_URL is not set"),
]


@pytest.fixture
def grafana() -> GrafanaClient:
    """A client that may edit."""
    settings = Settings.from_env()
    return GrafanaClient(settings.grafana_base, from_settings(settings), timeout=SECONDS)


@pytest.fixture
def board(grafana: GrafanaClient) -> Iterator[str]:
    """The uid of a dashboard in the folder "SLO lab"."""
    uid = f"slo-lab-{secrets.token_hex(6)}"
    content = {**classic_board(f"SLO lab annotations {uid}"), "uid": uid}
    try:
        grafana.save_dashboard(content, folder_uid=grafana.ensure_folder().uid)
    except ClientError as error:
        pytest.skip(f"the login may not save a dashboard: {error}")
    yield uid
    with contextlib.suppress(ClientError):
        grafana.delete_dashboard(uid)


@pytest.fixture
def app(settings: Settings, services: Services, grafana: GrafanaClient) -> Iterator[Flask]:
    settings = replace(settings, grafana_url=URL)
    limits = replace(
        services.limits, annotation=replace(services.limits.annotation, boards=1, again_s=0)
    )
    services = replace(services, settings=settings, grafana=grafana, limits=limits, clock=utc_now)
    with portal_app(settings, services) as app, app.app_context():
        yield app


def test_a_burst_stands_there_until_its_end_and_goes_with_a_reset(
    app: Flask, grafana: GrafanaClient, board: str
) -> None:
    at_hand: Services = app.extensions["slo_lab"]
    workbench.pushed(1, board, f"/d/{board}/x", 1, utc_now())
    burst = begun("live", utc_now())
    tag = burst_tag(burst)
    look(at_hand, ME)
    [running] = grafana.tagged_annotations(tag)
    assert running.dashboard_uid == board
    assert running.end - running.start == pytest.approx(60, abs=0.01)
    burst.state, burst.ended_at = BurstState.FINISHED, utc_now()
    db.session.commit()
    look(at_hand, "another process")
    look(at_hand, ME)
    [ended] = grafana.tagged_annotations(tag)
    assert ended.id == running.id
    assert ended.end == pytest.approx(burst.ended_at.timestamp(), abs=0.01)
    assert "finished" in ended.text
    lab = find_scope(LAB)
    assert lab
    reset(at_hand, burst.learner, lab)
    look(at_hand, ME)
    assert grafana.tagged_annotations(tag) == []
