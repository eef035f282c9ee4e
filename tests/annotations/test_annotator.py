"""Each burst stands on the learner's dashboards in Grafana: once, until its end, nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from portal.annotations import store
from portal.annotations.annotator import look
from portal.annotations.models import BurstAnnotation
from portal.bursts.models import Burst, BurstState
from portal.clients.grafana import Credentials, GrafanaClient
from portal.config import Settings
from portal.criteria import store as verdicts
from portal.criteria.base import Status, Verdict
from portal.kit.db import db
from portal.learners.beginnings import LAB
from portal.reset.scopes import find_scope, losses, reset
from portal.services import Services
from portal.workbench import store as workbench
from tests.apps import portal_app
from tests.conftest import START, Clock
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.server import Reply, Request
from tests.patience import SECONDS

ME = "this process"
FAR = 100_000.0
"""Seconds; beyond every limit of AnnotationLimits."""


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    """With one dashboard in the lab's folder, and one elsewhere."""
    with FakeGrafana(anonymous=None) as fake:
        fake.add_folder()
        fake.add_dashboard(classic_board("Mine"), "mine", folder="slo-lab")
        fake.add_dashboard(classic_board("Somebody's"), "elsewhere")
        yield fake


@pytest.fixture
def role() -> str:
    return "Editor"


@pytest.fixture
def app(settings: Settings, services: Services, grafana: FakeGrafana, role: str) -> Iterator[Flask]:
    settings = replace(settings, grafana_url=grafana.url)
    login = Credentials(token=grafana.make_token(role))
    asked = GrafanaClient(grafana.url, login, timeout=SECONDS)
    services = replace(services, settings=settings, grafana=asked)
    with portal_app(settings, services) as app, app.app_context():
        yield app


@pytest.fixture
def at_hand(app: Flask) -> Services:
    services: Services = app.extensions["slo_lab"]
    return services


@pytest.fixture
def burst(app: Flask) -> Burst:
    return begun("one")


def begun(key: str, at: datetime = START) -> Burst:
    burst = Burst(
        learner_id=1,
        key=key,
        preset="error-burst",
        title="Error burst",
        spec={"duration": 60},
        state=BurstState.RUNNING,
        requested_at=at,
        started_at=at,
        heartbeat_at=at,
        counts={},
    )
    db.session.add(burst)
    db.session.commit()
    return burst


def end(burst: Burst, clock: Clock, seconds: float = 20.0) -> None:
    clock.pass_seconds(seconds)
    burst.state, burst.ended_at = BurstState.FINISHED, clock()
    burst.counts = {"sent": 400, "failed": {"500": 80}}
    db.session.commit()


def shown(grafana: FakeGrafana) -> list[tuple[Any, float, str]]:
    """Dashboard, seconds and text of each annotation."""
    kept = grafana.annotations.values()
    return [(o["dashboardUID"], (o["timeEnd"] - o["time"]) / 1000, o["text"]) for o in kept]


def only(grafana: FakeGrafana) -> dict[str, Any]:
    [one] = grafana.annotations.values()
    return one


def row_of(burst: Burst) -> BurstAnnotation:
    row = store.annotation_of(burst.id)
    assert row
    db.session.refresh(row)
    return row


UNDER_WAY = ("mine", 60.0, "Error burst (burst 1) is under way")
OVER = ("mine", 20.0, "Error burst (burst 1), finished: 400 sent, 80 failed")


