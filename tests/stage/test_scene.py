"""The stage's words and figures: each follows from the record, Prometheus and the alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.alerts import record as alert_record
from portal.alerts.models import AlertWatch
from portal.alerts.transitions import AlertHistory, Transition
from portal.bursts.models import Burst, BurstState
from portal.bursts.record import BurstRecord
from portal.kit.db import db
from portal.learners.models import Learner
from portal.rulefile.states import AlertState
from portal.slo.budget import Events, assess
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from portal.stage.drawing import Lane
from portal.stage.measurement import Measurement
from portal.stage.scene import Incident, IncidentScene, scene_of, stretch_of
from tests.conftest import START, Clock
from tests.stage.recorded import record_of, saved_burst

AT = START.timestamp()
SHOP = SLO(
    name="shop",
    title="Shop works",
    sli=SLIKind.AVAILABILITY,
    objective=0.99,
    window=Window("1h"),
    why="so",
)
MEASURED = Measurement(
    sli=[(AT - 10, 1.0), (AT, 1.0), (AT + 12, 0.97), (AT + 30, 0.8), (AT + 100, 0.802)],
    scrapes=(AT, AT + 5),
    remaining=[(AT, 0.8), (AT + 28, 0.0), (AT + 60, -1.56)],
)
BUDGET = assess(SHOP, Events(240.0, 9400.0), 600.0, None)
FIRED = AlertHistory(
    "CheckoutErrors",
    {"severity": "page"},
    AlertState.INACTIVE,
    (
        Transition(AlertState.PENDING, AT + 15),
        Transition(AlertState.FIRING, AT + 30),
        Transition(AlertState.RESOLVED, AT + 95),
    ),
)


def scene(
    burst: Burst,
    *,
    measured: Measurement = MEASURED,
    slo: SLO | None = SHOP,
    histories: list[AlertHistory] | None = None,
    now: float = AT + 600,
) -> IncidentScene:
    record = burst.by_second or BurstRecord()
    stretch = stretch_of(burst, record, histories, now)
    assert stretch
    budget = BUDGET if slo else None
    views = record.views()
    return scene_of(Incident(burst, stretch, record, measured, slo, budget, histories, views))


def lane(of: IncidentScene, name: str) -> Lane:
    return next(one for one in of.lanes if one.name == name)


def tiles(of: IncidentScene) -> dict[str, tuple[str, str, bool]]:
    return {tile.name: (tile.value, tile.about, tile.alarm) for tile in of.tiles}


def test_an_incident_says_what_it_did_in_figures(learner: Learner) -> None:
    told = scene(saved_burst(learner), histories=[FIRED])
    assert tiles(told) == {
        "Users hurt": ("240", "of 1,200 requests, for 59.2 s", True),
        "Availability, lowest": ("80 %", "objective 99 %, below it since 0:12", True),
        "Error budget": ("−155 %", "240 bad, 94 allowed so far", True),
        "Alert CheckoutErrors": ("resolved", "fired after 30 s", False),
    }
    assert [(one.name, one.note, one.alarm) for one in told.lanes] == [
        ("Users", "240 of 1,200 failed", True),
        ("SLI", "below 99 % since 0:12", True),
        ("Error budget", "spent at 0:28", True),
        ("Alert", "fired at 0:30", True),
    ]
    assert "240, of 1,200 requests" in told.summary


def test_calm_traffic_alarms_nobody(learner: Learner) -> None:
    calm = Measurement(sli=[(AT, 1.0), (AT + 60, 1.0)], remaining=[(AT, 1.0), (AT + 60, 1.0)])
    burst = saved_burst(learner, fails=0)
    record = burst.by_second or BurstRecord()
    stretch = stretch_of(burst, record, [], AT + 600)
    assert stretch
    budget = assess(SHOP, Events(0.0, 1200.0), 600.0, None)
    told = scene_of(Incident(burst, stretch, record, calm, SHOP, budget, [], record.views()))
    assert not any(tile.alarm for tile in told.tiles)
    assert not any(one.alarm for one in told.lanes)
    assert lane(told, "Users").note == "none of 1,200 hurt"
    assert lane(told, "SLI").note == "never below 99 %"
    assert tiles(told)["Alerts"][0] == "silent"


def test_without_an_slo_there_is_no_budget_and_no_objective(learner: Learner) -> None:
    told = scene(saved_burst(learner), slo=None)
    assert [one.name for one in told.lanes] == ["Users", "SLI"]
    assert lane(told, "SLI").note == "lowest 80 %"
    assert tiles(told)["Availability, lowest"] == ("80 %", "no objective yet", False)
    assert "Error budget" not in tiles(told)


def test_prometheus_that_is_away_takes_only_its_own_lanes(learner: Learner) -> None:
    told = scene(saved_burst(learner), measured=Measurement(reason="Prometheus does not answer."))
    assert told.reason == "Prometheus does not answer."
    assert lane(told, "SLI").note == "no data"
    assert lane(told, "Users").note == "240 of 1,200 failed"
    assert tiles(told)["Availability, lowest"] == ("no data", "Prometheus does not answer.", False)


def test_a_burst_without_a_record_by_the_second_still_has_its_figures(learner: Learner) -> None:
    told = scene(saved_burst(learner, record=None))
    assert tiles(told)["Users hurt"][0] == "240"
    assert lane(told, "Users").wide.strokes == ()


def test_the_stretch_reaches_until_the_alerts_are_quiet_again(learner: Learner) -> None:
    burst = saved_burst(learner)
    record = burst.by_second or BurstRecord()
    plain = stretch_of(burst, record, None, AT + 600)
    late = AlertHistory("A", {}, AlertState.INACTIVE, (Transition(AlertState.FIRING, AT + 200),))
    assert plain
    assert (plain.start, plain.origin, plain.end) == (AT - 20, AT, AT + 120)
    longer = stretch_of(burst, record, [late], AT + 600)
    assert longer
    assert longer.end == AT + 215
    assert longer.known_to == AT + 215


def test_a_running_burst_shows_its_whole_plan_and_where_now_is(learner: Learner) -> None:
    burst = saved_burst(learner, seconds=20, state=BurstState.RUNNING, ended_at=None)
    told = scene(burst, now=AT + 20)
    assert told.wide.now_x
    assert told.wide.now_x < told.wide.band_x + told.wide.band_width
    assert "Availability, last minute" in tiles(told)
    assert scene(saved_burst(learner, key="later"), now=AT + 600).wide.now_x is None


def test_one_that_never_began_has_no_stage(learner: Learner) -> None:
    burst = saved_burst(learner, started_at=None, ended_at=None, state=BurstState.QUEUED, counts={})
    assert stretch_of(burst, BurstRecord(), None, AT) is None


@pytest.mark.parametrize(
    ("steps", "before", "note", "alarm"),
    [
        ([], AlertState.INACTIVE, "stayed silent", False),
        ([(AlertState.PENDING, 15.0)], AlertState.INACTIVE, "pending, not firing", False),
        ([(AlertState.FIRING, 30.0)], AlertState.INACTIVE, "firing since 0:30", True),
        ([], AlertState.FIRING, "firing before the burst", True),
    ],
)
def test_what_an_alert_did_is_told_in_three_words(
    learner: Learner,
    steps: list[tuple[AlertState, float]],
    before: AlertState,
    note: str,
    alarm: bool,
) -> None:
    moves = tuple(Transition(state, AT + after) for state, after in steps)
    history = AlertHistory("A", {}, before, moves)
    found = lane(scene(saved_burst(learner), histories=[history]), "Alert")
    assert (found.note, found.alarm) == (note, alarm)


def test_an_outage_is_drawn_as_given_up(learner: Learner) -> None:
    _, record = record_of(10, 20, 20, AT, kind="timeout")
    told = scene(saved_burst(learner, record=record.dump()))
    assert {stroke.look for stroke in lane(told, "Users").wide.strokes} == {"mark given-up"}


def test_the_page_shows_the_stage_and_asks_again_while_anything_may_change(
    client: FlaskClient, learner: Learner, clock: Clock
) -> None:
    burst = saved_burst(learner)
    clock.pass_seconds(90)
    page = client.get(f"/bursts/{burst.number}").text
    assert page.count('<div class="lane">') == 2
    assert f'hx-get="/bursts/{burst.number}/stage"' in page
    db.session.add(AlertWatch(burst_id=burst.id, learner_id=learner.id, trouble="", done_at=START))
    db.session.commit()
    clock.pass_seconds(3600)
    fragment = client.get(f"/bursts/{burst.number}/stage").text
    assert "240 of 1,200 failed" in fragment
    assert "hx-get" not in fragment


def test_a_record_that_cannot_be_read_takes_no_page_down(
    client: FlaskClient, learner: Learner
) -> None:
    burst = saved_burst(learner, record=b"spoiled")
    answer = client.get(f"/bursts/{burst.number}")
    assert answer.status_code == 200
    assert "of 1,200 requests" in answer.text


def test_the_alerts_of_the_burst_have_lanes(client: FlaskClient, learner: Learner) -> None:
    burst = saved_burst(learner)
    db.session.add(AlertWatch(burst_id=burst.id, learner_id=learner.id, trouble=""))
    alert_record.keep(burst, [FIRED])
    db.session.commit()
    page = client.get(f"/bursts/{burst.number}/stage").text
    assert "CheckoutErrors" in page
    assert "fired at 0:30" in page


def test_another_burst_has_no_stage_of_that_number(client: FlaskClient, learner: Learner) -> None:
    assert client.get("/bursts/99/stage").status_code == 404


def test_the_stage_of_ten_minutes_at_500_a_second_is_light(
    client: FlaskClient, learner: Learner
) -> None:
    burst = saved_burst(learner, seconds=600, rate=500, fails=100)
    assert burst.ended_at == START + timedelta(seconds=600)
    assert len(client.get(f"/bursts/{burst.number}/stage").data) < 250_000
