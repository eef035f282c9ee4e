"""Prediction beside truth, the learner's and the planner's."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.alerts import record
from portal.alerts.transitions import AlertHistory, Transition
from portal.bursts.models import Burst, BurstState
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.forecast import Forecast
from portal.rulefile.states import AlertState
from portal.stage.comparison import compare
from tests.alerts.test_course import BEGAN, add_burst
from tests.conftest import START, Clock
from tests.stage.test_views import HTMX, IdleRunner, bursts

PAGE = Forecast(
    slo="availability",
    title="Availability",
    alert="AvailabilityPage1h",
    pair="page 1h/5m",
    is_page=True,
    limit=0.144,
    seconds=77.1,
    failures=309,
    sentence="(600 × 0.144) / ...",
)
FIRED = AlertHistory(
    "AvailabilityPage1h",
    {"severity": "page"},
    AlertState.INACTIVE,
    (Transition(AlertState.PENDING, BEGAN + 70), Transition(AlertState.FIRING, BEGAN + 81)),
)


@pytest.fixture
def burst(learner: Learner) -> Burst:
    found = add_burst(learner, 0)
    found.counts = {"sent": 2000, "good": 1600, "failed": {"500": 400}, "elapsed_seconds": 100}
    found.spec = {"rate": 20, "duration": 100}
    found.predicted_error_ratio, found.predicted_page = 0.25, True
    db.session.commit()
    return found


@pytest.fixture
def runner(app: Flask) -> IdleRunner:
    idle = IdleRunner(app)
    app.extensions["slo_lab_runner"] = idle
    return idle


def test_both_stand_beside_what_happened(burst: Burst) -> None:
    truth = compare(burst, [FIRED], [PAGE], {"availability"}, settled=True)
    assert [(row.expected, row.happened) for row in truth.learner] == [
        ("25 %", "20 %"),
        ("fires", "it fired after 1 min 21 s (AvailabilityPage1h)"),
    ]
    (row,) = truth.planner
    assert row.expected == "309 bad requests, 1 min 17 s"
    assert row.happened == "400 failed in 1 min 40 s; it fired after 1 min 21 s"


@pytest.mark.parametrize(
    ("history", "settled", "words"),
    [
        (None, True, "it stayed silent"),
        (None, False, "silent so far"),
        (replace(FIRED, transitions=FIRED.transitions[:1]), True, "pending, and never fired"),
        (replace(FIRED, transitions=FIRED.transitions[:1]), False, "silent so far"),
        (replace(FIRED, before=AlertState.FIRING, transitions=()), True, "firing before the"),
        (
            replace(FIRED, transitions=(replace(FIRED.transitions[1], on_nothing=True),)),
            True,
            "fired on nothing, which proves nothing",
        ),
    ],
)
def test_what_the_page_alert_did(
    burst: Burst, history: AlertHistory | None, settled: bool, words: str
) -> None:
    known = [history] if history else []
    truth = compare(burst, known, [PAGE], {"availability"}, settled=settled)
    assert words in truth.learner[1].happened
    assert words in truth.planner[0].happened


def test_a_ticket_is_no_page(burst: Burst) -> None:
    ticket = replace(FIRED, name="Ticket", labels={"severity": "ticket"})
    silent = replace(FIRED, transitions=())
    truth = compare(burst, [ticket, silent], [], set(), settled=True)
    assert truth.learner[1].happened == "it stayed silent"


def test_without_a_label_that_says_so_every_alert_may_be_the_page(burst: Burst) -> None:
    truth = compare(burst, [replace(FIRED, name="Own", labels={})], [], set(), settled=True)
    assert truth.learner[1].happened == "it fired after 1 min 21 s (Own)"


def test_of_several_pages_the_first_that_fired_is_told(burst: Burst) -> None:
    late = replace(FIRED, name="Late", transitions=(Transition(AlertState.FIRING, BEGAN + 90),))
    silent = replace(FIRED, name="Silent", transitions=())
    truth = compare(burst, [late, silent, FIRED], [], set(), settled=True)
    assert truth.learner[1].happened == "it fired after 1 min 21 s (AvailabilityPage1h)"


def test_of_several_that_did_not_fire_the_one_on_nothing_is_told(burst: Burst) -> None:
    on_nothing = Transition(AlertState.FIRING, BEGAN + 5, on_nothing=True)
    dead = replace(FIRED, name="Dead", transitions=(on_nothing,))
    before = replace(FIRED, name="Before", before=AlertState.FIRING, transitions=())
    silent = replace(FIRED, name="Silent", transitions=())
    told = compare(burst, [before, dead, silent], [], set(), settled=True).learner[1].happened
    assert told == "it fired on nothing, which proves nothing"
    told = compare(burst, [silent, before], [], set(), settled=True).learner[1].happened
    assert told == "it was firing before the burst"


def test_what_an_alert_did_is_told_before_its_watch_is_over(burst: Burst) -> None:
    truth = compare(burst, [FIRED], [PAGE], {"availability"}, settled=False)
    assert truth.planner[0].happened.endswith("; it fired after 1 min 21 s")


def test_a_page_stands_before_a_ticket(burst: Burst) -> None:
    ticket = replace(PAGE, pair="ticket", alert="AvailabilityTicket", is_page=False)
    truth = compare(burst, [], [ticket, PAGE], {"availability"}, settled=True)
    assert [row.label for row in truth.planner] == [
        "Availability: page 1h/5m",
        "Availability: ticket",
    ]


def test_slow_requests_are_told_beside_the_failed(burst: Burst) -> None:
    burst.counts = {**burst.counts, "slow": 1200}
    (row,) = compare(burst, [], [PAGE], {"availability"}, settled=True).planner
    assert row.happened.startswith("400 failed and 1,200 slow in 1 min 40 s; ")


def test_a_burst_that_runs_says_so_and_one_that_sent_nothing_knows_nothing(burst: Burst) -> None:
    burst.state = BurstState.RUNNING
    assert compare(burst, [], [], set(), settled=False).learner[0].happened == "20 % so far"
    burst.counts = {}
    assert compare(burst, [], [], set(), settled=False).learner[0].happened == "not known yet"
    burst.state = BurstState.FAILED
    assert compare(burst, [], [], set(), settled=True).learner[0].happened == "not known yet"


def test_nobody_looked_yet(burst: Burst) -> None:
    truth = compare(burst, None, [PAGE], {"availability"}, settled=False)
    assert truth.learner[1].happened == "not known yet"
    assert truth.planner[0].happened.endswith("; not known yet")


def test_a_burst_that_lasts_just_long_enough_is_long_enough(burst: Burst) -> None:
    just = replace(PAGE, seconds=100.0, failures=401)
    (row,) = compare(burst, [], [just], {"availability"}, settled=True).planner
    assert row.expected == "401 bad requests, 1 min 40 s"


def test_what_is_too_much_for_the_burst_is_said(burst: Burst) -> None:
    long = replace(PAGE, seconds=300.0, failures=1200)
    never = replace(PAGE, seconds=None, failures=None, sentence="It needs more than 14.4 %.")
    truth = compare(burst, [], [long, never], {"availability"}, settled=True)
    assert "more than this burst brings in 1 min 40 s" in truth.planner[0].expected
    assert truth.planner[1].expected == "It needs more than 14.4 %."


def test_the_planner_tells_nothing_of_alerts_that_are_not_there(burst: Burst) -> None:
    assert compare(burst, [], [PAGE], set(), settled=True).planner == ()
    removed_since = compare(burst, [FIRED], [PAGE], set(), settled=True)
    assert len(removed_since.planner) == 1


def test_a_prediction_comes_with_the_start_and_is_shown(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    form = {"preset": "error-burst", "key": "k", "predicted_errors": "20", "predicted_page": "yes"}
    client.post("/bursts", data=form)
    (burst,) = bursts()
    assert (burst.predicted_error_ratio, burst.predicted_page) == (0.2, True)
    page = client.get(f"/bursts/{burst.id}").text
    assert "Your prediction and the truth" in page
    fragment = client.get(f"/bursts/{burst.id}/prediction").text
    assert fragment.lstrip().startswith('<section id="burst-prediction"')
    assert "every 5s" in fragment


def test_a_prediction_that_is_none_starts_nothing(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    answer = client.post("/bursts", data={"preset": "steady", "predicted_errors": "lots"})
    assert answer.status_code == 422
    assert "Predict a share from 0 to 100 %" in answer.text
    custom = {"rate": "5", "duration": "7", "predicted_errors": "200", "predicted_page": "no"}
    answer = client.post("/bursts/custom", data=custom, headers=HTMX)
    assert answer.status_code == 422
    assert 'value="200"' in answer.text
    assert re.search(r'<details id="predict-custom" open\b', answer.text)
    assert bursts() == []


def test_a_burst_without_prediction_or_plan_shows_neither(
    client: FlaskClient, learner: Learner
) -> None:
    plain = add_burst(learner, 0)
    page = client.get(f"/bursts/{plain.id}").text
    assert "Your prediction" not in page
    assert "the planner expected" not in page


def test_the_page_rests_once_the_watch_is_over(client: FlaskClient, burst: Burst) -> None:
    record.claim(burst, "me", START)
    watch = record.watch_of(burst.id)
    assert watch is not None
    watch.plans, watch.done_at = [PAGE.to_json()], START
    record.keep(burst, [FIRED])
    db.session.commit()
    fragment = client.get(f"/bursts/{burst.id}/prediction").text
    assert "hx-get" not in fragment
    assert "309 bad requests, 1 min 17 s" in fragment
    assert "it fired after 1 min 21 s" in fragment


def test_the_page_of_a_burst_that_nobody_will_watch_rests(
    client: FlaskClient, burst: Burst, clock: Clock
) -> None:
    assert "hx-get" in client.get(f"/bursts/{burst.id}/prediction").text
    clock.pass_seconds(86_400)
    assert "hx-get" not in client.get(f"/bursts/{burst.id}/prediction").text