def test_it_is_there_while_the_burst_runs_and_ends_with_it(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    assert shown(grafana) == [UNDER_WAY]
    assert {"slo-lab", "burst"} < set(only(grafana)["tags"])
    end(burst, clock)
    look(at_hand, ME)
    assert shown(grafana) == [OVER]
    assert row_of(burst).is_final
    assert [board.title for board in store.marking_of(row_of(burst)).boards] == ["Mine"]


def test_nothing_is_asked_of_grafana_while_nothing_changes(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    asked = len(grafana.requests)
    for _ in range(3):
        clock.pass_seconds(2)
        look(at_hand, ME)
    assert len(grafana.requests) == asked


def test_after_a_crash_there_are_no_doubles(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    db.session.delete(row_of(burst))  # the process died before it could save what it wrote
    db.session.commit()
    look(at_hand, "another process")
    assert shown(grafana) == [UNDER_WAY]


def test_doubles_become_one(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    [(number, kept)] = grafana.annotations.items()
    grafana.annotations[number + 50] = {**kept, "id": number + 50}
    end(burst, clock)
    look(at_hand, ME)
    assert shown(grafana) == [OVER]


def test_another_process_leaves_it_to_the_one_that_looks_after_it(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    assert store.claim(burst, "the other", clock(), at_hand.limits.annotation)
    clock.pass_seconds(at_hand.limits.annotation.again_s + 1)
    look(at_hand, ME)
    assert shown(grafana) == []
    clock.pass_seconds(at_hand.limits.annotation.abandoned_s)
    look(at_hand, ME)
    assert shown(grafana) == [UNDER_WAY]


def test_one_that_was_taken_off_by_hand_stays_off(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    grafana.annotations.clear()
    end(burst, clock)
    look(at_hand, ME)
    assert shown(grafana) == []
    assert row_of(burst).is_final


def test_no_dashboard_is_said_and_one_that_comes_later_is_marked(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    mine = grafana.dashboards.pop("mine")
    look(at_hand, ME)
    assert "no dashboard of yours in Grafana yet" in row_of(burst).trouble
    end(burst, clock)
    grafana.dashboards["mine"] = mine
    clock.pass_seconds(at_hand.limits.annotation.again_s + 1)
    look(at_hand, ME)
    assert shown(grafana) == [OVER]
    grafana.add_dashboard(classic_board("Second"), "second", folder="slo-lab")
    clock.pass_seconds(at_hand.limits.annotation.again_s + 1)
    look(at_hand, ME)
    assert sorted(one[0] for one in shown(grafana)) == ["mine", "second"]
    assert row_of(burst).trouble == ""


def test_what_was_pushed_and_what_the_check_took_is_marked_wherever_it_lies(
    at_hand: Services, grafana: FakeGrafana, burst: Burst
) -> None:
    for uid in ("pushed", "checked"):
        grafana.add_dashboard(classic_board(uid), uid)
    workbench.pushed(1, "pushed", "/d/pushed/x", 1, START)
    met = Verdict(Status.MET, "code", "Headline", "seen", "needed", memory={"uid": "checked"})
    verdicts.save(1, "dashboard", met, START)
    look(at_hand, ME)
    assert [one[0] for one in shown(grafana)] == ["pushed", "checked", "mine"]


def test_the_best_that_does_not_meet_the_criterion_may_be_anybodys(
    at_hand: Services, grafana: FakeGrafana, burst: Burst
) -> None:
    verdicts.save(1, "dashboard", checked(Status.NOT_MET), START)
    look(at_hand, ME)
    assert [one[0] for one in shown(grafana)] == ["mine"]


def test_where_a_burst_was_marked_it_ends_too(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    verdicts.save(1, "dashboard", checked(Status.MET), START)
    look(at_hand, ME)
    verdicts.save(1, "dashboard", checked(Status.NOT_MET), START)
    end(burst, clock)
    look(at_hand, ME)
    assert sorted(shown(grafana)) == [("elsewhere", *OVER[1:]), OVER]


def checked(status: Status) -> Verdict:
    """A verdict that remembers the dashboard elsewhere."""
    return Verdict(status, "code", "Headline", "seen", "needed", memory={"uid": "elsewhere"})


def test_what_the_lab_made_is_not_marked(
    at_hand: Services, grafana: FakeGrafana, burst: Burst
) -> None:
    board = classic_board("Lab", tags=("slo-lab-assisted",))
    grafana.add_dashboard(board, "labs", folder="slo-lab")
    look(at_hand, ME)
    assert [one[0] for one in shown(grafana)] == ["mine"]


@pytest.mark.parametrize("role", ["Viewer"])
def test_no_permission_is_said_and_asked_again_only_now_and_then(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    assert row_of(burst).trouble == (
        "“Mine”: The portal’s login may write no annotation there: in Grafana it needs the role "
        "Editor."
    )
    asked = len(grafana.requests)
    clock.pass_seconds(2)
    look(at_hand, ME)
    assert len(grafana.requests) == asked
    for account in grafana.accounts.values():
        account.role = "Editor"
    clock.pass_seconds(at_hand.limits.annotation.again_s + 1)
    look(at_hand, ME)
    assert shown(grafana) == [UNDER_WAY]


def test_a_dashboard_that_goes_in_that_moment_leaves_nothing_on_the_whole_organisation(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = grafana._dispatch

    def gone_meanwhile(request: Request) -> Reply:
        if (request.method, request.path) == ("POST", "/api/annotations"):
            grafana.dashboards.pop("mine")
        return serve(request)

    monkeypatch.setattr(grafana, "_dispatch", gone_meanwhile)
    look(at_hand, ME)
    assert grafana.annotations == {}


def test_a_grafana_that_is_away_is_said_and_asked_again(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    away = replace(at_hand, grafana=GrafanaClient("http://127.0.0.1:9", timeout=SECONDS))
    look(at_hand, ME)
    end(burst, clock)
    look(away, ME)
    assert "can't be reached" in row_of(burst).trouble
    assert [board.uid for board in store.marking_of(row_of(burst)).boards] == ["mine"]
    clock.pass_seconds(at_hand.limits.annotation.again_s + 1)
    look(at_hand, ME)
    assert shown(grafana) == [OVER]
    assert row_of(burst).trouble == ""


def test_in_the_end_nobody_looks_after_it_any_more(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    end(burst, clock)
    look(at_hand, ME)
    clock.pass_seconds(at_hand.limits.annotation.follow_s + 1)
    look(at_hand, ME)
    assert row_of(burst).done_at == clock()
    other = begun("two", clock())
    grafana.dashboards.clear()
    look(at_hand, ME)
    end(other, clock, FAR)
    clock.pass_seconds(FAR)
    look(at_hand, ME)
    assert row_of(other).done_at == clock()
    assert row_of(other).trouble


def test_a_reset_takes_them_back_and_no_others(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    end(burst, clock)
    look(at_hand, ME)
    theirs = {**only(grafana), "id": 90, "tags": ["slo-lab", "burst", "lab-other"]}
    by_hand = {**only(grafana), "id": 91, "tags": ["slo-lab"]}
    grafana.annotations |= {90: theirs, 91: by_hand}
    lab = find_scope(LAB)
    assert lab
    assert "1 annotation of a burst in Grafana" in losses(at_hand, burst.learner, lab)
    asked = len(grafana.requests)
    reset(at_hand, burst.learner, lab)
    assert len(grafana.requests) == asked
    look(at_hand, ME)
    assert sorted(grafana.annotations) == [90, 91]


def test_what_could_not_be_taken_back_is_taken_back_later(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    end(burst, clock)
    look(at_hand, ME)
    away = replace(at_hand, grafana=GrafanaClient("http://127.0.0.1:9", timeout=SECONDS))
    lab = find_scope(LAB)
    assert lab
    reset(at_hand, burst.learner, lab)
    look(away, ME)
    assert len(grafana.annotations) == 1
    look(at_hand, ME)
    assert grafana.annotations == {}


def test_what_a_reset_crossed_is_taken_back(
    at_hand: Services,
    grafana: FakeGrafana,
    burst: Burst,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look(at_hand, ME)  # nothing is left over now
    end(burst, clock)
    other, engine, serve = begun("two", clock()).id, db.engine, grafana._dispatch

    def reset_meanwhile(request: Request) -> Reply:
        if request.method == "POST":
            with engine.begin() as connection:
                for table in (BurstAnnotation.__table__, Burst.__table__):
                    column = table.c.burst_id if table.name != "burst" else table.c.id
                    connection.execute(table.delete().where(column == other))
        return serve(request)

    monkeypatch.setattr(grafana, "_dispatch", reset_meanwhile)
    look(at_hand, ME)
    assert "POST /api/annotations" in grafana.paths()
    assert shown(grafana) == [OVER]


def test_a_portal_that_starts_takes_back_what_a_reset_without_it_left(
    at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    look(at_hand, ME)
    db.session.delete(row_of(burst))
    db.session.delete(burst)
    db.session.commit()
    look(at_hand, ME)
    assert len(grafana.annotations) == 1  # this portal has looked already, and looks now and then
    new = replace(at_hand, instruments=type(at_hand.instruments)())
    look(new, ME)
    assert grafana.annotations == {}


def test_the_page_of_a_burst_says_where_it_stands_and_why_not(
    app: Flask, at_hand: Services, grafana: FakeGrafana, burst: Burst, clock: Clock
) -> None:
    mine = grafana.dashboards.pop("mine")
    grafana.dashboards.clear()
    look(at_hand, ME)
    page = app.test_client().get(f"/bursts/{burst.number}").text
    assert "Not marked on a dashboard: There is no dashboard of yours in Grafana yet." in page
    assert f'hx-get="/bursts/{burst.number}/grafana"' in page
    grafana.dashboards["mine"] = mine
    end(burst, clock)
    clock.pass_seconds(at_hand.limits.annotation.again_s + 1)
    look(at_hand, ME)
    part = app.test_client().get(f"/bursts/{burst.number}/grafana").text
    assert f'This burst is marked on <a href="{grafana.url}/d/mine/mine">Mine</a>.' in part
    assert "hx-get" not in part
    assert "Not marked" not in part


def test_the_page_of_a_burst_that_never_began_does_not_ask_again(
    app: Flask, at_hand: Services, burst: Burst
) -> None:
    burst.state, burst.started_at = BurstState.FAILED, None
    db.session.commit()
    part = app.test_client().get(f"/bursts/{burst.number}/grafana").text
    assert "hx-get" not in part
